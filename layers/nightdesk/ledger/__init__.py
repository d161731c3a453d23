"""The ledger: every event of an account once, exact, in a hash chain."""
