"""Performance claims: ratios measured side by side in one run, on inputs on which both sides agree first."""
