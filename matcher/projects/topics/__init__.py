"""Common problems: needs that ask for the same, and the demand index that ranks them."""
