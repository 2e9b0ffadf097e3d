"""Reads tar: headers, members, a whole layer."""
