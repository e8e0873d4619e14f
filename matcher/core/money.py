"""Money: Decimal yuan inside, 万元 where people type and read it."""

from decimal import Decimal


def in_wan(amount: Decimal) -> str:
    """Return an amount of yuan in 万元, exactly, without needless zeros."""
    return f"{(amount / 10_000).normalize():f}"
