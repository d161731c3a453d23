"""Publishes what waits in the outbox and sends silent imports again."""
