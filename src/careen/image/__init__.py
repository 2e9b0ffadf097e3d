"""An image as data: its layers, its sizes."""
