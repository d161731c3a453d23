"""Files of other tools and venues: read into facts, and written from the ledger."""
