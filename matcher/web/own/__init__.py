"""Pages of owners: what an organisation asks for or offers, one implementation for both sides."""
