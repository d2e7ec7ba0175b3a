"""Partitions of the lake as the pages read them: few columns, kept until the file is replaced."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from churn_assets.contracts.contract import Contract
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake, Scan

if TYPE_CHECKING:
    import pandas as pd

MOST_KEPT = 96
"""Partitions that are kept: a month of reports, and the newest list."""

Stamp = tuple[int, int, int]
T = TypeVar("T")


@dataclass
class Shelf:
    """Reads partitions of a lake; what was read is kept as long as its file is the same. Threads may share it."""

    lake: Lake
    _kept: OrderedDict[tuple[str, str, str], tuple[Stamp, Any]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def newest(self, contract: Contract, most: int = 1) -> list[str]:
        """Keys of the newest partitions, the newest last."""
        return self.lake.keys(contract)[-most:]

    def kept(self, contract: Contract, key: str, columns: Sequence[str], make: "Callable[[pd.DataFrame], T]") -> T:
        """What `make` makes of some columns of a partition; callers must not change it.

        It is made again only once the file was replaced. MissingPartitionError if it is not there.
        """
        ((_, path),) = self.lake.scan(contract, [key]).files
        found = path.stat()
        stamp, name = (found.st_ino, found.st_size, found.st_mtime_ns), (contract.table, key, make.__qualname__)
        with self._lock:
            known = self._kept.get(name)
            if known is not None and known[0] == stamp:
                self._kept.move_to_end(name)
                made: T = known[1]
                return made
        made = make(read_frame(Scan(contract, ((key, path),)), columns))
        with self._lock:
            self._kept[name] = stamp, made
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made

    def of_listener(
        self, contract: Contract, keys: Sequence[str], user_id: str, columns: Sequence[str]
    ) -> "pd.DataFrame":
        """The rows of one listener in these partitions, oldest first; nothing is kept.

        Files are ordered by listener, so that Parquet's statistics spare most of a large one.
        """
        import pandas as pd
        import pyarrow.parquet as pq

        stored, wanted = [name for name in columns if name != contract.partition], [("user_id", "=", user_id)]
        parts = [pd.DataFrame(columns=list(columns))]
        for key, path in self.lake.find(contract, keys).files:
            rows = pq.read_table(path, columns=stored, partitioning=None, filters=wanted)
            if len(rows):
                parts.append(rows.to_pandas().assign(**{str(contract.partition): key}))
        return pd.concat(parts[1:] or parts, ignore_index=True)[list(columns)]


def whole(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows themselves, for `Shelf.kept`."""
    return rows
