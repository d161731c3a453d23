"""HTX spot: REST v1 and v2, market and account websockets, as documented in 2026."""
