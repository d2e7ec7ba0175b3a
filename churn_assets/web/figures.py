"""Numbers, days and shares as the pages write them."""

import math
from datetime import date, datetime

PERCENT = 100.0
NONE = "-"


def share(value: float | None, decimals: int = 0) -> str:
    """A share from 0 to 1 in percent."""
    return NONE if _is_missing(value) else f"{PERCENT * value:.{decimals}f} %"  # type: ignore[operator]


def number(value: float | None, decimals: int = 3) -> str:
    """A number with so many decimals."""
    return NONE if _is_missing(value) else f"{value:.{decimals}f}"


def money(value: float | None) -> str:
    """An amount in the settings' currency, which has no name here."""
    return NONE if _is_missing(value) else f"{value:,.2f}"


def count(value: int) -> str:
    """A whole number."""
    return f"{value:,}"


def day(value: date | datetime | str) -> str:
    """A day, as 1 Jun 2026."""
    told = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{told.day} {told:%b %Y}"


def short_day(value: date | datetime | str) -> str:
    """A day without its year, as 1 Jun."""
    return day(value).rpartition(" ")[0]


def _is_missing(value: float | None) -> bool:
    return value is None or math.isnan(value)
