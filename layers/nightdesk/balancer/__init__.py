"""One budget per venue, egress and key, shared by every process and user. Standard library only."""
