"""PokerTool: hand equity, hand histories and table screenshots as one small HTTP service.

The application is `pokertool.api:app`. This package imports nothing by itself, so that
`python -m pokertool.healthcheck` starts at once.
"""

__version__ = "0.1.0"
