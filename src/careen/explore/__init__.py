"""The terminal browser of an image. `careen.explore.app` imports textual: import it late."""
