"""Makers of whole account histories: funded, seeded, or taken from a recording."""
