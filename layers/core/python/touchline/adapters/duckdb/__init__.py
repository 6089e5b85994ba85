"""The archive in columns. The only place that speaks DuckDB's SQL or knows its files."""
