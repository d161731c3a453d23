"""A paper exchange: an engine that trades like a venue, with faces that speak the venues' own protocols."""
