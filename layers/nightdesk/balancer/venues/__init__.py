"""The limits of each venue: one dated table a venue, with its source, and what its routes take."""
