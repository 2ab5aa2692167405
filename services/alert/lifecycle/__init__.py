"""What an act changes of a measure, given what was told before; and the memory of what was told."""
