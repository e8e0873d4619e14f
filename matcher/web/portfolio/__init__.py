"""Pages of balanced portfolios."""
