"""How a value looks in a table that people read, such as a preview in the UI."""

from typing import Any

CHARACTERS = 40


def cell(value: Any) -> str:
    """A value as one cell of a Markdown table; a long one is cut, and nothing in it is taken for markup."""
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    text = text.replace("\n", " ").replace("|", "\\|").replace("<", "&lt;")
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…"
