"""Sources of reference data: exchange rates of currencies, market capitalisations, all-time highs."""
