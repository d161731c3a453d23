"""Imports the history of accounts, page by page."""
