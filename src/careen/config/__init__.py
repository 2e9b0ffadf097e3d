"""Configuration: defaults, pyproject.toml, environment and flags, each value with its origin."""
