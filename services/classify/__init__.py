"""Reads `noroshi.events.v1`, writes one act per measure to `noroshi.measures.v1`; keeps nothing; when it
fails, events wait in the topic."""
