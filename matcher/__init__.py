"""Matchmaking platform for technology transfer: needs meet results, and pairings become contracts."""

__version__ = "0.1.0"
