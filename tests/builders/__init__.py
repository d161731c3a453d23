"""Makes things for tests, with everything filled in that a test doesn't care about."""
