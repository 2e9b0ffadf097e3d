"""Requirement sets: split inputs, compiled in their layers, hashed."""
