"""The operator's side: accounts, faults, clock, statistics, over plain HTTP with a token."""
