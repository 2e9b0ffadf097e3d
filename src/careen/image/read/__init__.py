"""Reads images: archives, layouts, manifests, blobs."""
