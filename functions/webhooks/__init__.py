"""Inbound webhooks: few static routes that others' programs call."""
