"""Brokers that come as a Python wheel, so that a first run needs nothing else; for trying out, never production."""
