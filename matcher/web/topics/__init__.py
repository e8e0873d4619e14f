"""Common problems and the demand index, for the government office and the desk."""
