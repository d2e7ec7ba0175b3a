"""What a trace asks the event log: which materialisation holds a partition, and what later ones were made from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Materialisation:
    """The newest materialisation of a partition: its place in the event log, its run, and what it was made by.

    `code_version` is that of the asset, `data_version` the hash of the content, `made_at` wall time, naive UTC.
    """

    table: str
    partition: str
    event: int
    run_id: str
    made_at: datetime
    code_version: str | None
    data_version: str | None


class EventLog(Protocol):
    """Dagster's event log, as a trace asks it; nothing is known of what was never materialised through Dagster."""

    def newest(self, table: str, keys: Collection[str]) -> Mapping[str, Materialisation]:
        """The newest materialisation of each of the partitions `keys` that has one, by key."""

    def seen(self, table: str, key: str, parent: str) -> Mapping[str, str]:
        """Data version of every partition of `parent` at the time when the partition `key` of `table` was made."""
