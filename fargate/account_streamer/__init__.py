"""Follows every connected account live: what happens there stands in its ledger within a second."""
