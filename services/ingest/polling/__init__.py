"""One source, asked again and again."""
