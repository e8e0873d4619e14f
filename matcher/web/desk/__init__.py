"""Pages of the matchmaking desk."""
