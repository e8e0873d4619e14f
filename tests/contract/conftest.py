"""The catalogues that keep one contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from matcher.engine.catalogue import Catalogue
from matcher.engine.reference import Reference
from tests.contract.servers import LiteServer

Make = Callable[[Reference], Any]


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    server = LiteServer(tmp_path_factory.mktemp("milvus"))
    yield server
    server.stop()


@pytest.fixture
def milvus(lite: LiteServer) -> Iterator[LiteServer]:
    yield lite
    lite.empty()


@pytest.fixture(params=["embedded", "milvus"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    if request.param == "milvus":
        yield request.getfixturevalue("milvus").catalogue
        return
    yield Catalogue
