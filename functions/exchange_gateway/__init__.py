"""The only holder of credentials: checks, seals, opens and uses them."""
