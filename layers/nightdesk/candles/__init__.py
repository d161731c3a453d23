"""Bars of prices and of portfolio values: built, rolled up, checked for holes, read."""
