"""Files of bars and trades opened as tables: CSV, JSON, feather and parquet, plain, zipped or gzipped."""
