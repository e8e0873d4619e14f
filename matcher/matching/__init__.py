"""Matching: stored vectors, the index beside the database, candidate pairings and what people decide of them."""
