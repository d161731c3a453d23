"""Listens to a venue: live prices for everybody, bars for charts and for the store."""
