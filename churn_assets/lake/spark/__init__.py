"""Spark in the place of DuckDB: the same recipes, computed by as many machines as there are."""
