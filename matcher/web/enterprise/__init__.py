"""Pages of enterprises: their needs and what answers them."""
