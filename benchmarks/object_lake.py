"""What a lake in a bucket costs: `python -m benchmarks.object_lake HOME [DAYS]`, with the home of a demo.

Against moto on loopback, which answers in a millisecond and takes one of two cores: a real store is further away, and
leaves both. Ways to read are compared on many small objects (the days of `events`) and on one large one; then the graph
is made from the first DAYS days of the home's logs, to features, with a lake in a folder and with one in a bucket.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import s3fs
from pyarrow.fs import FSSpecHandler, PyFileSystem

from benchmarks.measuring import Measured, measured
from churn_assets.cli.run import run_everything
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.copies import Copies
from churn_assets.lake.engine import ROW_GROUP
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.settings import DEMO_FIRST_DAY, Settings
from churn_assets_tests.objects.servers import BUCKET, known, moto

COLUMNS = ["user_id", "length"]
DAYS = 60
COPIES = 4
"""How often the large object repeats the events of the home."""
LIMIT = 1 << 40
SHARED = {"first_day": DEMO_FIRST_DAY, "use_served_events": False}


@dataclass(frozen=True)
class Reading:
    """What one way of reading took."""

    way: str
    requests: int
    megabytes: float
    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.way:44} {self.requests:8} {self.megabytes:8.1f} {self.wall_s:8.2f} {self.cpu_s:8.2f}"


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Requests that s3fs makes meanwhile, and the bytes that it gets."""
    seen: Counter[str] = Counter()
    untouched = s3fs.S3FileSystem._call_s3  # noqa: SLF001 — every request goes through it

    async def call(system: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        answer = await untouched(system, method, *args, **kwargs)
        seen["requests"] += 1
        seen["bytes"] += answer["ContentLength"] if method == "get_object" else 0
        return answer

    s3fs.S3FileSystem._call_s3 = call  # noqa: SLF001
    try:
        yield seen
    finally:
        s3fs.S3FileSystem._call_s3 = untouched  # noqa: SLF001


def reading(way: str, read: Callable[[], object]) -> Reading:
    """Read once, and tell what it took."""
    with counted() as seen:
        wall, cpu = time.perf_counter(), time.process_time()
        read()
        took = time.perf_counter() - wall, time.process_time() - cpu
    return Reading(way, seen["requests"], seen["bytes"] / 1e6, *took)


def readings(lake: Lake, url: str, folder: Path) -> Iterator[Reading]:
    """Two columns of `events`, in every way that there is."""
    system = s3fs.S3FileSystem(use_listings_cache=False)

    def registered() -> object:
        with duckdb.connect() as connection:
            connection.register_filesystem(system)
            query = f"SELECT {', '.join(COLUMNS)} FROM read_parquet('{url}/events/day=*/part-0.parquet')"
            return connection.sql(query).to_arrow_table()

    def dataset() -> object:
        place = url.removeprefix("s3://") + "/events"
        files = PyFileSystem(FSSpecHandler(system))
        return ds.dataset(place, filesystem=files, partitioning="hive").to_table(columns=COLUMNS)

    def fresh(name: str) -> Lake:
        return Lake.at(url, Copies(folder / name, LIMIT))

    yield reading("DuckDB, register_filesystem with s3fs", registered)
    yield reading("pyarrow dataset over s3fs", dataset)
    yield reading("ours, the first time", lambda: read_frame(fresh("parts").scan(EVENTS), COLUMNS))
    whole = fresh("whole")
    yield reading("ours, whole copies, the first time", lambda: whole.scan(EVENTS).paths)
    yield reading("ours, with copies", lambda: read_frame(whole.scan(EVENTS), COLUMNS))
    yield reading("a lake in a folder", lambda: read_frame(lake.scan(EVENTS), COLUMNS))


def large(lake: Lake, target: Lake) -> int:
    """Put one day that holds all events of the home many times over; its bytes."""
    rows = pa.concat_tables(pq.read_table(path, partitioning=None) for path in lake.scan(EVENTS).paths)
    with target.replacing(EVENTS, str(DEMO_FIRST_DAY)) as path:
        pq.write_table(pa.concat_tables([rows] * COPIES), path, compression="zstd", row_group_size=ROW_GROUP)
        return path.stat().st_size


def graph(home: str, landing: str, lake: str, last_day: str) -> float:
    """Make everything from the logs of some days to features; the megabytes of copies that are kept."""
    places = {"home": Path(home), "landing": landing, "lake": lake, "last_day": date.fromisoformat(last_day)}
    settings = Settings(_env_file=None, **SHARED, **places)
    run_everything(settings, until="features")
    return sum(path.stat().st_size for path in settings.lake_copies.rglob("*.parquet")) / 1e6


def graphs(home: Path, folder: Path, days: int) -> Iterator[tuple[str, Measured]]:
    """The graph with a lake in a folder, and in a bucket."""
    last = str(DEMO_FIRST_DAY + timedelta(days=days - 1))
    for name, lake in (("folder", str(folder / "lake")), ("bucket", f"s3://{BUCKET}/graph")):
        place = {"home": str(folder / name), "landing": str(home / "landing"), "lake": lake}
        yield name, measured(graph, **place, last_day=last)


def main(home: Path, days: int = DAYS) -> None:
    """Print both tables."""
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    lake = Lake(home / "lake")
    with tempfile.TemporaryDirectory() as scratch, moto() as store, known(store):
        folder = Path(scratch)
        store.system().put(f"{home / 'lake' / 'events'}/", f"{BUCKET}/small/events/", recursive=True)
        size = large(lake, Lake.at(f"s3://{BUCKET}/large", Copies(folder / "writer", LIMIT)))
        print(f"{'two columns of events':44} {'requests':>8} {'MB':>8} {'wall s':>8} {'CPU s':>8}")
        for name, told in (
            ("small", f"{len(lake.keys(EVENTS))} objects"),
            ("large", f"1 object of {size / 1e6:.0f} MB"),
        ):
            print(f"  {told}")
            for one in readings(lake, f"s3://{BUCKET}/{name}", folder / name):
                print(f"{one}")
        if not days:
            return
        print(f"\n{f'logs of {days} days to features, lake in a':44} {'copies MB':>17} {'wall s':>8} {'CPU s':>8}")
        for name, done in graphs(home, folder, days):
            print(f"{name:44} {done.answer:17.1f} {done.cost.wall_seconds:8.1f} {done.cost.cpu_seconds:8.1f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(days) for days in sys.argv[2:]))
