"""Signs the ends of the ledger's chains."""
