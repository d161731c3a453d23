"""Rules: what is watched, when it fires, and what is done then."""
