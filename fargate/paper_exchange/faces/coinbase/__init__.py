"""Coinbase Advanced Trade with the App API's transactions, as documented in 2026."""
