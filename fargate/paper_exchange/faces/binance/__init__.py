"""Binance spot: REST, market streams and the WebSocket API, as documented in 2026."""
