"""What secrets look like: one table for build contexts, instructions and images."""
