"""Secrets that anyone who has the image can read: in every layer, and in the configuration."""
