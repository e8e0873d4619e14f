"""Pages of universities and institutes: their results and who needs them."""
