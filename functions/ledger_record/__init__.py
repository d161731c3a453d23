"""Records reported trades."""
