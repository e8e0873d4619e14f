"""Projects: common problems, the demand index, and what the government sets up from them (立题)."""
