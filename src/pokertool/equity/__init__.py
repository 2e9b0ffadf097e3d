"""How often a hand wins: exact enumeration where it is small, seeded sampling elsewhere."""
