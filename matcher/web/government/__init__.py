"""Pages of the government office."""
