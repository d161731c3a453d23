"""Transfers between a user's own accounts: which withdrawals arrived as which deposits."""
