"""Journeys in which the market runs sixty times as fast."""
