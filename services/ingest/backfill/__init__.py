"""The past of a source, read window by window; it pages nobody."""
