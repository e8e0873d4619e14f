"""Pages of the gates of a race: for the office, and for each team its own."""
