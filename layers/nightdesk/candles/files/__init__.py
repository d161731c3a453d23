"""Files of bars and of trades: which column is what, what each row means, and what became of it."""
