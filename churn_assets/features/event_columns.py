"""Columns of events, made only when somebody asks: a request has many fields, and a catalogue reads a few of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


class EventColumns(Mapping[str, Array]):
    """Columns by name: as arrays, as lists, or a few values alone."""

    def listed(self, name: str) -> list[Any]:
        """A whole column as a list, not to be changed."""
        raise NotImplementedError

    def at(self, name: str, row: int) -> Any:
        """One value of a column, as a list has it."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class GivenColumns(EventColumns):
    """Columns that are there as arrays of equal length, texts as objects."""

    arrays: Mapping[str, Array]
    _lists: dict[str, list[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def listed(self, name: str) -> list[Any]:
        """A column as a list, made once."""
        if name not in self._lists:
            self._lists[name] = self.arrays[name].tolist()
        return self._lists[name]

    def at(self, name: str, row: int) -> Any:
        """One value of a column."""
        return self.arrays[name][[row]].tolist()[0]


@dataclass(frozen=True, eq=False)
class KeptColumns(EventColumns):
    """Some rows of other columns, in the order of `kept`."""

    whole: EventColumns
    kept: Array
    _arrays: dict[str, Array] = field(default_factory=dict)
    _lists: dict[str, list[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        if name not in self._arrays:
            self._arrays[name] = self.whole[name][self.kept]
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)

    def listed(self, name: str) -> list[Any]:
        """The column of the rows kept as a list, made once."""
        if name not in self._lists:
            self._lists[name] = list(map(self.whole.listed(name).__getitem__, self.kept.tolist()))
        return self._lists[name]

    def at(self, name: str, row: int) -> Any:
        """One value of a column, by its place among the rows kept."""
        return self.whole.at(name, int(self.kept[row]))


@dataclass(frozen=True, eq=False)
class PartColumns(EventColumns):
    """The rows of other columns from `start` on, before `stop`."""

    whole: EventColumns
    start: int
    stop: int

    def __getitem__(self, name: str) -> Array:
        return self.whole[name][self.start : self.stop]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)

    def listed(self, name: str) -> list[Any]:
        """This part of a column as a list."""
        return self.whole.listed(name)[self.start : self.stop]

    def at(self, name: str, row: int) -> Any:
        """One value of a column, by its place in this part."""
        return self.whole.at(name, self.start + row)


def columns_of(columns: Mapping[str, Array]) -> EventColumns:
    """Arrays as `EventColumns`, which they may be already."""
    return columns if isinstance(columns, EventColumns) else GivenColumns(columns)


def part_of(columns: EventColumns, start: int, stop: int, *, size: int) -> EventColumns:
    """The rows of columns of `size` rows from `start` on, before `stop`: the columns themselves if those are all."""
    return columns if stop - start == size else PartColumns(columns, start, stop)
