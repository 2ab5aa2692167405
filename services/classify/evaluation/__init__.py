"""Compares what the classifier says with what a reader labelled: pure functions, no files and no clock."""
