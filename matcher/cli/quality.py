"""`matcher evaluate`: retrieval figures on judged sets, through the engine's own path."""

import click


@click.command()
def evaluate() -> None:
    """Measure retrieval quality on folders in BEIR layout."""
