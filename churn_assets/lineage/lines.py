"""The events that a prediction could see, and the lines of the log files that they came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from churn_assets.cutoffs import midnight
from churn_assets.ingest.events import FIRST, IDENTITY
from churn_assets.ingest.tables import EVENTS, RAW_LOGS
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake

if TYPE_CHECKING:
    import pandas as pd

ABOUT = ("ts", "session_id", "item_in_session", "page", "level", "artist", "song", "length")
"""What is told of an event: nothing that says who somebody is."""
LINE = ("day", "file", "line", "origin", "user_id", *ABOUT)


@dataclass(frozen=True)
class Span:
    """The days that a prediction could see, first and last included."""

    first: date
    last: date

    def keys(self, lake: Lake) -> list[str]:
        """Those of its days that have events in the lake."""
        return [key for key in lake.keys(EVENTS) if self.first.isoformat() <= key <= self.last.isoformat()]


def events_of(lake: Lake, user: str, span: Span) -> "pd.DataFrame":
    """A listener's events of some days, as `events` has them: `day`, `user_id`, `origin` and ABOUT, by time."""
    scan = lake.find(EVENTS, span.keys(lake))
    return read_frame(scan, ["day", "user_id", *ABOUT, "origin"], user_id=user)


def lines_of(lake: Lake, user: str, days: Sequence[str]) -> "pd.DataFrame":
    """Every log line of a listener on some days: the columns LINE, and `is_used`; by file and line.

    Of several lines with the same event, the one that `events` keeps is used, the others are copies.
    """
    frame = read_frame(lake.find(RAW_LOGS, days), LINE, user_id=user).sort_values(list(FIRST), ignore_index=True)
    used = ~frame.duplicated(list(IDENTITY))
    return frame.assign(is_used=used).sort_values(["file", "line"], ignore_index=True)


def days_in(frame: "pd.DataFrame") -> list[str]:
    """The days of some rows, as partition keys."""
    return sorted({moment.date().isoformat() for moment in frame["day"]})


def sent_events(logs: bytes, span: Span) -> "pd.DataFrame":
    """The events of a request that its prediction could see: `position` in what was sent (from 0), `user_id`, ABOUT."""
    import pandas as pd

    from churn_assets.serving.events import read_events

    events = read_events(logs, len(logs))
    columns = {name: events.columns[name] for name in ("user_id", *ABOUT)}
    frame = pd.DataFrame({"position": events.rows, **columns})
    frame["ts"] = frame["ts"].astype("datetime64[ms]")
    frame["day"] = frame["ts"].dt.floor("D")
    return frame.loc[frame["day"].between(midnight(span.first), midnight(span.last))]


def known_lines(lake: Lake, events: "pd.DataFrame") -> "pd.DataFrame":
    """The log lines of events that the API was sent, as far as the log has them by now; the columns of `lines_of`."""
    users = sorted(set(events["user_id"]))
    found = lines_of(lake, users[0] if users else "", days_in(events))
    identity = list(IDENTITY)
    return found.merge(events[identity].drop_duplicates(), on=identity)
