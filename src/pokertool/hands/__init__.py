"""Hand histories: what was dealt, at which position, and what it brought."""
