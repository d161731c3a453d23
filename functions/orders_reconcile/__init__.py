"""Looks after orders that were left behind; the operator's switch of the whole platform."""
