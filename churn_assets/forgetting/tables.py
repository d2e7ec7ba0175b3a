"""Tables of the lake, whichever there are: every Parquet file whose rows name listeners."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pyarrow as pa

from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.rows import count, leave_out, read, write
from churn_assets.ingest.log_line import Reason
from churn_assets.ingest.tables import QUARANTINED_LINES
from churn_assets.lake.engine import describe
from churn_assets.lake.lake import Lake


@dataclass(frozen=True)
class TablePlace:
    """One table of the lake, with all its partitions."""

    lake: Lake
    name: str
    listener: Listener

    @cached_property
    def _found(self) -> Sequence[tuple[str, Path, int]]:
        files = self.lake.below(self.name).items()
        found = ((name, file, self._count(file)) for name, file in files)
        return [one for one in found if one[-1]]

    def _count(self, file: Path) -> int:
        if self.name == QUARANTINED_LINES.table:
            return sum(_theirs(read(file), self.listener))
        return count(file, self.listener)

    def held(self) -> int:
        """Rows of the listener."""
        return sum(rows for *_, rows in self._found)

    def remove(self, journal: Journal) -> None:
        """Leave them out; a quarantined line stays as what it is by now in its file: an empty one."""
        for name, file, rows in self._found:
            journal.removing(self.name, name, rows)
            if self.name == QUARANTINED_LINES.table:
                emptied = _emptied(read(file), self.listener)
                replace(Part(self.lake, name, file), partial(write, emptied), journal)
            else:
                replace(Part(self.lake, name, file), partial(leave_out, file, listener=self.listener), journal)


def tables_of(lake: Lake, listener: Listener) -> list[TablePlace]:
    """Every table that the lake holds, ours or not."""
    return [TablePlace(lake, name, listener) for name in lake.store.tables()]


@dataclass(frozen=True)
class Part:
    """A file of the lake: its name below the root, and the path of it, or of a copy, on this machine."""

    lake: Lake
    name: str
    file: Path


def replace(part: Part, written: Callable[[Path], None], journal: Journal) -> None:
    """Put what is `written` into a file's place in one step, once the journal knows how its version will be called."""
    staged = part.lake.staging() / f"{uuid.uuid4().hex}.parquet"
    try:
        written(staged)
        old, new = describe("", part.file).sha256, describe("", staged).sha256
        journal.renaming({old: new} if old != new else {})
        part.lake.store.put(staged, part.name)
    finally:
        staged.unlink(missing_ok=True)


def _theirs(table: pa.Table, listener: Listener) -> Iterator[bool]:
    return (content is not None and listener.owns(content) for content in table["content"].to_pylist())


def _emptied(table: pa.Table, listener: Listener) -> pa.Table:
    rows = table.to_pylist()
    for row, is_theirs in zip(rows, list(_theirs(table, listener)), strict=True):
        if is_theirs:
            row |= {"reason": str(Reason.EMPTY_LINE), "content": b""}
    return pa.Table.from_pylist(rows, table.schema)
