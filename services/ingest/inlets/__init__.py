"""Documents that come without being asked for."""
