"""Keeps reported balances and last prices fresh."""
