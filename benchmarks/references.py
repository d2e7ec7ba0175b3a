"""What the platform's steps are measured against: the same work done as barely as it can be, in processes."""

from benchmarks.measuring import THREADS

LINE = (
    ("ts", "BIGINT"),
    ("userId", "VARCHAR"),
    ("sessionId", "BIGINT"),
    ("itemInSession", "BIGINT"),
    ("page", "VARCHAR"),
    ("auth", "VARCHAR"),
    ("method", "VARCHAR"),
    ("status", "BIGINT"),
    ("level", "VARCHAR"),
    ("artist", "VARCHAR"),
    ("song", "VARCHAR"),
    ("length", "DOUBLE"),
    ("gender", "VARCHAR"),
    ("firstName", "VARCHAR"),
    ("lastName", "VARCHAR"),
    ("location", "VARCHAR"),
    ("userAgent", "VARCHAR"),
    ("registration", "BIGINT"),
)
UNUSED_COLUMNS = ("day", "city", "country", "method", "status", "origin")
"""Columns of `events` that no daily aggregate needs."""


def bare_ingest(landing: str, output: str) -> int:
    """DuckDB's `read_json`, distinct, sorted, as one zstd Parquet file; gives its rows."""
    import duckdb

    columns = ", ".join(f"{name}: '{type_}'" for name, type_ in LINE)
    lines = f"read_json('{landing}/*.json', format = 'newline_delimited', columns = {{{columns}}})"
    select = f"SELECT DISTINCT * FROM {lines} ORDER BY userId, ts, sessionId, itemInSession, page"
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        copied = connection.execute(f"COPY ({select}) TO '{output}' (FORMAT parquet, COMPRESSION zstd)").fetchone()
    assert copied is not None
    return int(copied[0])


def bare_scan(lake: str) -> int:
    """Read every value of the event columns that the daily aggregates come from; gives the rows.

    Counting a column is the least that makes DuckDB decode it.
    """
    import duckdb

    from churn_assets.ingest.tables import EVENTS

    counts = ", ".join(f"count({name})" for name in EVENTS.names if name not in UNUSED_COLUMNS)
    files = f"read_parquet('{lake}/{EVENTS.table}/*/*.parquet', hive_partitioning = false)"
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        counted = connection.execute(f"SELECT {counts} FROM {files}").fetchone()
    assert counted is not None
    return int(counted[0])
