"""Venue protocols on top of the engine, one folder each."""
