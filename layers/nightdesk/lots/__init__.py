"""Cost basis."""
