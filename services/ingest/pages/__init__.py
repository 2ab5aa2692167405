"""From the bytes of a page to documents: pure, strict, one rule for text, dates and links."""
