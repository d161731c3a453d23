"""Looks after alerts: queues lost ones again, sends digests, tries channels out, reports what is late."""
