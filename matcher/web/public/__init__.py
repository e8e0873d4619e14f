"""Pages that everyone may open."""
