"""Plug-ins that suggest measure types, one a file: `open_suggester(candidates)` returns a `Suggester`."""
