"""A person's messages, how often they are mailed, and saved searches."""
