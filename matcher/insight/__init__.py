"""Read-only queries behind overviews and reports."""
