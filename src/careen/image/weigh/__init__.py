"""Weighs a merged tree: who owns each file, and what that costs."""
