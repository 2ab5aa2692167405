"""What a watchlist would have done: history replayed through the live decisions. Pure."""
