"""Keyed hashes: what is counted or compared without being kept, such as the address of a client."""

import hashlib
import hmac


def keyed_hash(secret: str, *parts: str) -> str:
    """Return 64 hexadecimal digits that stand for the parts; without the secret nobody finds what they were."""
    return hmac.new(secret.encode(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()
