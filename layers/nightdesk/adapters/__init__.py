"""Ports made real, one folder per technology."""
