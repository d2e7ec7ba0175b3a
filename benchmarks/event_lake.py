"""A lake of synthetic `events`, written straight by DuckDB: 23 million events take about a minute.

Listeners differ widely in how often they come, sessions in length, songs in how often they are heard (a power law over
100,000 songs of 20,000 artists). Every draw is a hash of listener, day and position, so the same size gives the same
events, and a lake of fewer listeners holds fewer of the same ones.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import THREADS

if TYPE_CHECKING:
    import duckdb

    from churn_assets.lake.lake import Lake

SONGS, ARTISTS = 100_000, 20_000
PAGES = (  # each with the cumulative share of the events that it closes, in thousandths
    ("NextSong", 826),
    ("Home", 872),
    ("Thumbs Up", 909),
    ("Add to Playlist", 925),
    ("Logout", 936),
    ("Add Friend", 946),
    ("Roll Advert", 954),
    ("Downgrade", 961),
    ("Thumbs Down", 968),
    ("Settings", 974),
    ("Help", 979),
    ("About", 981),
    ("Upgrade", 983),
    ("Save Settings", 985),
    ("Error", 986),
)
LISTENERS = """
CREATE TABLE listeners AS
SELECT
    l,
    (1000000 + l)::VARCHAR AS user_id,
    0.03 + 0.55 * pow(hash(l, 1) % 1000 / 1000, 2.2) AS rate,
    ['F', 'M'][1 + (hash(l, 2) % 2)::INT] AS gender,
    'City ' || hash(l, 3) % 400 AS city,
    ['CA', 'NY', 'TX', 'WA', 'FL', 'IL', 'KY-IN', 'PA-NJ-DE-MD'][1 + (hash(l, 4) % 8)::INT] AS region,
    ['Desktop', 'Mobile', 'Tablet'][1 + (hash(l, 5) % 3)::INT] AS device,
    ['Windows', 'macOS', 'iOS', 'Android'][1 + (hash(l, 6) % 4)::INT] AS os,
    ['Chrome', 'Firefox', 'Safari'][1 + (hash(l, 7) % 3)::INT] AS browser,
    make_timestamp_ms((1704067200000 + hash(l, 8) % 31536000000)::BIGINT)::TIMESTAMP_MS AS registration
FROM range($listeners) AS t(l)
"""
CATALOGUE = f"""
CREATE TABLE songs AS
SELECT s, 'A Song Of Some Length No. ' || s AS song, 'The Artist ' || s * {ARTISTS} // {SONGS} AS artist,
    120 + hash(s, 9) % 240000 / 1000 AS length
FROM range({SONGS}) AS t(s)
"""
DAY = f"""
WITH visits AS (
    SELECT *, (1 - ln((1 + hash(l, $day, 1) % 9999) / 10000) * 31)::INT AS n,
        (hash(l, $day, 2) % 50400000)::BIGINT AS start,
        hash(l, $day, 3) % 3 = 0 AS is_split,
        (hash(l, $day // (20 + l % 50)) % 4 = 0) AS is_paid,
        hash(l, $day, 4) % 200 = 0 AS is_changing
    FROM listeners
    WHERE hash(l, $day) % 1000000 < rate * 1000000
), steps AS (
    SELECT *, unnest(range(n)) AS i FROM visits
), events AS (
    SELECT *, is_split AND i > n * 0.6 AS is_second, hash(l, $day, i, 5) % 1000 AS p,
        $midnight + start + i * 215000 + hash(l, $day, i, 6) % 90000 + is_second::INT * 9000000 AS ms,
        ({SONGS} * pow(hash(l, $day, i, 7) % 1000000 / 1000000, 2.5))::BIGINT AS drawn
    FROM steps
)
SELECT user_id, make_timestamp_ms(ms::BIGINT)::TIMESTAMP_MS AS ts,
    $day * 4 + is_second::BIGINT AS session_id, i AS item_in_session,
    CASE {" ".join(f"WHEN p < {share} THEN '{page}'" for page, share in PAGES)} ELSE 'Submit Upgrade' END AS page,
    CASE WHEN is_paid <> (is_changing AND i > n / 2) THEN 'paid' ELSE 'free' END AS level,
    CASE WHEN p < 826 THEN artist END AS artist, CASE WHEN p < 826 THEN song END AS song,
    CASE WHEN p < 826 THEN length END AS length,
    CASE WHEN p < 872 THEN 'PUT' ELSE 'GET' END AS method, 200::BIGINT AS status,
    gender, city, region, 'United States' AS country, device, os, browser, registration, 'log' AS origin
FROM events JOIN songs ON s = drawn
WHERE ms < $midnight + 86400000
ORDER BY user_id, ts, session_id, item_in_session, page
"""


def make_lake(root: str, listeners: int, first_day: str, days: int) -> int:
    """Write the events of `days` days to the lake at `root`; gives the number of events."""
    import duckdb

    from churn_assets.ingest.tables import EVENTS
    from churn_assets.lake.lake import Lake

    lake, start = Lake(Path(root)), date.fromisoformat(first_day)
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        connection.execute(LISTENERS, {"listeners": listeners})
        connection.execute(CATALOGUE)
        for n in range(days):
            day = start + timedelta(days=n)
            with lake.replacing(EVENTS, day.isoformat()) as path:
                _write_day(connection, day, path)
        return _events_in(connection, root)


def _events_in(connection: "duckdb.DuckDBPyConnection", root: str) -> int:
    counted = connection.execute(f"SELECT count(*) FROM read_parquet('{root}/events/*/*.parquet')").fetchone()
    assert counted is not None
    return int(counted[0])


def _write_day(connection: "duckdb.DuckDBPyConnection", day: date, path: Path) -> None:
    from churn_assets.cutoffs import epoch_day, epoch_ms
    from churn_assets.lake.engine import ROW_GROUP

    select = DAY.replace("$day", str(epoch_day(day))).replace("$midnight", str(epoch_ms(day)))
    connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})")


def copy_lake(root: str, source: str, listeners: int, copies: int) -> int:
    """Write a lake with every event of `source` so many times, each time by listeners of their own; gives the events.

    Ids of the copies follow those of the source, so that the rows stay in order and nothing is sorted: drawing as many
    events anew would take three times as long. Songs and days stay the same, as in a service with more listeners.
    """
    import duckdb

    from churn_assets.ingest.tables import EVENTS
    from churn_assets.lake.lake import Lake

    to, files = Lake(Path(root)), Lake(Path(source)).scan(EVENTS).files
    with duckdb.connect() as connection, ThreadPoolExecutor(THREADS) as pool:
        # A copy in order keeps one thread busy, so days are copied side by side.
        connection.execute(f"SET threads = {THREADS}")
        list(pool.map(lambda file: _copy_day(connection.cursor(), to, file, (listeners, copies)), files))
        return _events_in(connection, root)


def _copy_day(
    connection: "duckdb.DuckDBPyConnection", to: "Lake", file: tuple[str, Path], listeners: tuple[int, int]
) -> None:
    from churn_assets.ingest.tables import EVENTS
    from churn_assets.lake.engine import ROW_GROUP

    (key, path), (apart, copies) = file, listeners
    rows = " UNION ALL ".join(
        f"SELECT * REPLACE ((user_id::BIGINT + {n * apart})::VARCHAR AS user_id) "
        f"FROM read_parquet('{path}', hive_partitioning = false)"
        for n in range(copies)
    )
    with to.replacing(EVENTS, key) as target:
        connection.execute(
            f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
