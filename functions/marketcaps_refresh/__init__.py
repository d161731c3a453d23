"""Keeps market capitalisations and all-time highs fresh."""
