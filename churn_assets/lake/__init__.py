"""Where tables live (Parquet under one root) and what evaluates expressions over them (an engine)."""
