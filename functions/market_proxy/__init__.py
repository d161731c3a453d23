"""Reads any venue's bars without a key: it holds no credential, no right to one, and no access to the database."""
