"""Pages of bids: of those who write them, and of the office that decides on them."""
