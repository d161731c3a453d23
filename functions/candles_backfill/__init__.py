"""Fills the history of markets and keeps it whole."""
