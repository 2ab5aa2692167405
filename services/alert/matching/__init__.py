"""Which watchlists an act concerns, and in words why, or why not. Pure."""
