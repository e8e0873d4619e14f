"""Sign-in, sign-up and what people change about themselves."""
