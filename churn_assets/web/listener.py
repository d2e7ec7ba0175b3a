"""One listener: what they did lately, how their score moved, why, and whether they are on a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn_assets.cutoffs import days_between
from churn_assets.features.tables import LISTENER_DAYS, USER_FEATURES
from churn_assets.ingest.tables import EVENTS
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.web.chart import Chart, Level, Points, bars
from churn_assets.web.figures import short_day
from churn_assets.web.shelf import Shelf

if TYPE_CHECKING:
    import pandas as pd

SHOWN_DAYS = 90
SHOWN_CUTOFFS = 26
SHOWN_LISTS = 12
SHOWN_EVENTS = 12
SCORE_COLUMNS = ("cutoff", "churn_probability", "risk_band", "model_version")
WHY_COLUMNS = ("reasons", "as_of")
DAY_COLUMNS = ("day", "events")
LIST_COLUMNS = ("cutoff", "rank", "arm", "expected_value", "campaign")
EVENT_COLUMNS = ("ts", "page", "artist", "song")
KNOWN_COLUMNS = ("current_level", "region", "device")


@dataclass(frozen=True)
class Bands:
    """From which probabilities risk is medium and high."""

    medium: float
    high: float


@dataclass(frozen=True)
class ListenerView:
    """What the page of one listener shows; parts without data are empty."""

    user_id: str
    known: Mapping[str, Any]
    scores: tuple[Mapping[str, Any], ...]
    reasons: tuple[str, ...]
    lists: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]
    score_chart: Chart
    activity_chart: Chart

    @property
    def newest(self) -> Mapping[str, Any] | None:
        """The newest score, if there is one."""
        return self.scores[0] if self.scores else None


def listener(shelf: Shelf, user_id: str, bands: Bands) -> ListenerView | None:
    """The view of a listener; None if no score, list or day of the last SHOWN_DAYS knows them."""
    scores = shelf.of_listener(CHURN_SCORES, shelf.newest(CHURN_SCORES, SHOWN_CUTOFFS), user_id, SCORE_COLUMNS)
    days = _days(shelf)
    active = shelf.of_listener(LISTENER_DAYS, days, user_id, DAY_COLUMNS)
    lists = shelf.of_listener(RETENTION_LIST, shelf.newest(RETENTION_LIST, SHOWN_LISTS), user_id, LIST_COLUMNS)
    if scores.empty and active.empty and lists.empty:
        return None
    newest = scores["cutoff"].tolist()[-1:]
    why = shelf.of_listener(CHURN_SCORES, newest, user_id, WHY_COLUMNS)
    known = shelf.of_listener(USER_FEATURES, newest, user_id, KNOWN_COLUMNS)
    return ListenerView(
        user_id=user_id,
        known=next(iter(_records(known)), {}),
        scores=_records(scores.iloc[::-1]),
        reasons=tuple(why["reasons"].iloc[0]) if len(why) else (),
        lists=_records(lists.iloc[::-1]),
        events=_latest(shelf, active["day"].tolist(), user_id),
        score_chart=_score_chart(scores, bands),
        activity_chart=_activity_chart(active, days),
    )


def _days(shelf: Shelf) -> list[str]:
    """The newest days that have landed, those without any event among them."""
    there = shelf.newest(LISTENER_DAYS)
    if not there:
        return []
    last = date.fromisoformat(there[-1])
    return [day.isoformat() for day in days_between(last - timedelta(days=SHOWN_DAYS - 1), last)]


def _latest(shelf: Shelf, active: Sequence[str], user_id: str) -> tuple[Mapping[str, Any], ...]:
    """The newest events, the newest first: as many of the last active days are read as it takes."""
    found: list[Mapping[str, Any]] = []
    for day in reversed(active):
        rows = shelf.of_listener(EVENTS, [day], user_id, EVENT_COLUMNS)
        found += reversed(_records(rows))
        if len(found) >= SHOWN_EVENTS:
            break
    return tuple(found[:SHOWN_EVENTS])


def _records(rows: "pd.DataFrame") -> tuple[Mapping[str, Any], ...]:
    """Rows as mappings, nulls as None."""
    return tuple(rows.astype(object).where(rows.notna(), None).to_dict("records"))  # type: ignore[arg-type]


def _score_chart(scores: "pd.DataFrame", bands: Bands) -> Chart:
    places = tuple(short_day(cutoff) for cutoff in scores["cutoff"])
    values = tuple(float(value) for value in scores["churn_probability"])
    told = f" It was {values[0]:.2f} first and is {values[-1]:.2f} now." if values else ""
    summary = f"Probability of leaving at {len(values)} cut-offs.{told}"
    levels = (Level("high risk from", bands.high), Level("medium risk from", bands.medium))
    series = (Points("probability of leaving", "line", values),)
    return Chart("Probability of leaving, by cut-off", summary, places, series, levels, most=1.0)


def _activity_chart(active: "pd.DataFrame", days: Sequence[str]) -> Chart:
    counts = dict(zip(active["day"], active["events"], strict=True))
    values = [float(counts.get(day, 0)) for day in days]
    summary = f"Events a day: active on {len(counts)} of the last {len(days)} days."
    return bars("Events a day", summary, [short_day(day) for day in days], values)
