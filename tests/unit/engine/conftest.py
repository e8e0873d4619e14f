"""What tests of the engine share: one laid-out model per run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from matcher.engine import bundled
from matcher.engine.encoder import TextEncoder, load_encoder


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("models")
    yield folder
    shutil.rmtree(folder)  # half a gigabyte


@pytest.fixture(scope="session")
def model_folder(models: Path) -> Path:
    return bundled.lay_out(models)


@pytest.fixture(scope="session")
def encoder(models: Path) -> TextEncoder:
    return load_encoder("bundled", models)
