"""Keeps the exchange rates of currencies fresh."""
