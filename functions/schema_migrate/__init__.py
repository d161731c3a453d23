"""Brings roles and schema up to date at deploy."""
