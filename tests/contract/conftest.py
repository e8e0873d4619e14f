"""The catalogues that keep one contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from matcher.engine.catalogue import Catalogue
from matcher.engine.reference import Reference
from tests.contract.servers import LiteServer

Make = Callable[[Reference], Any]
Embedded = Callable[[Reference], Catalogue]


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    server = LiteServer(tmp_path_factory.mktemp("milvus"))
    yield server
    server.stop()


@pytest.fixture
def milvus(lite: LiteServer) -> Iterator[LiteServer]:
    yield lite
    lite.empty()


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    with ExitStack() as stack:
        yield lambda reference: stack.enter_context(closing(Catalogue(reference)))


@pytest.fixture(params=["embedded", "milvus"])
def make(request: pytest.FixtureRequest) -> Make:
    made = request.getfixturevalue(request.param)
    return made.catalogue if isinstance(made, LiteServer) else made
