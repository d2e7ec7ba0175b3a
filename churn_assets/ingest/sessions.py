"""Sessions from clean events: pure Ibis, the day's part of each."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

PLAY = "NextSong"


def sessions(events: "ir.Table") -> "ir.Table":
    """One row per listener, session and day: a session that crosses midnight has a part on each day."""
    import ibis

    plays = events.page == PLAY
    length_ms = (events.length * 1000 + 0.5).floor().cast("int64").fill_null(0)
    return events.group_by("day", "user_id", "session_id").aggregate(
        start_ts=events.ts.min(),
        end_ts=events.ts.max(),
        events=events.count(),
        plays=plays.cast("int64").sum(),
        play_ms=ibis.ifelse(plays, length_ms, 0).sum().cast("int64"),
    )
