"""What an image must do and must not do, checked on the running service."""
