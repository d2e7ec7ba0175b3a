"""What there is to do, in which order and in how few runs: pure, over the states of the assets."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain


@dataclass(frozen=True)
class AssetState:
    """What is materialised of an asset, what is missing although it could be made, and what is stale, and why.

    `keys` are the partition keys that can be made at present (one empty key for a table without
    partitions), `parents` the assets it is made from, `together` those made in the same step. What `is_record` says
    what was true at the time: it is made where it is missing, and never again by itself.
    """

    asset: str
    grain: str | None
    keys: tuple[str, ...]
    materialised: tuple[str, ...]
    missing: tuple[str, ...]
    stale: Mapping[str, str]
    parents: tuple[str, ...] = ()
    together: tuple[str, ...] = field(default=())
    is_record: bool = False

    @property
    def todo(self) -> tuple[str, ...]:
        """Keys that are missing or stale, in order; of a record those that are missing."""
        return tuple(sorted({*self.missing, *({} if self.is_record else self.stale)}))


@dataclass(frozen=True)
class Work:
    """One run: assets, the first and last partition of their common range, and why."""

    assets: tuple[str, ...]
    first: str
    last: str
    why: str

    @property
    def cause(self) -> str:
        """Identity of the work and its cause."""
        return hashlib.sha256(repr((self.assets, self.first, self.last, self.why)).encode()).hexdigest()[:16]


def plan(states: Sequence[AssetState]) -> list[Work]:
    """The runs that can start now, one for each contiguous range; plan again once they have ended.

    `states` are in topological order. The days come before the cut-offs, and those before tables without
    partitions, since later ones are made from what earlier runs leave.
    """
    for grain in ("day", "cutoff", None):
        works = _plan_grain([state for state in states if state.grain == grain])
        if works:
            return works
    return []


def makeable(staged: Sequence[AssetState], every: Sequence[AssetState]) -> list[AssetState]:
    """States of a stage without the keys for which a table of an earlier stage and the same grain is still to be made.

    Within the stage, `plan` sees to that. It matters where the earlier stage's work has failed.
    """
    own = {state.asset for state in staged}
    earlier = {state.asset: state for state in every if state.asset not in own}
    return [_without(state, [earlier[name] for name in state.parents if name in earlier]) for state in staged]


def _without(state: AssetState, parents: Sequence[AssetState]) -> AssetState:
    waiting = (
        {key for parent in parents if parent.grain == state.grain for key in parent.todo} if state.grain else set()
    )
    missing = tuple(key for key in state.missing if key not in waiting)
    stale = {key: why for key, why in state.stale.items() if key not in waiting}
    return replace(state, missing=missing, stale=stale)


def _plan_grain(states: Sequence[AssetState]) -> list[Work]:
    ranges: dict[tuple[str, str], list[AssetState]] = {}
    waiting: set[str] = set()
    todo = {state.asset: state.todo for state in states}
    for state in states:
        shared = _todo_of_step(state, todo)
        is_first = waiting.isdisjoint(state.parents)
        for span in contiguous(shared, state.keys) if is_first else ():
            ranges.setdefault(span, []).append(state)
        if shared or not is_first:
            waiting.add(state.asset)
    return [_work(span, roots, states) for span, roots in ranges.items()]


def _todo_of_step(state: AssetState, todo: Mapping[str, Sequence[str]]) -> set[str]:
    """What one step makes together is one piece of work, also where only one of its tables is missing or stale."""
    return set().union(*(todo.get(name, ()) for name in (state.asset, *state.together)))


def _work(span: tuple[str, str], roots: Sequence[AssetState], states: Sequence[AssetState]) -> Work:
    """The roots with everything of their grain that is made from them and can be made for the whole range.

    A record is no part of that: remaking what it was made from must not rewrite what it says.
    """
    chosen = set(chain.from_iterable((root.asset, *root.together) for root in roots))
    for state in states:
        is_possible = {*span}.issubset(state.keys) and not state.is_record
        if is_possible and not chosen.isdisjoint(state.parents):
            chosen |= {state.asset, *state.together}
    reasons = sorted({_why(root, span) for root in roots} - {""})
    return Work(tuple(state.asset for state in states if state.asset in chosen), *span, "; ".join(reasons))


def _why(root: AssetState, span: tuple[str, str]) -> str:
    missing = sum(1 for key in root.missing if span[0] <= key <= span[1])
    reasons = dict.fromkeys(root.stale[key] for key in sorted(root.stale) if span[0] <= key <= span[1])
    said = [*([f"{missing} not made yet"] if missing else []), *reasons]
    return f"{root.asset}: {', '.join(said)}" if said else ""


def span_of(states: Sequence[AssetState]) -> tuple[str, str] | None:
    """The first and last of all keys that are to do, among those that every one of the states can make."""
    common = set(states[0].keys).intersection(*(state.keys for state in states)) if states else set()
    todo = sorted({key for state in states for key in state.todo if key in common})
    return (todo[0], todo[-1]) if todo else None


def contiguous(keys: Iterable[str], order: Sequence[str]) -> list[tuple[str, str]]:
    """The first and last of each run of keys that follow each other in `order`."""
    place = {key: n for n, key in enumerate(order)}
    spans: list[tuple[str, str]] = []
    for key in sorted(keys):
        if spans and place[key] == place[spans[-1][1]] + 1:
            spans[-1] = (spans[-1][0], key)
        else:
            spans.append((key, key))
    return spans
