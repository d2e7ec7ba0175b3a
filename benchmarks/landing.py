"""Log files of any size from real-shaped days: the sample logs, or a simulated service where those are missing."""

import gzip
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.sizes import FIRST_DAY

SAMPLE = Path(__file__).parents[2] / "shared" / "data" / "eventsim"
SIMULATED_LISTENERS, SIMULATED_DAYS = 2_000, 30
_TIME = re.compile(rb'"ts":(\d+)')
_LISTENER = re.compile(rb'"userId":"(\d+)"')
DAY_MS = 86_400_000


def make_landing(root: str, files: int, lines: int) -> int:
    """Write `files` day files of `lines` JSON lines each, sorted by time; gives their bytes.

    A file is many source days laid over one another, each moved to the file's day and given listeners of its own.
    """
    target = Path(root)
    target.mkdir(parents=True, exist_ok=True)
    sources = _endless(_sources(target.with_name("simulated")))
    written = 0
    for n in range(files):
        day = FIRST_DAY + timedelta(days=n)
        content = b"\n".join(_day_lines(sources, day, lines)) + b"\n"
        written += (target / f"{day}.json").write_bytes(content)
    return written


def _sources(simulated: Path) -> Sequence[Path]:
    found = sorted(SAMPLE.glob("*.json.gz"))
    if found:
        return found
    from churn_assets.simulate import World, write_logs

    world = World(FIRST_DAY, listeners=SIMULATED_LISTENERS, days=SIMULATED_DAYS, broken_share=0.0)
    write_logs(world, simulated)
    return sorted(simulated.glob("*.json.gz"))


def _endless(sources: Sequence[Path]) -> Iterator[tuple[int, bytes]]:
    """The number and content of source days, from the first again after the last."""
    number = 0
    while True:
        for source in sources:
            number += 1
            yield number, gzip.decompress(source.read_bytes())


def _day_lines(sources: Iterator[tuple[int, bytes]], day: date, lines: int) -> list[bytes]:
    """The first `lines` lines of enough source days, in order of time."""
    from churn_assets.cutoffs import epoch_ms

    found: list[tuple[int, bytes]] = []
    while len(found) < lines:
        number, content = next(sources)
        found += _moved(content, epoch_ms(day), b"%d" % number)
    return [line for _, line in sorted(found[:lines], key=lambda timed: timed[0])]


def _moved(content: bytes, midnight: int, number: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line with its new time; listeners get the source's number in front."""
    for line in _LISTENER.sub(rb'"userId":"' + number + rb'00\1"', content).splitlines():
        found = _TIME.search(line)
        if found:
            ts = midnight + int(found[1]) % DAY_MS
            yield ts, line[: found.start(1)] + b"%d" % ts + line[found.end(1) :]
