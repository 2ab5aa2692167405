"""Writing a source: what a saved page proposes, the folder that is made of it, and the behaviour every source shows."""
