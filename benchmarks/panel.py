"""A simulated service as a panel, without logs or lake: listeners at weekly cut-offs, a few features, what they did.

Seconds instead of minutes a world, so that rates over many worlds can be told. The features are a dozen plain ones,
counted from the simulated events; who is at risk and who churned follow the design's definitions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from churn_assets.cutoffs import DAY, CutoffSchedule, midnight
from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.simulate.behaviour import Floats, Ints
from churn_assets.simulate.days import Day, days_of
from churn_assets.simulate.listeners import Traits, draw_traits
from churn_assets.simulate.pages import Page
from churn_assets.simulate.world import World

FIRST_DAY = date(2026, 1, 2)
HORIZON_DAYS, AT_RISK_DAYS, WARMUP_DAYS, LOOKBACK_DAYS = 30, 30, 28, 90
SCHEDULE = CutoffSchedule(FIRST_DAY, WARMUP_DAYS, HORIZON_DAYS, weekday=0)
COUNTED = {
    "songs": Page.NEXT_SONG,
    "thumbs_up": Page.THUMBS_UP,
    "thumbs_down": Page.THUMBS_DOWN,
    "adverts": Page.ROLL_ADVERT,
    "playlist_adds": Page.ADD_TO_PLAYLIST,
    "downgrade_visits": Page.DOWNGRADE,
}
NUMERIC = (
    "recency_days",
    "freq_7d",
    "freq_30d",
    "freq_90d",
    "tenure_days",
    "songs_per_session",
    "mobile_share",
    *(f"{name}_per_song" for name in COUNTED if name != "songs"),
)
SCHEMA = FeatureSchema(
    (
        *(FeatureColumn(name, f"{name} of the panel.", is_categorical=False) for name in NUMERIC),
        FeatureColumn("current_level", "Plan of the listener.", is_categorical=True),
    ),
    fingerprint="panel",
)


@dataclass
class _Diary:
    """Days x listeners: sessions, events of each counted page, events on a phone, and all events."""

    counts: dict[str, Ints] = field(default_factory=dict)

    def note(self, name: str, day: int, listeners: Ints, *, shape: tuple[int, int]) -> None:
        """Count one event each for `listeners` on `day`."""
        book = self.counts.setdefault(name, np.zeros(shape, dtype=np.int32))
        if day < shape[0]:
            book[day] += np.bincount(listeners, minlength=shape[1]).astype(np.int32)

    def window(self, name: str, end: int, days: int) -> Ints:
        """Sums of the `days` before day `end`."""
        return np.asarray(self.counts[name][max(0, end - days) : end].sum(axis=0), dtype=np.int64)


def panel(world: World) -> pd.DataFrame:
    """Rows of listeners seen at each cut-off whose labels the world's days hold: keys, features and labels.

    Columns `user_id`, `cutoff`, `at_risk`, `churned`, `cancelled` and those of SCHEMA.
    """
    traits, present = draw_traits(world)
    diary, plans = _lived(world, traits, present)
    clock = world.first_day + timedelta(days=world.days)
    frames = [_snapshot(world, traits, diary, plans, cutoff) for cutoff in SCHEDULE.mature(clock)]
    return pd.concat(frames, ignore_index=True)


def _lived(world: World, traits: Traits, present: Ints) -> tuple[_Diary, Ints]:
    """What was done, and the plan of each listener in the evening of each day."""
    shape, diary = (world.days, len(traits)), _Diary()
    plans = np.zeros(shape, dtype=np.int8)
    for day in days_of(world, traits, present):
        plans[day.today.number, : len(day.traits)] = day.lives.is_paid
        _note(diary, day, world, shape)
    return diary, plans


def _note(diary: _Diary, day: Day, world: World, shape: tuple[int, int]) -> None:
    rows = day.events.take(day.events.listener >= 0)
    today = day.today.number
    diary.note("sessions", today, np.flatnonzero(day.has_visited), shape=shape)
    for number in (today, today + 1):
        part = rows.take((rows.ts - world.first_ms) // DAY == number)
        diary.note("events", number, part.listener, shape=shape)
        diary.note("phone", number, part.listener[part.look % 2 == 1], shape=shape)
        diary.note("cancelled", number, part.listener[part.page == Page.CANCELLATION_CONFIRMATION.code], shape=shape)
        for name, page in COUNTED.items():
            diary.note(name, number, part.listener[part.page == page.code], shape=shape)


def _snapshot(world: World, traits: Traits, diary: _Diary, plans: Ints, cutoff: date) -> pd.DataFrame:
    end = (cutoff - world.first_day).days
    events = diary.counts["events"]
    active = events[:end] > 0
    recency = np.where(active.any(axis=0), np.argmax(active[::-1], axis=0) + 1, 10_000)
    later = events[end : end + HORIZON_DAYS].sum(axis=0)
    cancelled = diary.window("cancelled", end, end) > 0
    frame = pd.DataFrame(
        {
            "user_id": np.arange(len(traits)).astype(str),
            "cutoff": midnight(cutoff),
            "at_risk": (recency <= AT_RISK_DAYS) & ~cancelled,
            "churned": later == 0,
            "cancelled": diary.window("cancelled", end + HORIZON_DAYS, HORIZON_DAYS) > 0,
            "current_level": np.where(plans[end - 1] > 0, "paid", "free"),
            "tenure_days": np.maximum(world.today(end).midnight - traits.joined, 0) / DAY,
            "recency_days": recency.astype(np.float64),
            **dict(_measures(diary, end)),
        }
    )
    return frame[frame["at_risk"]]


def _measures(diary: _Diary, end: int) -> Iterator[tuple[str, Floats]]:
    for days in (7, 30, 90):
        yield f"freq_{days}d", diary.window("sessions", end, days).astype(np.float64)
    songs = diary.window("songs", end, LOOKBACK_DAYS)
    yield "songs_per_session", _ratio(songs, diary.window("sessions", end, LOOKBACK_DAYS))
    yield "mobile_share", _ratio(diary.window("phone", end, LOOKBACK_DAYS), diary.window("events", end, LOOKBACK_DAYS))
    for name in COUNTED:
        if name != "songs":
            yield f"{name}_per_song", _ratio(diary.window(name, end, LOOKBACK_DAYS), songs)


def _ratio(part: Ints, whole: Ints) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
