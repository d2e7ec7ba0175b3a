"""After lines were blanked: the manifest knows the files as they are now, and quarantine the empty lines.

Were the files read again, they would give exactly this, so that nothing has to be read again and no day is stale.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.rows import read, write
from churn_assets.forgetting.tables import Part, replace
from churn_assets.ingest.arrivals import Arrivals, remember
from churn_assets.ingest.decode import decode
from churn_assets.ingest.landing import LandingFile
from churn_assets.ingest.manifest import FileDays
from churn_assets.ingest.tables import QUARANTINED_LINES
from churn_assets.lake.lake import Lake


@dataclass(frozen=True)
class Blank:
    """A blanked file as it reads now: what the manifest should know, and its quarantined lines with their day."""

    entry: FileDays
    quarantined: pa.Table


@dataclass(frozen=True)
class ManifestPlace:
    """The manifest of landing files; it holds no rows, but must know of blanked ones."""

    find: Callable[[], Arrivals]
    lake: Lake
    name: str = "manifest of landing files"

    def held(self) -> int:
        """Nothing: it counts lines, and tells of nobody."""
        return 0

    def remove(self, journal: Journal) -> None:
        """Let it know the files as they are now."""
        if journal.blanked:
            settle(self.find(), self.lake, journal)


def settle(found: Arrivals, lake: Lake, journal: Journal) -> None:
    """Bring manifest and quarantine up to date with the files that were blanked.

    Files that the manifest did not know as they were are left to be read again, as before.
    """
    blanks = [_read(found, file) for file in found.files if _was_known(found, file, journal)]
    if not blanks:
        return
    for key in lake.keys(QUARANTINED_LINES):
        _settle_day(lake, key, blanks, journal)
    settled = found.with_entries(blank.entry for blank in blanks)
    before, after = found.versions(), settled.versions()
    journal.renaming({old: after.get(day, "") for day, old in before.items() if after.get(day, "") != old})
    remember(settled, lake)


def _was_known(found: Arrivals, file: LandingFile, journal: Journal) -> bool:
    blanked, entry = journal.blanked.get(file.name), found.manifest.files.get(file.name)
    return blanked is not None and entry is not None and (entry.size, entry.version) == (blanked.size, blanked.version)


def _read(found: Arrivals, file: LandingFile) -> Blank:
    batches, entry = [], None
    for decoded in decode([file], first_day=found.first_day, last_day=found.last_day):
        batches.append(decoded.quarantined_lines)
        entry = decoded.entry
    assert entry is not None
    return Blank(entry, pa.Table.from_batches(batches))


def _settle_day(lake: Lake, key: str, blanks: Sequence[Blank], journal: Journal) -> None:
    """Put the lines of the blanked files into a day's quarantine, in place of what it had of them."""
    part = Part(lake, lake.name(QUARANTINED_LINES, key), lake.path(QUARANTINED_LINES, key))
    rows = read(part.file)
    names = pa.array([blank.entry.name for blank in blanks])
    others = rows.filter(pc.invert(pc.is_in(rows["file"], value_set=names)))
    parts = [others, *(part.select(rows.column_names).cast(rows.schema) for part in _on(key, blanks))]
    settled = pa.concat_tables(parts).sort_by([(name, "ascending") for name in QUARANTINED_LINES.order])
    if not settled.equals(rows):
        replace(part, partial(write, settled.combine_chunks()), journal)


def _on(key: str, blanks: Sequence[Blank]) -> Iterator[pa.Table]:
    day = pa.scalar(key).cast(pa.date32())
    for blank in blanks:
        yield blank.quarantined.filter(pc.equal(blank.quarantined["day"], day))
