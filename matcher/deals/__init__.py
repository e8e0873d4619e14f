"""Contracts that came of pairings."""
