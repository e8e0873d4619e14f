"""The connection to a Milvus server: time-outs, one kind of error, and no waiting while the server is known to be away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from pymilvus import CollectionSchema, MilvusClient, MilvusException
from pymilvus.milvus_client import IndexParams

from matcher.engine.items import Unavailable

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
WRITE_SECONDS = 60.0
REST_SECONDS = 5.0  # after a failure nobody waits for the server again before this time has passed

_Value = TypeVar("_Value")


class Connection:
    """Call a Milvus server; every failure becomes Unavailable. Safe to share among threads."""

    def __init__(self, url: str, token: str = "", read_seconds: float = READ_SECONDS) -> None:
        self.url, self._token, self._read_seconds = url, token, read_seconds
        self._client: MilvusClient | None = None
        self._lock = threading.Lock()
        self._retry_at = 0.0
        self._reason = ""
        # pymilvus logs every failed call with its stack; the error raised here says it in one line.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)

    @property
    def is_embedded(self) -> bool:
        """Tell whether milvus-lite answers: it speaks the same protocol with fewer analysers."""
        return "lite" in self._call(lambda client: str(client.get_server_version(timeout=self._read_seconds)))

    def has(self, name: str) -> bool:
        """Tell whether a collection exists."""
        return self._call(lambda client: bool(client.has_collection(name, timeout=self._read_seconds)))

    def names(self) -> list[str]:
        """Return the names of all collections."""
        return self._call(lambda client: list(client.list_collections(timeout=self._read_seconds)))

    def create(self, name: str, schema: CollectionSchema, indexes: IndexParams) -> None:
        """Create a collection whose readers see every write that was acknowledged."""

        def do(client: MilvusClient) -> None:
            client.create_collection(
                name, schema=schema, index_params=indexes, consistency_level="Strong", timeout=WRITE_SECONDS
            )

        self._call(do)

    def load(self, name: str) -> None:
        """Make a collection searchable."""
        self._call(lambda client: client.load_collection(name, timeout=WRITE_SECONDS))

    def drop(self, name: str) -> None:
        """Remove a collection with all that is in it."""
        self._call(lambda client: client.drop_collection(name, timeout=WRITE_SECONDS))

    def upsert(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Write rows in the place of those with the same keys."""
        if rows:
            self._call(lambda client: client.upsert(name, rows, timeout=WRITE_SECONDS))

    def delete(self, name: str, keys: list[int]) -> None:
        """Remove the rows with these keys."""
        if keys:
            self._call(lambda client: client.delete(name, ids=keys, timeout=WRITE_SECONDS))

    def get(self, name: str, keys: Sequence[int], fields: Sequence[str], fresh: bool = True) -> list[dict[str, Any]]:
        """Return the rows that exist among those with these keys, in any order.

        A `fresh` read waits until the server has everything written before, up to its time tick (200 ms by default). A
        reader that has waited once need not wait again for the same collection.
        """

        def do(client: MilvusClient) -> list[dict[str, Any]]:
            found = client.get(
                name,
                ids=list(keys),
                output_fields=list(fields),
                timeout=self._read_seconds,
                consistency_level=_consistency(fresh),
            )
            return list(found)

        return self._call(do) if keys else []

    def query(self, name: str, condition: str, fields: Sequence[str]) -> list[dict[str, Any]]:
        """Return the rows for which a condition holds: few, or one with a count."""

        def do(client: MilvusClient) -> list[dict[str, Any]]:
            return list(client.query(name, filter=condition, output_fields=list(fields), timeout=self._read_seconds))

        return self._call(do)

    def search(
        self, name: str, field: str, data: list[Any], limit: int, condition: str, effort: int = 0, fresh: bool = True
    ) -> list[list[int]]:
        """Return for each vector or text the keys of the best rows, best first; `fresh` as for `get`."""
        parameters = {"params": {"ef": max(limit, effort)} if effort else {}}

        def do(client: MilvusClient) -> list[list[int]]:
            found = client.search(
                name,
                data=data,
                anns_field=field,
                limit=limit,
                filter=condition,
                output_fields=["id"],
                search_params=parameters,
                timeout=self._read_seconds,
                consistency_level=_consistency(fresh),
            )
            return [[int(hit["id"]) for hit in hits] for hits in found]

        return self._call(do) if data else []

    def scan(self, name: str, fields: Sequence[str], batch: int = 1000) -> Iterator[dict[str, Any]]:
        """Yield every row."""
        rows = self._call(
            lambda client: client.query_iterator(
                name, batch_size=batch, output_fields=list(fields), timeout=WRITE_SECONDS
            )
        )
        try:
            while part := self._call(lambda client: rows.next()):
                yield from part
        finally:
            rows.close()

    def close(self) -> None:
        """Let go of the connection; the next call opens another."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _call(self, do: Callable[[MilvusClient], _Value]) -> _Value:
        try:
            return do(self._connected())
        except Unavailable:
            raise
        except Exception as error:  # pymilvus lets errors of gRPC and of its own parsing through
            raise self._failed(error) from error

    def _connected(self) -> MilvusClient:
        with self._lock:
            if self._client is None:
                if time.monotonic() < self._retry_at:
                    raise Unavailable(self._reason)
                self._client = MilvusClient(self.url, token=self._token, timeout=CONNECT_SECONDS)
            return self._client

    def _failed(self, error: Exception) -> Unavailable:
        said = error.message if isinstance(error, MilvusException) else str(error) or type(error).__name__
        reason = f"the search server at {self.url} does not answer as it should: {' '.join(said.split())[:300]}"
        self._reason = reason
        self._retry_at = time.monotonic() + REST_SECONDS
        self.close()
        return Unavailable(reason)


def _consistency(fresh: bool) -> str:
    return "Strong" if fresh else "Eventually"


def in_chunks(values: Sequence[_Value], size: int) -> Iterator[list[_Value]]:
    """Yield the values in lists of at most that size."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
