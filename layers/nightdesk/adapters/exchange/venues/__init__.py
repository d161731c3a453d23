"""What is particular to each venue, one module a venue."""
