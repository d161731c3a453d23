"""Shapes of the REST API, version 1: snake_case, amounts as decimal texts, instants as RFC 3339 in UTC."""
