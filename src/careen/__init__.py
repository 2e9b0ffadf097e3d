"""careen: makes the container image of a Python service small, quick and safe, and proves it."""

__version__ = "0.1.0"
