"""The checks of an image and of its running service, a module per theme."""
