"""The lines of a request as columns of events, each made when it is asked for: most are never."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from churn_assets.features.event_columns import Array, EventColumns
from churn_assets.ingest.location import place
from churn_assets.ingest.log_line import LogLine
from churn_assets.ingest.user_agent import Agent, agent, named_device

T = TypeVar("T")
Lines = Sequence[LogLine]
TEXTS: Mapping[str, Callable[[Lines], list[str | None]]] = {
    "user_id": lambda lines: [line.user_id for line in lines],
    "page": lambda lines: [line.page for line in lines],
    "level": lambda lines: [line.level for line in lines],
    "artist": lambda lines: [line.artist for line in lines],
    "song": lambda lines: [line.song for line in lines],
    "method": lambda lines: [line.method for line in lines],
    "gender": lambda lines: [line.gender for line in lines],
}
"""How texts are read of lines: written out, since an attribute by its name takes twice as long."""
WHOLES: Mapping[str, Callable[[Lines], list[int]]] = {
    "ts": lambda lines: [line.ts for line in lines],
    "session_id": lambda lines: [line.session_id for line in lines],
    "item_in_session": lambda lines: [line.item_in_session for line in lines],
}
NUMBERS: Mapping[str, Callable[[Lines], list[float | None]]] = {
    "length": lambda lines: [line.length for line in lines],
    "registration": lambda lines: [line.registration for line in lines],
}
OF_AGENT, OF_PLACE = ("device", "os", "browser"), ("city", "region", "country")
NAMES = (*TEXTS, *WHOLES, *NUMBERS, *OF_AGENT, *OF_PLACE)


@dataclass(frozen=True)
class Named:
    """A device that the event names, where no user agent tells more."""

    device: str | None


@dataclass(frozen=True, eq=False)
class LineColumns(EventColumns):
    """Fields of lines, and what is looked up of them; the times of all lines are whole milliseconds."""

    lines: Lines
    _arrays: dict[str, Array] = field(default_factory=dict)
    _lists: dict[str, list[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        if name not in self._arrays:
            self._arrays[name] = self._array(name)
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def listed(self, name: str) -> list[Any]:
        """A column as a list, made once."""
        if name not in self._lists:
            read: Callable[[Lines], list[Any]] | None = TEXTS.get(name) or WHOLES.get(name)
            self._lists[name] = self[name].tolist() if read is None else read(self.lines)
        return self._lists[name]

    def at(self, name: str, row: int) -> Any:
        """One value of a column, and nothing of the others."""
        line = self.lines[row]
        if name in TEXTS:
            return getattr(line, name)
        if name in OF_AGENT:
            return getattr(_agent((line.user_agent, line.device)), name, None)
        if name in OF_PLACE:
            return getattr(place(line.location), name, None)
        return self[name][row].item()

    def _array(self, name: str) -> Array:
        if name in TEXTS:
            return np.array(self.listed(name), dtype=object)
        if name in WHOLES:
            return np.array(self.listed(name), dtype=np.int64)
        if name in NUMBERS:
            numbers = np.array(NUMBERS[name](self.lines), dtype=np.float64)
            return np.floor(numbers) if name == "registration" else numbers
        return self._looked_up(name)

    def _looked_up(self, name: str) -> Array:
        """What is told by the user agent or the location."""
        if name in OF_AGENT:
            return _found([(line.user_agent, line.device) for line in self.lines], _agent, name)
        if name in OF_PLACE:
            return _found([line.location for line in self.lines], place, name)
        raise KeyError(name)


def _agent(told: tuple[str | None, str | None]) -> Agent | Named:
    user_agent, device = told
    return agent(user_agent) or Named(named_device(device))


def _found(told: Sequence[T], look: Callable[[T], object], name: str) -> Array:
    """What is called `name` in what `look` finds for each value, looked up once for each distinct one."""
    found = {value: getattr(look(value), name, None) for value in dict.fromkeys(told)}
    return np.array([found[value] for value in told], dtype=object)
