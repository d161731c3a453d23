"""Where prices come from: recordings, or a seeded model; and what is derived from them."""
