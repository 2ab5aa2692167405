"""What was published of each document, and what a new state of it is to one who remembers that."""
