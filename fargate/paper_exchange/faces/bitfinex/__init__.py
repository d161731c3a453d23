"""Bitfinex v2: REST and websockets of arrays, as documented in 2026."""
