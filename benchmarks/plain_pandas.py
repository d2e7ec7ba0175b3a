"""The features as a good data scientist would write them in plain pandas, from the raw events of the lookback.

A reference for the benchmark and a second opinion for the tests: one cut-off at a time, vectorised
group-bys, nothing shared with the package. All times are epoch milliseconds, UTC.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
WEEKS, FOUR_WEEKS, MONTH = 12, 28, 30
ORDER = ["user_id", "ts", "session_id", "item_in_session", "page"]
LATEST = {"gender": "gender", "region": "region", "device": "device", "os": "os", "browser": "browser"}
PAGES = {
    "upgrades": "Submit Upgrade",
    "downgrades": "Submit Downgrade",
    "thumbs_up": "Thumbs Up",
    "thumbs_down": "Thumbs Down",
    "playlist_adds": "Add to Playlist",
    "friends_added": "Add Friend",
    "errors": "Error",
    "help_visits": "Help",
    "downgrade_visits": "Downgrade",
    "cancel_visits": "Cancel",
    "logouts": "Logout",
}
AGE_GROUPS = ["under 1 month", "1 to 3 months", "3 to 12 months", "over 1 year"]


def plain_features(events: pd.DataFrame, cutoff: date, *, lookback_days: int, log_start: date) -> pd.DataFrame:
    """All 56 features of the listeners seen in the lookback of `cutoff`, indexed by user_id.

    `events` are clean events with `ts` and `registration` as naive UTC datetimes or epoch milliseconds;
    rows outside the lookback are left out. Numbers are floats with NaN for null, texts objects with None.
    """
    end, start = _ms(cutoff), _ms(log_start)
    seen = _seen(events, end, lookback_days)
    users = pd.Index(seen["user_id"].unique(), name="user_id")
    sessions = _sessions(seen, end)
    who = _demographics(seen, end, lookback_days, start)
    parts = [
        who,
        _engagement(seen, sessions, who["history_days"], end),
        _consistency(sessions, who["history_days"]),
        _session_features(seen, sessions),
        _diversity(seen),
        _subscription(seen, end),
        _satisfaction(seen),
    ]
    frame = pd.concat([part.reindex(users) for part in parts], axis=1)
    return frame.join(_derived(seen, frame))


def _ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY


def _as_ms(times: pd.Series) -> pd.Series:
    """Times as epoch milliseconds; NaN for null."""
    if not pd.api.types.is_datetime64_any_dtype(times):
        return times
    return times.astype("datetime64[ms]").astype("int64").where(times.notna())


def _seen(events: pd.DataFrame, end: int, lookback_days: int) -> pd.DataFrame:
    """The events of the lookback in order, with what each says about time."""
    ts = _as_ms(events["ts"])
    seen = events.assign(ts=ts)[(ts >= end - lookback_days * DAY) & (ts < end)]
    seen = seen.assign(ts=seen["ts"].astype("int64"), registration=_as_ms(seen["registration"]))
    seen = seen.sort_values(ORDER, ignore_index=True)
    day = seen["ts"] // DAY
    hour = seen["ts"] % DAY // HOUR
    return seen.assign(
        day=day,
        age=end // DAY - day,
        is_play=seen["page"] == "NextSong",
        is_night=(hour >= 20) | (hour < 6),
        is_weekend=(day + 3) % 7 >= 5,
        play_ms=np.where(seen["page"] == "NextSong", np.floor(seen["length"].fillna(0) * 1000 + 0.5), 0.0),
    )


def _sessions(seen: pd.DataFrame, end: int) -> pd.DataFrame:
    """One row a listener's session: its start, length and age in days."""
    by_session = seen.groupby(["user_id", "session_id"])["ts"]
    sessions = by_session.agg(start="min", end="max").reset_index()
    length_ms = sessions["end"] - sessions["start"]
    age = end // DAY - sessions["start"] // DAY
    return sessions.assign(length_ms=length_ms, seconds=length_ms // SECOND, age=age)


def _demographics(seen: pd.DataFrame, end: int, lookback_days: int, log_start: int) -> pd.DataFrame:
    by_user = seen.groupby("user_id")
    frame = seen.drop_duplicates("user_id", keep="last").set_index("user_id")[list(LATEST)].copy()
    registration = by_user["registration"].min()
    known_since = pd.concat([registration, by_user["ts"].min()], axis=1).min(axis=1)
    tenure = ((end - known_since) / DAY).where(registration.notna())
    group = pd.cut(tenure, [0, 30, 90, 365, np.inf], right=False, labels=AGE_GROUPS).astype(object)
    days = (end // DAY - known_since // DAY).clip(upper=min(lookback_days, (end - log_start) // DAY))
    return frame.assign(tenure_days=tenure, account_age_group=group, history_days=days)


def _engagement(seen: pd.DataFrame, sessions: pd.DataFrame, history: pd.Series, end: int) -> pd.DataFrame:
    by_user = seen.groupby("user_id")
    days = seen.drop_duplicates(["user_id", "day"])
    gaps = days.groupby("user_id")["day"].diff().groupby(days["user_id"]).max()
    last = by_user["ts"].max()
    return pd.DataFrame(
        {
            "recency_days": (end - last) / DAY,
            **{f"freq_{n}d": _started(sessions, n).reindex(last.index, fill_value=0) for n in (7, 30, 90)},
            "active_days_ratio": days.groupby("user_id").size() / history,
            "longest_gap_days": np.fmax(gaps, end // DAY - last // DAY),
            "weekend_ratio": by_user["is_weekend"].mean(),
            "night_ratio": by_user["is_night"].mean(),
        }
    )


def _started(sessions: pd.DataFrame, days: int) -> pd.Series:
    return sessions[sessions["age"] <= days].groupby("user_id").size()


def _consistency(sessions: pd.DataFrame, history: pd.Series) -> pd.DataFrame:
    """Over the full weeks that exist: one column a week, the newest first, weeks that do not exist are NaN."""
    week = (sessions["age"] - 1) // 7
    weekly = pd.crosstab(sessions["user_id"], week).reindex(index=history.index, columns=range(WEEKS), fill_value=0)
    count = (history // 7).clip(upper=WEEKS)
    exists = np.arange(WEEKS) < count.to_numpy()[:, None]
    counts = weekly.where(exists)
    x = pd.DataFrame(np.where(exists, -np.arange(WEEKS), np.nan), counts.index, counts.columns)
    centred = x.sub(x.mean(axis=1), axis=0)
    mean = counts.mean(axis=1)
    slope = (centred * counts.sub(mean, axis=0)).sum(axis=1) / (centred**2).sum(axis=1).replace(0, np.nan)
    momentum = (weekly[0] + weekly[1]) / (weekly[2] + weekly[3]).replace(0, np.nan)
    return pd.DataFrame(
        {
            "weekly_mean": mean,
            "weekly_std": counts.std(axis=1, ddof=0),
            "activity_slope": slope.where(count >= 2),
            "momentum_ratio": momentum.where(count >= 4),
        }
    )


def _session_features(seen: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    by_user = sessions.groupby("user_id")
    count, seconds = by_user.size(), by_user["seconds"]
    recent = sessions[sessions["age"] <= FOUR_WEEKS].groupby("user_id")["seconds"].mean()
    is_before = (sessions["age"] > FOUR_WEEKS) & (sessions["age"] <= 2 * FOUR_WEEKS)
    before = sessions[is_before].groupby("user_id")["seconds"].mean().replace(0, np.nan)
    idle = (by_user["end"].max() - by_user["start"].min() - by_user["length_ms"].sum()).clip(lower=0)
    return pd.DataFrame(
        {
            "total_sessions": count,
            "avg_session_len_min": seconds.mean() / 60,
            "std_session_len_min": seconds.std(ddof=0) / 60,
            "total_play_time_min": seen.groupby("user_id")["play_ms"].sum() / MINUTE,
            "sessions_per_active_day": count / seen.groupby("user_id")["day"].nunique(),
            "session_len_change_pct": (recent / before - 1) * 100,
            "avg_session_gap_hours": (idle / (count - 1) / HOUR).where(count > 1),
        }
    )


def _diversity(seen: pd.DataFrame) -> pd.DataFrame:
    by_user = seen.groupby("user_id")
    songs, plays = by_user["song"].nunique(), by_user["is_play"].sum()
    last_heard = seen.dropna(subset=["artist"]).groupby(["user_id", "artist"])["age"].agg(["min", "max"])
    recent = last_heard[last_heard["min"] <= MONTH]
    return pd.DataFrame(
        {
            "unique_pages": by_user["page"].nunique(),
            "unique_songs": songs,
            "unique_artists": by_user["artist"].nunique(),
            "diversity_ratio": songs / plays.replace(0, np.nan),
            "new_artist_share_30d": (recent["max"] <= MONTH).groupby("user_id").mean(),
        }
    )


def _subscription(seen: pd.DataFrame, end: int) -> pd.DataFrame:
    """A level holds from its event to the next event, or to the cut-off; a null is a level like any other."""
    level, user = seen["level"].fillna(""), seen["user_id"]
    has_changed = (user == user.shift()) & (level != level.shift())
    until = seen.groupby("user_id")["ts"].shift(-1).fillna(end)
    paid_ms = (until - seen["ts"]).where(level == "paid", 0.0)
    last_change = seen["ts"].where(has_changed).groupby(user).max()
    current = seen.drop_duplicates("user_id", keep="last").set_index("user_id")["level"]
    pages = {name: _visits(seen, PAGES[name]) for name in ("upgrades", "downgrades")}
    return pd.DataFrame(
        {
            "current_level": current,
            "level_changes": has_changed.groupby(user).sum(),
            "time_as_paid_days": paid_ms.groupby(user).sum() / DAY,
            "days_since_level_change": (end - last_change) / DAY,
            **pages,
        }
    )


def _visits(seen: pd.DataFrame, page: str) -> pd.Series:
    return (seen["page"] == page).groupby(seen["user_id"]).sum()


def _satisfaction(seen: pd.DataFrame) -> pd.DataFrame:
    wanted: Sequence[str] = [name for name in PAGES if name not in ("upgrades", "downgrades")]
    frame = pd.DataFrame({name: _visits(seen, PAGES[name]) for name in wanted})
    thumbs = frame["thumbs_up"] + frame["thumbs_down"]
    plays = _visits(seen, "NextSong").replace(0, np.nan)
    return frame.assign(
        thumbs_up_share=frame["thumbs_up"] / thumbs.replace(0, np.nan),
        thumbs_per_play=thumbs / plays,
        adverts_per_play=_visits(seen, "Roll Advert") / plays,
    )


def _derived(seen: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    recent = seen[seen["age"] <= MONTH]
    before = seen[(seen["age"] > MONTH) & (seen["age"] <= 2 * MONTH)]
    month = recent.groupby("user_id")["play_ms"].sum() / MONTH
    week = recent[recent["age"] <= 7].groupby("user_id")["play_ms"].sum().reindex(month.index, fill_value=0) / 7
    changes = {
        f"{name}_share_change": recent.groupby("user_id")[f"is_{name}"].mean()
        - before.groupby("user_id")[f"is_{name}"].mean()
        for name in ("night", "weekend")
    }
    return pd.DataFrame(
        {
            "engagement_ratio": frame["freq_30d"] / frame["active_days_ratio"],
            "diversity_per_session": frame["unique_songs"] / frame["total_sessions"],
            "play_time_trend_7d_30d": week / month.replace(0, np.nan),
            **changes,
            "thumbs_up_share_change": _thumbs_share(recent) - frame["thumbs_up_share"],
        },
        index=frame.index,
    )


def _thumbs_share(seen: pd.DataFrame) -> pd.Series:
    up, down = _visits(seen, "Thumbs Up"), _visits(seen, "Thumbs Down")
    return up / (up + down).replace(0, np.nan)
