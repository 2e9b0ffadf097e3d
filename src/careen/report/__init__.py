"""What came out, for people and machines: terminal, quantities."""
