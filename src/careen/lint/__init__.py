"""Lint: what is wrong in a Dockerfile or a .dockerignore, found before a build is spent on it."""
