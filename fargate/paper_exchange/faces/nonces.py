"""Nonces that must rise, by key, over restarts too."""

from __future__ import annotations

from fargate.paper_exchange.engine.store.database import Settings


class Nonces:
    """The highest nonce that each key has used."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._highest: dict[str, int] = {}

    def use(self, key: str, nonce: str, digits_max: int = 20) -> bool:
        """Whether the nonce is a whole number above every one that the key used before."""
        if not nonce.isdecimal() or len(nonce) > digits_max:
            return False
        number, name = int(nonce), f"nonce:{key}"
        if key not in self._highest:
            self._highest[key] = int(self._settings.read(name) or -1)
        if number <= self._highest[key]:
            return False
        self._highest[key] = number
        self._settings.write(name, nonce)
        return True
