"""Stores candles: from the stream in Valkey to PostgreSQL, each bar once and right."""
