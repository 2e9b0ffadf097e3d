"""Compares images: what two of them have in common, and what changed."""
