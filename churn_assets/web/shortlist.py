"""The retention list as a page shows it: filtered, and a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from churn_assets.retention.arms import ARMS, CALL
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.scoring.bands import BANDS
from churn_assets.web.shelf import Shelf, whole

if TYPE_CHECKING:
    import pandas as pd

PAGE_ROWS = 25
COLUMNS = (
    *("rank", "user_id", "arm", "churn_probability", "risk_band", "level", "region"),
    *("expected_value", "cost", "reasons"),
)
UNKNOWN = "(not known)"
"""What a filter calls a value that is null."""
FILTERS = {"level": "level", "region": "region", "band": "risk_band", "arm": "arm"}
"""Filters by their name in an address, and the columns that they look at."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for: a value, or an empty text, for each of FILTERS, and a page from 1."""

    level: str = ""
    region: str = ""
    band: str = ""
    arm: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """What an address asks for; a page that is no number is the first one."""
        page = query.get("page", "")
        number = int(page) if page.isascii() and page.isdecimal() and len(page) < len(str(10**9)) else 1
        return cls(**{name: query.get(name, "") for name in FILTERS}, page=max(number, 1))

    @property
    def filters(self) -> Mapping[str, str]:
        """The filters that are set, by name."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    def address(self, page: int) -> Mapping[str, str]:
        """The parameters of the same list at another page."""
        return {**self.filters, "page": str(page)}


@dataclass(frozen=True)
class Shortlist:
    """A page of a list: its rows, and the figures of the whole list and of what the filters leave."""

    cutoff: str
    wanted: Wanted
    pages: int
    found: int
    listed: int
    calls: int
    cost: float
    expected_value: float
    choices: Mapping[str, tuple[str, ...]]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def held_out(self) -> int:
        """Listeners on the whole list who are left alone."""
        return self.listed - self.calls


def shortlist(shelf: Shelf, wanted: Wanted) -> Shortlist | None:
    """The page that is wanted of the newest list; the last one if there are not so many, None if there is no list."""
    keys = shelf.newest(RETENTION_LIST)
    if not keys:
        return None
    rows = shelf.kept(RETENTION_LIST, keys[-1], COLUMNS, whole)
    found = filtered(rows, wanted)
    pages = max(-(-len(found) // PAGE_ROWS), 1)
    page = min(wanted.page, pages)
    called = rows[rows["arm"] == CALL]
    shown = found.iloc[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    return Shortlist(
        cutoff=keys[-1],
        wanted=replace(wanted, page=page),
        pages=pages,
        found=len(found),
        listed=len(rows),
        calls=len(called),
        cost=float(called["cost"].sum()),
        expected_value=float(called["expected_value"].sum()),
        choices={"level": _values(rows, "level"), "region": _values(rows, "region"), "band": BANDS[::-1], "arm": ARMS},
        rows=tuple(shown.to_dict("records")),  # type: ignore[arg-type]
    )


def filtered(rows: "pd.DataFrame", wanted: Wanted) -> "pd.DataFrame":
    """The rows that every filter lets through."""
    for name, value in wanted.filters.items():
        column = rows[FILTERS[name]]
        rows = rows[column.isna() if value == UNKNOWN else column == value]
    return rows


def _values(rows: "pd.DataFrame", column: str) -> tuple[str, ...]:
    known = tuple(sorted(rows[column].dropna().unique()))
    return (*known, UNKNOWN) if rows[column].isna().any() else known
