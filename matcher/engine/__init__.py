"""The search engine: a library without Flask, SQLAlchemy or any other room of the platform."""
