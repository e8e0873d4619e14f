"""Pages of task books, from the draft to acceptance."""
