"""Bids (揭榜): consortia, sealed answers to a published project, their evaluation and the award."""
