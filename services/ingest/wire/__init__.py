"""From an address to the bytes of a page: politely, bounded, never off the public internet."""
