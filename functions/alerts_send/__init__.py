"""Sends alerts; the only function that may open what channels are reached by."""
