"""Holdings and their value."""
