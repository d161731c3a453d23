"""Imports files of other tools, page by page."""
