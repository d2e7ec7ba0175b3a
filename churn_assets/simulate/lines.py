"""Rows of the log as lines of text, in the raw format."""

import orjson

from churn_assets.simulate.agents import AGENTS
from churn_assets.simulate.catalogue import catalogue
from churn_assets.simulate.events import Events
from churn_assets.simulate.listeners import Traits, user_id
from churn_assets.simulate.names import MEN, SURNAMES, WOMEN
from churn_assets.simulate.pages import PAGES
from churn_assets.simulate.places import PLACES

_PLANS = ("free", "paid")
LOOKS = ((0, 0), (0, 1), (1, 0), (1, 1))


class Writer:
    """Turns rows into JSON lines; holds the parts that stay the same: who a listener is, what a page looks like.

    An absent value is an absent key; a visitor's row has an empty `userId` and none of the personal fields.
    """

    def __init__(self, traits: Traits) -> None:
        self._users = [user_id(listener) for listener in range(len(traits))] + [""]
        self._people = _people(traits) + [""] * len(LOOKS)
        self._pages = [_page(*page.value, plan) for page in PAGES for plan in _PLANS]
        self._songs = (*catalogue().fields, "")

    def lines(self, events: Events) -> list[str]:
        """One line a row, without line ends."""
        users, people, pages, songs = self._users, self._people, self._pages, self._songs
        rows = zip(
            events.ts.tolist(),
            events.listener.tolist(),
            events.session.tolist(),
            (events.page * len(_PLANS) + events.plan).tolist(),
            events.item.tolist(),
            (events.listener * len(LOOKS) + events.look).tolist(),
            events.song.tolist(),
            strict=True,
        )
        return [
            f'{{"ts":{ts},"userId":"{users[listener]}","sessionId":{session}{pages[page]}{item}{people[person]}{songs[song]}}}'
            for ts, listener, session, page, item, person, song in rows
        ]


def _page(name: str, auth: str, method: str, status: int, plan: str) -> str:
    return f',"page":"{name}","auth":"{auth}","method":"{method}","status":{status},"level":"{plan}","itemInSession":'


def _people(traits: Traits) -> list[str]:
    """The personal fields of every listener in each of his looks."""
    firsts = [
        (WOMEN if is_woman else MEN)[name] for is_woman, name in zip(traits.is_woman, traits.first_name, strict=True)
    ]
    return [
        _person(
            location=PLACES[traits.homes[listener, home]].name,
            userAgent=AGENTS[traits.agents[listener, agent]],
            lastName=SURNAMES[traits.surname[listener]],
            firstName=firsts[listener],
            registration=int(traits.registration[listener]),
            gender="F" if traits.is_woman[listener] else "M",
        )
        for listener in range(len(traits))
        for home, agent in LOOKS
    ]


def _person(**personal: str | int) -> str:
    return "," + orjson.dumps(personal).decode()[1:-1]
