"""Sources: a user's accounts at venues, their credentials' reach, and the import of their history."""
