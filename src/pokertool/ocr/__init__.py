"""Table screenshots: from the image's bytes to text, the pot and the stacks."""
