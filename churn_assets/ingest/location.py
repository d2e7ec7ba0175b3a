"""City, region and country from the log's location text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from churn_assets.lake.recipe import texts

if TYPE_CHECKING:
    import pyarrow as pa

UNITED_STATES = "US"
_CODES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY",
    "NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI",
)
STATES = frozenset(code for line in _CODES for code in line.split())
"""Postal codes of the states, the federal district and the territories of the United States."""
PLACE_COLUMNS = ("location", "city", "region", "country")
_STATES_LIKE = re.compile("[A-Z]{2}(?:-[A-Z]{2})*")
_AMERICA = frozenset({"US", "USA", "United States", "United States of America"})


@dataclass(frozen=True)
class Place:
    """A city or cities, the state or states as in `KY-IN`, and the country; None where the text does not say."""

    city: str | None
    region: str | None
    country: str | None


def place(location: str | None) -> Place | None:
    """What `location` says; None for None and for text without content.

    - `Louisville/Jefferson County, KY-IN`, the form of the United States' metropolitan areas: everything before the
      last comma is the city, everything after it the region; the country is `US`, as these are postal codes of states.
    - `Paris, France` or `Paris, FR`: what follows the last comma names the country, as written.
    - `Toronto, ON, Canada`: with two commas or more, the part before the country is the region.
    - Text without a comma is a city of an unknown country.
    """
    *before, last = map(str.strip, (location or "").split(","))
    if not before:
        return Place(last, None, None) if last else None
    if _is_states(last):
        return Place(_joined(before), last, UNITED_STATES)
    return _abroad(before, last)


def _abroad(before: Sequence[str], last: str) -> Place:
    """A place whose country is named: of several parts before it, the last is the region."""
    cities, region = (before[:-1], before[-1:]) if len(before) > 1 else (before, ())
    country = UNITED_STATES if last in _AMERICA else last
    return Place(_joined(cities), _joined(region), _joined([country]))


def place_table(locations: Iterable[str | None]) -> "pa.Table":
    """One row of PLACE_COLUMNS for each distinct location; nulls have none."""
    names = sorted({name for name in locations if name is not None})
    found = [place(name) for name in names]
    columns = [[getattr(one, field, None) for one in found] for field in ("city", "region", "country")]
    return texts(dict(zip(PLACE_COLUMNS, (names, *columns), strict=True)))


def _is_states(text: str) -> bool:
    return bool(_STATES_LIKE.fullmatch(text)) and STATES.issuperset(text.split("-"))


def _joined(parts: Iterable[str]) -> str | None:
    return ", ".join(part for part in parts if part) or None
