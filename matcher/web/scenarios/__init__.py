"""Pages of scenario opportunities and of the trials in them."""
