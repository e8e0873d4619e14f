"""From task book to acceptance: milestones, gates of a race, payments, changes, results."""
