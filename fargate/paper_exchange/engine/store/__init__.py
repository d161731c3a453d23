"""The engine's memory: one SQLite file in the state directory."""

from __future__ import annotations

from pathlib import Path

from fargate.paper_exchange.engine.store.accounts import AccountStore
from fargate.paper_exchange.engine.store.database import Database, Settings
from fargate.paper_exchange.engine.store.history import HistoryStore
from fargate.paper_exchange.engine.store.orders import OrderStore


class Store:
    """Everything that is kept, behind one connection."""

    def __init__(self, path: Path | str) -> None:
        self.database = Database(path)
        self.settings = Settings(self.database)
        self.accounts = AccountStore(self.database)
        self.orders = OrderStore(self.database)
        self.history = HistoryStore(self.database)
