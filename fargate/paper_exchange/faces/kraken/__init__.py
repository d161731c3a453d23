"""Kraken spot: REST and websockets v2, as documented in 2026."""
