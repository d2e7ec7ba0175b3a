"""Writing a world's log: one compressed file a UTC day, whole or not at all, the same bytes every time."""

import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from churn_assets.cutoffs import DAY, day_of
from churn_assets.simulate.behaviour import Ints
from churn_assets.simulate.days import days_of
from churn_assets.simulate.defects import LATEST_DAYS, delays, repeated, with_broken
from churn_assets.simulate.events import Events
from churn_assets.simulate.lines import Writer
from churn_assets.simulate.listeners import Traits, draw_traits
from churn_assets.simulate.pages import Page
from churn_assets.simulate.world import Today, World

DELAYS, DEFECTS = 5, 6
_COMPRESSION = 1

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Simulated:
    """What `write_logs` wrote: files, rows by kind (late ones are among the others), extra lines, and people."""

    files: int
    events: int
    visitor_rows: int
    late_rows: int
    duplicates: int
    broken_lines: int
    listeners: int
    cancelled: int


@dataclass(frozen=True)
class _Arrived:
    """The rows that one day's file holds: those of the day in order, then `late_rows` of the days before."""

    today: Today
    events: Events
    late_rows: int


def write_logs(world: World, landing: Path, *, progress: Progress | None = None) -> Simulated:
    """Write `YYYY-MM-DD.json.gz` for each day of `world` to `landing`; files of the same names are replaced.

    `progress` is told the days done and the events written so far, once a day. What would arrive after the last day
    has not landed.
    """
    landing.mkdir(parents=True, exist_ok=True)
    traits, present = draw_traits(world)
    writer, has_listened = Writer(traits), np.zeros(len(traits), bool)
    totals: Counter[str] = Counter()
    for arrived in _arrivals(world, traits, present):
        rows = arrived.events
        body, duplicates, broken = _body(world, writer, arrived)
        _write(landing / f"{day_of(arrived.today.midnight)}.json.gz", body)
        listeners = rows.listener[rows.listener >= 0]
        has_listened[listeners] = True
        totals += Counter(
            files=1,
            events=len(listeners),
            visitor_rows=len(rows) - len(listeners),
            late_rows=arrived.late_rows,
            duplicates=duplicates,
            broken_lines=broken,
            cancelled=int((rows.page == Page.CANCELLATION_CONFIRMATION.code).sum()),
        )
        if progress is not None:
            progress(arrived.today.number + 1, totals["events"])
    counts = {column.name: totals[column.name] for column in fields(Simulated)}
    return Simulated(**counts | {"listeners": int(has_listened.sum())})


def _arrivals(world: World, traits: Traits, present: Ints) -> Iterator[_Arrived]:
    """What lands each day: its rows, those of sessions that began the day before, and late ones."""
    spilled = Events.joined([])
    late: defaultdict[int, list[Events]] = defaultdict(list)
    for day in days_of(world, traits, present):
        today, rows = day.today, Events.joined([spilled, day.events])
        is_over = rows.ts < today.midnight + DAY
        spilled, rows = rows.take(~is_over), rows.take(is_over & (world.has_visitors | (rows.listener >= 0))).in_order()
        delay = delays(rows, world.chance(DELAYS, today.number), share=world.late_share)
        for days in range(1, LATEST_DAYS + 1):
            late[today.number + days].append(rows.take(delay == days))
        held = Events.joined(late.pop(today.number, []))
        yield _Arrived(today, Events.joined([rows.take(delay == 0), held]), len(held))


def _body(world: World, writer: Writer, arrived: _Arrived) -> tuple[bytes, int, int]:
    """The text of a file, and how many of its lines are repeated and how many broken."""
    chance = world.chance(DEFECTS, arrived.today.number)
    lines = [line.encode() for line in writer.lines(arrived.events)]
    places = repeated(len(lines), chance, share=world.duplicate_share)
    mixed, broken = with_broken([lines[place] for place in places.tolist()], chance, share=world.broken_share)
    return b"\n".join([*mixed, b""]), len(places) - len(lines), broken


def _write(path: Path, body: bytes) -> None:
    """Put the compressed `body` at `path` in one step: nobody ever reads half a file."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(gzip.compress(body, _COMPRESSION, mtime=0))
    beside.replace(path)
