"""Sources of reference data: exchange rates of currencies."""
