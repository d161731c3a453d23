"""Runs what firings want done, in order within each rule set, and sends again what a queue lost."""
