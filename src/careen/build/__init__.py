"""The build: a plan, BuildKit's trace of it, what went wrong, and the Dockerfile itself."""
