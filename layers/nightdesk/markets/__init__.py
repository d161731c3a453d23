"""What can be traded, and the last known prices."""
