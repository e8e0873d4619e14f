"""Messages to people: the inbox, and what leaves the house by mail or webhook."""
