"""The watchlist language: files, the set in force, lints and a watchlist's own tests."""
