"""What tests of single modules share: the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.engine import bundled
from matcher.engine.encoder import TextEncoder, load_encoder


@pytest.fixture(scope="session")
def model_folder(models: Path) -> Path:
    return bundled.lay_out(models)


@pytest.fixture(scope="session")
def encoder(models: Path) -> TextEncoder:
    return load_encoder("bundled", models)
