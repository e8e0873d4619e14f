"""Pages of 立题 for the government office: projects, lists, notices."""
