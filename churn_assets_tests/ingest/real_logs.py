"""Values in the shared real logs: the whole public one, and a few days of the larger one."""

import gzip
import json
from collections.abc import Iterator
from functools import cache

from churn_assets_tests.ingest.lines import SHARED

LISTENED = "udacity_log_data"
SIMULATED = "eventsim"
SIMULATED_DAYS = ("2018-10-01", "2018-12-25", "2019-02-27")


def _lines() -> Iterator[bytes]:
    for path in sorted((SHARED / LISTENED).glob("*.json")):
        yield from path.read_bytes().splitlines()
    for day in SIMULATED_DAYS:
        yield from gzip.decompress((SHARED / SIMULATED / f"{day}.json.gz").read_bytes()).splitlines()


@cache
def _events() -> tuple[dict[str, object], ...]:
    return tuple(json.loads(line) for line in _lines())


def real_values(field: str) -> list[str]:
    """Distinct texts of `field`, sorted."""
    return sorted({value for event in _events() if isinstance(value := event.get(field), str)})
