"""A listener who can be told from everybody else by every word that is known of them, planted into a log."""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import zstandard

from churn_assets.cutoffs import HOUR, MINUTE, epoch_ms

USER = "listener-7f3a9c51-4d0e-planted"
FIRST, LAST, SONG = "Zaphodessa", "Beeblebroxton", "Ballad of the Vogon Bureaucrat"
TOWN, AGENT = "Milliways-upon-Nothing", "Sirius-Cybernetics-Browser/42.1"
UNKNOWN = "unknown-key-of-the-planted-listener"
WORDS = (USER, FIRST, LAST, SONG, TOWN, AGENT, UNKNOWN)
"""Every word by which the listener could be told."""
OTHERS_LINE = {"page": "Home", "userId": "", "note": "a line that is nobody's"}


def event(day: date, item: int, **changed: Any) -> dict[str, Any]:
    """A play of the planted listener, item by item through one session a day."""
    return {
        "ts": epoch_ms(day) + 9 * HOUR + item * 4 * MINUTE,
        "userId": USER,
        "sessionId": 770_000 + day.toordinal() % 1000,
        "itemInSession": item,
        "page": "NextSong",
        "auth": "Logged In",
        "method": "PUT",
        "status": 200,
        "level": "paid",
        "artist": "The Vogons",
        "song": SONG,
        "length": 241.5,
        "gender": "F",
        "firstName": FIRST,
        "lastName": LAST,
        "location": f"{TOWN}, CA",
        "userAgent": f"Mozilla/5.0 (X11; Linux x86_64) {AGENT}",
        "registration": epoch_ms(day - timedelta(days=400)),
        "extra": UNKNOWN,
        **changed,
    }


def lines_of(day: date) -> Iterator[str]:
    """A day of theirs as a log has it: whole, broken, cut off, escaped, doubled."""
    yield from (json.dumps(event(day, item)) for item in range(4))
    yield json.dumps(event(day, 1))
    yield json.dumps(event(day, 5)).replace(USER, "\\u006c" + USER[1:])
    yield json.dumps({key: value for key, value in event(day, 6).items() if key != "page"})
    yield json.dumps(event(day, 7))[:-4]
    yield json.dumps(event(day, 8, ts=1))


def mixed(theirs: Sequence[str], others: Sequence[str]) -> str:
    """Lines of both, theirs in between, first and last; the last one without a line end."""
    middle = [line for pair in zip(theirs[1:-1], others, strict=False) for line in pair]
    return "\n".join([theirs[0], *others[: len(others) - len(middle)], "", *middle, theirs[-1]])


def plant(landing: Path, days: Sequence[date], others: Sequence[str] = ()) -> list[Path]:
    """Files of every kind with their lines among others'; the paths."""
    kinds = {".json": bytes, ".jsonl.gz": gzip.compress, ".json.zst": zstandard.ZstdCompressor().compress}
    written = []
    for number, day in enumerate(days):
        suffix, compress = list(kinds.items())[number % len(kinds)]
        path = landing / "more" / f"{day}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(compress(mixed(list(lines_of(day)), list(others)).encode()))
        written.append(path)
    return written
