"""Pages of introductions, for both sides and the desk."""
