"""A service over a store in memory."""

import pytest

from nightdesk.candles.files.service import CandleFileService
from tests.unit.candle_files.loading import Clock, Loader


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def service(loader: Loader) -> CandleFileService:
    return CandleFileService(loader, Clock())
