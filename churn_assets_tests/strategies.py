"""Small random logs that hold every trap of section 2 of the design, for hypothesis and for one large draw."""

from dataclasses import dataclass, replace
from random import Random

from hypothesis import settings
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY, HOUR, MINUTE, SECOND
from churn_assets.ingest.tables import BROWSERS, DEVICES, OPERATING_SYSTEMS
from churn_assets_tests.logs import FIRST, Event, at, without_copies

SPAN_DAYS = 160
CUTOFF_DAYS = (28, 29, 45, 63, 91, 100, 130)
LOOKBACK_DAYS = 90
EDGE_AGES = (0, 0, 1, 7, 14, 28, 30, 56, 60, 84, 89, LOOKBACK_DAYS, LOOKBACK_DAYS + 1, -1, -29, -30)
"""Days before a cut-off where some window starts or ends."""
PAGES = (
    *("NextSong",) * 8,
    *("Thumbs Up", "Thumbs Down", "Add to Playlist", "Add Friend", "Roll Advert", "Home", "Help", "Error", "Logout"),
    *("Submit Upgrade", "Submit Downgrade", "Downgrade", "Cancel", "Cancellation Confirmation", "Karaoke"),
)
STEPS = (0, 0, 1, 999, SECOND, 4 * MINUTE, 5 * MINUTE, HOUR, 7 * HOUR, DAY, 11 * DAY)
LENGTHS = (None, 1.0, 0.0005, 199.58812, 263.3921, 2594.87302)
REGISTRATIONS = (None, at(-400), at(-3, 5), at(0), at(40, HOUR), at(200))
LEVELS = ("free", "paid", None)


REQUEST = settings(max_examples=20, deadline=None, derandomize=True, database=None)
"""For properties of the request path, which takes milliseconds."""
BATCH = settings(max_examples=3, deadline=None, derandomize=True, database=None)
"""For properties of the batch path on crowds: planning its query takes a third of a second, however small the log."""


@dataclass(frozen=True)
class World:
    """A log and the cut-offs to look at it from (epoch days, ascending)."""

    log: list[Event]
    cutoffs: list[int]


def world(chance: Random, *, listeners: int = 5, most_cutoffs: int = 3) -> World:
    """A log of `listeners` over up to 160 days, with shared session ids, and one cut-off or a few."""
    chosen = chance.sample(CUTOFF_DAYS, chance.randint(1, most_cutoffs))
    days = [FIRST + day for day in sorted(chosen)]
    log = [event for number in range(listeners) for event in _life(chance, f"{number}ü", days)]
    return World(without_copies(log), days)


def worlds(*, listeners: int = 5, most_cutoffs: int = 3) -> st.SearchStrategy[World]:
    """Worlds that hypothesis draws and shrinks."""
    return st.randoms(use_true_random=False).map(
        lambda chance: world(chance, listeners=listeners, most_cutoffs=most_cutoffs)
    )


def crowds(*, listeners: int = 25, most_cutoffs: int = 3) -> st.SearchStrategy[World]:
    """Worlds of many listeners, drawn at once from a seed: quick to make, but they do not shrink."""
    seeds = st.integers(0, 2**32 - 1)
    return seeds.map(lambda seed: world(Random(seed), listeners=listeners, most_cutoffs=most_cutoffs))


def later_events(day: int, user_id: str) -> st.SearchStrategy[list[Event]]:
    """Some events of a listener at or after a day, the first midnight among them."""
    ts = st.one_of(st.just(day * DAY), st.integers(day * DAY, (day + 40) * DAY))
    pages, sessions = st.sampled_from(PAGES), st.integers(1, 5)
    level, registration = st.sampled_from(LEVELS), st.sampled_from(REGISTRATIONS)
    event = st.builds(Event, st.just(user_id), ts, pages, sessions, st.just(99), level, registration=registration)
    return st.lists(event, min_size=1, max_size=5)


def _life(chance: Random, user_id: str, cutoffs: list[int]) -> list[Event]:
    """The sessions of one listener, in any order."""
    profile = Event(user_id, 0, registration=chance.choice(REGISTRATIONS), gender=chance.choice(("F", "M", None)))
    sessions = [_session(chance, profile, _moment(chance, cutoffs)) for _ in range(chance.randint(1, 8))]
    return [event for session in sessions for event in session]


def _moment(chance: Random, cutoffs: list[int]) -> int:
    """A time of the log: anywhere, or on the edge of some window of some cut-off, or a millisecond off it."""
    if chance.randint(0, 1):
        return chance.randint(at(0), at(SPAN_DAYS) - 1)
    edge = (chance.choice(cutoffs) - chance.choice(EDGE_AGES)) * DAY + chance.choice((-1, 0, 0, 1))
    return max(edge, at(0))


def _session(chance: Random, profile: Event, start: int) -> list[Event]:
    """Some events of one session id, which other listeners may use as well; the rows come in any order."""
    base = replace(profile, session_id=chance.randint(1, 6), level=chance.choice(LEVELS), region=chance.choice("AB"))
    if chance.randint(0, 4):
        device, os, browser = (chance.choice(values) for values in (DEVICES, OPERATING_SYSTEMS, BROWSERS))
        base = replace(base, device=device, os=os, browser=browser)
    events, ts = [], start
    for item in range(chance.randint(1, 7)):
        events.append(_event(chance, replace(base, ts=ts, item_in_session=item)))
        ts += chance.choice(STEPS)
        base = replace(base, level=chance.choice((base.level, base.level, base.level, *LEVELS)))
    chance.shuffle(events)
    return events


def _event(chance: Random, event: Event) -> Event:
    """The event with some page, and now and then without what the listener told."""
    event = replace(event, page=chance.choice(PAGES))
    if not chance.randint(0, 5):
        event = replace(event, registration=None, gender=None, region=None, device=None)
    number = chance.randint(0, 7)
    if event.page != "NextSong" or not number:
        return event
    return replace(event, song=f"song {number}", artist=f"artist {number // 2}", length=chance.choice(LENGTHS))
