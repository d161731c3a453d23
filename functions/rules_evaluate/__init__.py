"""Decides exactly which candidates fire."""
