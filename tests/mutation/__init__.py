"""Do the tests notice when the code is changed: mutants of the delivery core and the matcher."""
