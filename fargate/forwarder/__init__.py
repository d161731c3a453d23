"""Sends signed requests to venues from an address of its own, under the shared budget."""
