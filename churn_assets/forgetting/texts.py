"""Texts that may tell of a listener: JSON, Markdown tables such as previews, CSV, and words."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from churn_assets.contracts.cells import cell
from churn_assets.contracts.privacy import MASK
from churn_assets.forgetting.listener import NAMES, Listener


@dataclass
class Cleaner:
    """Removes a listener from texts, and counts what it has `removed`: entries, rows of tables, words."""

    listener: Listener
    removed: int = 0

    def may_hold(self, text: str) -> bool:
        """Whether it is worth reading a text."""
        return any(form in text for form in self._forms)

    @property
    def _forms(self) -> Sequence[str]:
        user = self.listener.user_id
        return (user, json.dumps(user)[1:-1], cell(user)[:-1])

    def text(self, text: str) -> str:
        """A text without the listener; the very same one if it does not tell of them."""
        if not self.may_hold(text):
            return text
        if text.lstrip()[:1] in ("{", "["):
            try:
                return self._json(text)
            except (ValueError, RecursionError):
                pass
        return self._words("\n".join(self._table_rows(text.split("\n"))))

    def _json(self, text: str) -> str:
        before = self.removed
        cleaned = self._item(json.loads(text))
        if self.removed == before:
            return text
        return json.dumps(cleaned, indent=1 if "\n" in text.strip() else None)

    def _item(self, item: Any) -> Any:
        match item:
            case dict():
                return {key: self._value(key, value) for key, value in item.items()}
            case list():
                kept = [one for one in item if not self.listener.is_about(one)]
                self.removed += len(item) - len(kept)
                return [self._item(one) for one in kept]
            case str():
                return self.text(item)
            case _:
                return item

    def _value(self, key: str, value: Any) -> Any:
        if key in NAMES and value == self.listener.user_id:
            self.removed += 1
            return MASK
        return self._item(value)

    def _words(self, text: str) -> str:
        masked = self.listener.masked(text)
        self.removed += masked != text
        return masked

    def _table_rows(self, lines: Sequence[str]) -> Iterator[str]:
        """The lines without those rows of Markdown tables whose column of ids names the listener."""
        wanted, column = cell(self.listener.user_id), None
        for line in lines:
            cells = _cells(line)
            if column is None or not cells:
                column = next((cells.index(name) for name in NAMES if name in cells), None)
            elif column < len(cells) and cells[column] == wanted:
                self.removed += 1
                continue
            yield line

    def lines(self, text: str) -> str:
        """A text of one record a line, such as a log, without the lines that are about the listener."""
        if not self.may_hold(text):
            return text
        kept = [self.text(line) for line in text.split("\n") if not self._is_about(line)]
        self.removed += text.count("\n") + 1 - len(kept)
        return "\n".join(kept)

    def _is_about(self, line: str) -> bool:
        if not self.may_hold(line):
            return False
        try:
            return self.listener.is_about(json.loads(line))
        except (ValueError, RecursionError):
            return False

    def csv(self, text: str) -> str:
        """A CSV file without the rows of the listener; a cell that holds nothing but the id marks one."""
        if not self.may_hold(text):
            return text
        rows = list(csv.reader(io.StringIO(text, newline="")))
        kept = [row for number, row in enumerate(rows) if number == 0 or not self._is_row(rows[0], row)]
        if len(kept) == len(rows):
            return self._words(text)
        self.removed += len(rows) - len(kept)
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator="\r\n" if "\r\n" in text else "\n").writerows(kept)
        return self._words(written.getvalue())

    def _is_row(self, header: Sequence[str], row: Sequence[str]) -> bool:
        named = [name in NAMES for name in header]
        told = [one for one, is_id in zip(row, named, strict=False) if is_id] if any(named) else row
        # Exports put an apostrophe before an id that a spreadsheet would take for a formula.
        forms = (self.listener.user_id, f"'{self.listener.user_id}")
        return not set(forms).isdisjoint(told) and (any(named) or self.listener.is_unmistakable)


def _cells(line: str) -> list[str]:
    """The cells of a row of a Markdown table; none of any other line."""
    stripped = line.strip()
    return stripped[2:-2].split(" | ") if stripped.startswith("| ") and stripped.endswith(" |") else []
