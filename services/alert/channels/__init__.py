"""One file a kind of channel; each offers `open_channel(settings) -> Channel`."""
