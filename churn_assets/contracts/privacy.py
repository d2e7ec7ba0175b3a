"""Which columns say who somebody is, and how they look where people and logs can read them."""

from typing import Any

PERSONAL = frozenset({"first_name", "last_name", "location", "city", "gender", "user_agent", "content", "logs"})
"""Columns whose values never appear in previews, samples of check failures, or logs."""
MASK = "•••"


def masked(column: str, value: Any) -> Any:
    """The value, or a mask if the column is personal; null stays null, since that says nothing of anybody."""
    return MASK if column in PERSONAL and value is not None else value
