"""Reads sources, writes `noroshi.events.v1`; keeps source cursors and seen revisions; when it fails, nothing
is lost: a source is read again from its last confirmed cursor."""
