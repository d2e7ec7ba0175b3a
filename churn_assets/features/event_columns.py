"""Columns of events, made only when somebody asks: a request has many fields, and a catalogue reads a few of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of texts (or ids) as numbers: `codes`, one a row, of the distinct `texts`, of which None may be one."""

    codes: Array
    texts: Mapping[Any, int]

    @classmethod
    def of(cls, texts: Sequence[Any]) -> "Coded":
        """The numbers of a sequence of texts, from 0 in order of their first appearance."""
        numbers = dict.fromkeys(texts, 0)
        if len(numbers) > 1:
            numbers = {text: number for number, text in enumerate(numbers)}
            codes = np.fromiter(map(numbers.__getitem__, texts), dtype=np.int64, count=len(texts))
            return cls(codes, numbers)
        return cls(np.zeros(len(texts), dtype=np.int64), numbers)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Array) -> "Coded":
        return Coded(self.codes[rows], self.texts)

    def code(self, text: str | None) -> int:
        """The number of a text; -1, which no row has, if it is none of them."""
        return self.texts.get(text, -1)

    def with_default(self, text: str) -> Array:
        """Numbers that are equal where the texts are, None being the same as `text`."""
        null, default = self.texts.get(None), self.texts.get(text)
        if null is None or default is None:
            return self.codes
        return np.where(self.codes == null, default, self.codes)


class EventColumns(Mapping[str, Array]):
    """Columns by name: whole arrays, texts as numbers, or the values of a few rows alone."""

    def coded(self, name: str) -> Coded:
        """A column of texts as numbers."""
        raise NotImplementedError

    def at(self, name: str, rows: Array) -> Sequence[Any]:
        """The values of some rows."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class GivenColumns(EventColumns):
    """Columns that are there as arrays of equal length, texts as objects."""

    arrays: Mapping[str, Array]
    _coded: dict[str, Coded] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def coded(self, name: str) -> Coded:
        """A column of texts as numbers, made once."""
        if name not in self._coded:
            self._coded[name] = Coded.of(self.arrays[name].tolist())
        return self._coded[name]

    def at(self, name: str, rows: Array) -> Sequence[Any]:
        """The values of some rows."""
        found: Sequence[Any] = self.arrays[name][rows].tolist()
        return found


@dataclass(frozen=True, eq=False)
class KeptColumns(EventColumns):
    """Some rows of other columns, in the order of `kept`."""

    whole: EventColumns
    kept: Array
    _arrays: dict[str, Array] = field(default_factory=dict)
    _coded: dict[str, Coded] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        if name not in self._arrays:
            self._arrays[name] = self.whole[name][self.kept]
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)

    def coded(self, name: str) -> Coded:
        """A column of texts as numbers; texts of rows that are not kept may have numbers too."""
        if name not in self._coded:
            self._coded[name] = self.whole.coded(name)[self.kept]
        return self._coded[name]

    def at(self, name: str, rows: Array) -> Sequence[Any]:
        """The values of some of the rows kept."""
        return self.whole.at(name, self.kept[rows])


def columns_of(columns: Mapping[str, Array]) -> EventColumns:
    """Arrays as `EventColumns`, which they may be already."""
    return columns if isinstance(columns, EventColumns) else GivenColumns(columns)
