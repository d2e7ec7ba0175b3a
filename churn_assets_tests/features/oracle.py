"""A second opinion on every feature: plain Python, one listener and one cut-off at a time, fractions for exactness.

Written from the design and the descriptions of the features, not from the evaluators.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor, sqrt
from typing import Any

from churn_assets.cutoffs import DAY, HOUR, MINUTE, SECOND
from churn_assets.features.batch import Horizon
from churn_assets_tests.logs import Event

Value = float | str | None
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ratio(dividend: float | Fraction, divisor: float | Fraction) -> Fraction | None:
    """The quotient, undefined for a divisor of 0."""
    return Fraction(dividend) / Fraction(divisor) if divisor else None


def minus(left: Fraction | None, right: Fraction | None) -> Fraction | None:
    """The difference, undefined where either is."""
    return None if left is None or right is None else left - right


def deviation(values: Sequence[int]) -> float:
    """Standard deviation of the population."""
    mean = Fraction(sum(values), len(values))
    return sqrt(sum((value - mean) ** 2 for value in values) / len(values))


class Past:
    """What one listener had done by a cut-off, as far as the lookback lets one see."""

    def __init__(self, events: Iterable[Event], cutoff: int, horizon: Horizon) -> None:
        self.cutoff, self.horizon = cutoff * DAY, horizon
        seen = [e for e in events if self.cutoff - horizon.lookback_days * DAY <= e.ts < self.cutoff]
        self.events = sorted(seen, key=lambda e: (e.ts, e.session_id, e.item_in_session, e.page))
        self.days = sorted({e.day for e in self.events})
        self.plays = [e for e in self.events if e.page == "NextSong"]
        by_session: dict[int, list[int]] = {}
        for event in self.events:
            by_session.setdefault(event.session_id, []).append(event.ts)
        self.sessions = sorted((min(times), max(times)) for times in by_session.values())

    def is_within(self, ts: int, days: int, ending: int = 0) -> bool:
        """Whether a time lies in the `days` days that end `ending` days before the cut-off."""
        return self.cutoff - (days + ending) * DAY <= ts < self.cutoff - ending * DAY

    def recent(self, days: int, ending: int = 0) -> list[Event]:
        """The events of a window."""
        return [e for e in self.events if self.is_within(e.ts, days, ending)]

    def visits(self, page: str) -> int:
        """How often a page was visited."""
        return len([e for e in self.events if e.page == page])

    def started(self, days: int, ending: int = 0) -> list[tuple[int, int]]:
        """The sessions that started in a window."""
        return [session for session in self.sessions if self.is_within(session[0], days, ending)]

    @property
    def known_since(self) -> int:
        """The registration or the first event, whichever came first."""
        return min([e.registration for e in self.events if e.registration is not None] + [self.events[0].ts])

    @property
    def history_days(self) -> int:
        """Days of the lookback that exist for the listener."""
        days_of_log = (self.cutoff - self.horizon.log_start) // DAY
        return min(self.horizon.lookback_days, days_of_log, self.cutoff // DAY - self.known_since // DAY)


def is_night(event: Event) -> bool:
    """From 20:00 to 06:00 UTC."""
    hour = (EPOCH + timedelta(milliseconds=event.ts)).hour
    return hour >= 20 or hour < 6


def is_weekend(event: Event) -> bool:
    """Saturday or Sunday, UTC."""
    return (EPOCH + timedelta(milliseconds=event.ts)).isoweekday() in (6, 7)


def share(events: Sequence[Event], holds: Callable[[Event], bool]) -> Fraction | None:
    """Part of the events for which something holds."""
    return ratio(len([e for e in events if holds(e)]), len(events))


def play_ms(events: Iterable[Event]) -> int:
    """Length of the songs played, each in whole milliseconds."""
    return sum(floor(e.length * 1000 + 0.5) for e in events if e.page == "NextSong" and e.length is not None)


def demographics(past: Past) -> dict[str, Any]:
    latest = past.events[-1]
    has_registered = any(e.registration is not None for e in past.events)
    tenure = ratio(past.cutoff - past.known_since, DAY) if has_registered else None
    return {
        **{name: getattr(latest, name) for name in ("gender", "region", "device", "os", "browser")},
        "tenure_days": tenure,
        "account_age_group": None if tenure is None else age_group(tenure),
        "history_days": past.history_days,
    }


def age_group(tenure: Fraction) -> str:
    if tenure < 30:
        return "under 1 month"
    if tenure < 90:
        return "1 to 3 months"
    return "3 to 12 months" if tenure < 365 else "over 1 year"


def engagement(past: Past) -> dict[str, Any]:
    days = [*past.days, past.cutoff // DAY]
    return {
        "recency_days": ratio(past.cutoff - past.events[-1].ts, DAY),
        **{f"freq_{window}d": len(past.started(window)) for window in (7, 30, 90)},
        "active_days_ratio": ratio(len(past.days), past.history_days),
        "longest_gap_days": max(later - earlier for earlier, later in pairwise(days)),
        "weekend_ratio": share(past.events, is_weekend),
        "night_ratio": share(past.events, is_night),
    }


def consistency(past: Past) -> dict[str, Any]:
    count = min(12, past.history_days // 7)
    weeks = [len(past.started(7, 7 * week)) for week in range(count)]
    last, before = sum(weeks[:2]), sum(weeks[2:4])
    return {
        "weekly_mean": ratio(sum(weeks), count),
        "weekly_std": deviation(weeks) if weeks else None,
        "activity_slope": slope(weeks[::-1]),
        "momentum_ratio": ratio(last, before) if count >= 4 else None,
    }


def slope(values: Sequence[int]) -> Fraction | None:
    """Least-squares slope of a series over its positions."""
    if len(values) < 2:
        return None
    x_mean, y_mean = Fraction(len(values) - 1, 2), Fraction(sum(values), len(values))
    covariation = sum((x - x_mean) * (y - y_mean) for x, y in enumerate(values))
    return ratio(covariation, sum((x - x_mean) ** 2 for x in range(len(values))))


def session(past: Past) -> dict[str, Any]:
    seconds = [(end - start) // SECOND for start, end in past.sessions]
    return {
        "total_sessions": len(past.sessions),
        "avg_session_len_min": ratio(sum(seconds), len(seconds) * 60),
        "std_session_len_min": deviation(seconds) / 60,
        "total_play_time_min": ratio(play_ms(past.events), MINUTE),
        "sessions_per_active_day": ratio(len(past.sessions), len(past.days)),
        "session_len_change_pct": length_change(past),
        "avg_session_gap_hours": mean_gap_hours(past),
    }


def length_change(past: Past) -> Fraction | None:
    def mean(sessions: Sequence[tuple[int, int]]) -> Fraction | None:
        return ratio(sum((end - start) // SECOND for start, end in sessions), len(sessions))

    recent, before = mean(past.started(28)), mean(past.started(28, 28))
    change = minus(recent, before)
    return None if change is None or before is None or not before else change / before * 100


def mean_gap_hours(past: Past) -> Fraction | None:
    """Sessions that overlap eat up idle time, but never below none."""
    if len(past.sessions) < 2:
        return None
    whole = max(end for _, end in past.sessions) - min(start for start, _ in past.sessions)
    idle = whole - sum(end - start for start, end in past.sessions)
    return ratio(max(idle, 0), (len(past.sessions) - 1) * HOUR)


def diversity(past: Past) -> dict[str, Any]:
    songs = {e.song for e in past.events if e.song is not None}
    recent, earlier = (
        {e.artist for e in past.events if past.is_within(e.ts, *window) and e.artist is not None}
        for window in ((30,), (past.horizon.lookback_days, 30))
    )
    return {
        "unique_pages": len({e.page for e in past.events}),
        "unique_songs": len(songs),
        "unique_artists": len({e.artist for e in past.events if e.artist is not None}),
        "diversity_ratio": ratio(len(songs), len(past.plays)),
        "new_artist_share_30d": ratio(len(recent - earlier), len(recent)),
    }


def subscription(past: Past) -> dict[str, Any]:
    steps = list(pairwise(past.events))
    changed = [now.ts for before, now in steps if before.level != now.level]
    until = [now.ts for _, now in steps] + [past.cutoff]
    paid = sum(end - e.ts for e, end in zip(past.events, until, strict=True) if e.level == "paid")
    return {
        "current_level": past.events[-1].level,
        "level_changes": len(changed),
        "time_as_paid_days": ratio(paid, DAY),
        "days_since_level_change": ratio(past.cutoff - changed[-1], DAY) if changed else None,
        "upgrades": past.visits("Submit Upgrade"),
        "downgrades": past.visits("Submit Downgrade"),
    }


def satisfaction(past: Past) -> dict[str, Any]:
    up, down, plays = past.visits("Thumbs Up"), past.visits("Thumbs Down"), len(past.plays)
    return {
        "thumbs_up": up,
        "thumbs_down": down,
        "thumbs_up_share": ratio(up, up + down),
        "thumbs_per_play": ratio(up + down, plays),
        "playlist_adds": past.visits("Add to Playlist"),
        "friends_added": past.visits("Add Friend"),
        "adverts_per_play": ratio(past.visits("Roll Advert"), plays),
        "errors": past.visits("Error"),
        "help_visits": past.visits("Help"),
        "downgrade_visits": past.visits("Downgrade"),
        "cancel_visits": past.visits("Cancel"),
        "logouts": past.visits("Logout"),
    }


def thumbs_share(events: Iterable[Event]) -> Fraction | None:
    thumbs = [e.page for e in events if e.page in ("Thumbs Up", "Thumbs Down")]
    return ratio(thumbs.count("Thumbs Up"), len(thumbs))


def derived(past: Past) -> dict[str, Any]:
    month, before = past.recent(30), past.recent(30, 30)
    week_play, month_play = ratio(play_ms(past.recent(7)), 7), ratio(play_ms(month), 30)
    songs = {e.song for e in past.events if e.song is not None}
    assert week_play is not None
    assert month_play is not None
    return {
        "engagement_ratio": Fraction(len(past.started(30)) * past.history_days, len(past.days)),
        "diversity_per_session": ratio(len(songs), len(past.sessions)),
        "play_time_trend_7d_30d": ratio(week_play, month_play),
        "night_share_change": minus(share(month, is_night), share(before, is_night)),
        "weekend_share_change": minus(share(month, is_weekend), share(before, is_weekend)),
        "thumbs_up_share_change": minus(thumbs_share(month), thumbs_share(past.events)),
    }


GROUPS = (demographics, engagement, consistency, session, diversity, subscription, satisfaction, derived)


def features(events: Iterable[Event], cutoff: int, horizon: Horizon) -> dict[str, Value] | None:
    """Every feature of a listener with these events; None if the lookback holds none of them."""
    past = Past(events, cutoff, horizon)
    if not past.events:
        return None
    found = {name: value for group in GROUPS for name, value in group(past).items()}
    return {name: value if value is None or isinstance(value, str) else float(value) for name, value in found.items()}


def labels(events: Sequence[Event], cutoff: int, horizon: Horizon, days: int = 30) -> dict[str, bool] | None:
    """At risk, churned and cancelled, with label window and risk window of `days`; None if not seen at all."""
    past = Past(events, cutoff, horizon)
    if not past.events:
        return None
    later = [e.page for e in events if past.cutoff <= e.ts < past.cutoff + days * DAY]
    is_gone = past.events[-1].page == "Cancellation Confirmation"
    return {
        "at_risk": bool(past.recent(days)) and not is_gone,
        "churned": not later,
        "cancelled": "Cancellation Confirmation" in later,
    }
