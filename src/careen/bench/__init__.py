"""The benchmark: its matrix, records, statistics, results and tables."""
