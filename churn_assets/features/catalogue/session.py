"""What the listener's sessions look like; one that crosses the cut-off or the lookback is clipped at it."""

from churn_assets.cutoffs import HOUR, MINUTE, SECOND
from churn_assets.features.aggregates import (
    END,
    LENGTH_MS,
    PLAY,
    START,
    Window,
    active_days,
    days,
    first_session,
    last_session,
    session_total,
    sessions,
)
from churn_assets.features.aggregates import total as event_total
from churn_assets.features.declaration import FeatureGroup, amount, count, derived
from churn_assets.features.expressions import Expression, greatest, only_if, square_root

LENGTH_S = (END - START) // SECOND
"""Whole seconds, so that sums of squares are exact."""
FOUR_WEEKS = 28
FEWEST_WITH_A_GAP = 2


def session_seconds(window: Window | None = None) -> Expression:
    """Total length in seconds of the sessions that started in the window."""
    return session_total("seconds", LENGTH_S, window or Window())


def play_ms(window: Window | None = None) -> Expression:
    """Total length in milliseconds of the songs played in the window."""
    return event_total("length_ms", LENGTH_MS, PLAY, window or Window())


MEAN_S = session_seconds() / sessions()
SQUARES = session_total("seconds squared", LENGTH_S * LENGTH_S)
IDLE_MS = last_session("end", END) - first_session("start", START) - session_total("length", END - START)
RECENT_MEAN = session_seconds(days(FOUR_WEEKS)) / sessions(days(FOUR_WEEKS))
EARLIER_MEAN = session_seconds(days(FOUR_WEEKS, ending=FOUR_WEEKS)) / sessions(days(FOUR_WEEKS, ending=FOUR_WEEKS))


class Session(FeatureGroup):
    """What the listener's sessions look like."""

    total_sessions = count("Sessions started in the lookback.", sessions())
    avg_session_len_min = amount("Mean length of a session in minutes.", MEAN_S * SECOND / MINUTE)
    std_session_len_min = amount(
        "Standard deviation (of the population) of the session length in minutes.",
        square_root(SQUARES * sessions() - session_seconds() * session_seconds()) / sessions() * SECOND / MINUTE,
    )
    total_play_time_min = amount("Length of all songs played, in minutes.", play_ms() / MINUTE)
    sessions_per_active_day = amount("Sessions started per active day.", sessions() / active_days())
    session_len_change_pct = derived(
        "Change of the mean session length, last 4 weeks against the 4 before, in percent.",
        (RECENT_MEAN - EARLIER_MEAN) / EARLIER_MEAN * 100,
        at_least=-100,
    )
    avg_session_gap_hours = derived(
        "Mean idle time between sessions in hours; undefined for a single session.",
        only_if(sessions() >= FEWEST_WITH_A_GAP, greatest(IDLE_MS, 0) / (sessions() - 1) / HOUR),
        at_least=0,
    )
