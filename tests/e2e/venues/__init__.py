"""Journeys over all five venues, on a desk of their own."""
