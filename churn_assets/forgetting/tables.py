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
from churn_assets.lake.lake import Lake, put_in_place


@dataclass(frozen=True)
class TablePlace:
    """One table of the lake, with all its partitions."""

    lake: Lake
    name: str
    listener: Listener

    @cached_property
    def _found(self) -> Sequence[tuple[Path, int]]:
        files = sorted((self.lake.root / self.name).rglob("*.parquet"))
        found = ((file, self._count(file)) for file in files)
        return [(file, rows) for file, rows in found if rows]

    def _count(self, file: Path) -> int:
        if self.name == QUARANTINED_LINES.table:
            return sum(_theirs(read(file), self.listener))
        return count(file, self.listener)

    def held(self) -> int:
        """Rows of the listener."""
        return sum(rows for _, rows in self._found)

    def remove(self, journal: Journal) -> None:
        """Leave them out; a quarantined line stays as what it is by now in its file: an empty one."""
        for file, rows in self._found:
            journal.removing(self.name, file.relative_to(self.lake.root).as_posix(), rows)
            if self.name == QUARANTINED_LINES.table:
                emptied = _emptied(read(file), self.listener)
                replace(self.lake, file, partial(write, emptied), journal)
            else:
                replace(self.lake, file, partial(leave_out, file, listener=self.listener), journal)


def tables_of(lake: Lake, listener: Listener) -> list[TablePlace]:
    """Every table that the lake holds, ours or not."""
    folders = lake.root.iterdir() if lake.root.exists() else iter(())
    names = sorted(folder.name for folder in folders if folder.is_dir() and not folder.name.startswith("."))
    return [TablePlace(lake, name, listener) for name in names]


def replace(lake: Lake, file: Path, written: Callable[[Path], None], journal: Journal) -> None:
    """Put what is `written` into a file's place in one step, once the journal knows how its version will be called."""
    staged = lake.staging() / f"{uuid.uuid4().hex}.parquet"
    try:
        written(staged)
        old, new = describe("", file).sha256, describe("", staged).sha256
        journal.renaming({old: new} if old != new else {})
        put_in_place(staged, file)
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
