"""TreeSHAP of many rows by looking up: what a part of a tree adds to its columns, tabulated for every way a row can go.

TreeSHAP (Lundberg et al. 2018, path-dependent) lets a leaf of value v add to column c of its path

    v (o_c - r_c) * integral from 0 to 1 over t of the product over the path's other columns k of t o_k + (1 - t) r_k,

where o_k says whether the row meets every condition of the path on column k, and r_k is the share of the training rows
that do (the multilinear extension of Owen 1972 for the game of a leaf). The product is a polynomial in t, so Gauss and
Legendre's points give the integral exactly. What a leaf adds is thus known once the bits o_k are; a tree is cut into
blocks whose bits are few enough to tabulate all their combinations (the idea of FastTreeSHAP v2, Yang 2021, there for a
leaf at a time). A row costs a look-up a block and column instead of a walk along every path.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from churn_assets.training.arrays import Flags, Floats, Integers

if TYPE_CHECKING:
    from churn_assets.training.rungs.trees import Nodes

MOST_BITS = 9
"""A block has at most so many: the tables of one then stay in the processor's nearest cache."""
ROWS_AT_ONCE = 1_024


class TooDeepError(ValueError):
    """A path of a tree has more columns than a table can have bits."""


@dataclass(frozen=True)
class Step:
    """A path's conditions on one column, (node, whether the row must go left), and the share of rows that meet them."""

    conditions: tuple[tuple[int, bool], ...] = ()
    share: float = 1.0

    def then(self, node: int, *, is_left: bool, share: float) -> "Step":
        """With one more condition."""
        return Step((*self.conditions, (node, is_left)), self.share * share)


Path = Mapping[int, Step]
"""Steps by column, in the order in which the columns are met."""


@dataclass(frozen=True)
class Block:
    """A subtree below a path: its columns, the conditions of every bit, and a table of columns x combinations."""

    columns: tuple[int, ...]
    bits: tuple[tuple[tuple[int, bool], ...], ...]
    table: Floats


@dataclass(frozen=True)
class Tree:
    """One tree, whose children are positions in it and -1 at a leaf."""

    nodes: "Nodes"

    def blocks(self) -> Iterator[Block]:
        """The tree in blocks of at most `MOST_BITS` bits; TooDeepError if a path has more columns."""
        splits = self._splits()
        front: list[tuple[int, Path]] = [(0, {})]
        while front:
            node, path = front.pop()
            if len(path) + splits[node] <= MOST_BITS:
                if path or splits[node]:
                    yield self._block(node, path)
            elif self.nodes.left[node] < 0:
                raise TooDeepError
            else:
                front += self._children(node, path)

    def _splits(self) -> Integers:
        """The number of splits at and below each node; children come after their parents."""
        counts = np.zeros(len(self.nodes.value), dtype=np.int64)
        for node in reversed(range(len(counts))):
            left, right = self.nodes.left[node], self.nodes.right[node]
            counts[node] = 0 if left < 0 else 1 + counts[left] + counts[right]
        return counts

    def _children(self, node: int, path: Path) -> list[tuple[int, Path]]:
        rows, column = self.nodes.rows, int(self.nodes.column[node])
        step = path.get(column, Step())
        return [
            (child, {**path, column: step.then(node, is_left=is_left, share=float(rows[child] / rows[node]))})
            for child, is_left in ((int(self.nodes.left[node]), True), (int(self.nodes.right[node]), False))
        ]

    def _block(self, top: int, path: Path) -> Block:
        """The block of a subtree: a bit a column of the path, and one a split of the subtree."""
        leaves, splits = self._below(top, path)
        bits = (*(step.conditions for step in path.values()), *(((node, True),) for node in splits))
        bit_of = {node: bit for bit, node in enumerate(splits, start=len(path))}
        columns = tuple(dict.fromkeys(chain.from_iterable(way for _, way in leaves)))
        table = np.zeros((len(columns), 1 << len(bits)))
        for node, way in leaves:
            meets = _combination(way, path, bit_of, bits=len(bits))
            added = _shares_of(tuple(step.share for step in way.values())) * self.nodes.value[node]
            table[[*map(columns.index, way)]] += added[:, meets]
        return Block(columns, bits, table)

    def _below(self, top: int, path: Path) -> tuple[list[tuple[int, Path]], list[int]]:
        """The leaves of a subtree, with their whole paths, and its splits."""
        leaves, splits, front = list[tuple[int, Path]](), list[int](), [(top, path)]
        while front:
            node, way = front.pop()
            if self.nodes.left[node] < 0:
                leaves.append((node, way))
            else:
                splits.append(node)
                front += self._children(node, way)
        return leaves, splits


def _combination(way: Path, path: Path, bit_of: Mapping[int, int], *, bits: int) -> Integers:
    """For each combination of a block's bits, that of a leaf's own: which of its columns' conditions are met."""
    every = np.arange(1 << bits)
    place = {column: n for n, column in enumerate(path)}
    own = np.zeros(len(every), dtype=np.int64)
    for number, (column, step) in enumerate(way.items()):
        met = (every >> place[column]) & 1 if column in place else np.ones(len(every), dtype=np.int64)
        for node, is_left in step.conditions:
            if node in bit_of:
                met &= ((every >> bit_of[node]) & 1) ^ (not is_left)
        own |= met << number
    return own


def _shares_of(shares: tuple[float, ...]) -> Floats:
    """Columns x combinations: what a leaf of value 1 adds to each column of its path, whose shares are these."""
    points, weights, met = _quadrature(len(shares))
    kept = np.array(shares)[:, None]
    factors = points[:, None, None] * met + (1.0 - points[:, None, None]) * kept
    whole = factors.prod(axis=1, keepdims=True)
    added: Floats = (met - kept) * np.tensordot(weights, whole / factors, axes=1)
    return added


@cache
def _quadrature(count: int) -> tuple[Floats, Floats, Floats]:
    """Points and weights on (0, 1) that are exact for the product of count - 1 factors, and the bits as columns."""
    points, weights = np.polynomial.legendre.leggauss(max(1, -(-count // 2)))
    combinations = np.arange(1 << count)
    met = (combinations[None, :] >> np.arange(count)[:, None]) & 1
    return (points + 1.0) / 2.0, weights / 2.0, met.astype(np.float64)


class Program(NamedTuple):
    """The blocks of a tree laid end to end, as the compiled loops read them; a tree without a split has none."""

    column: Integers
    threshold: Floats
    null_goes_left: Flags
    block_bits: Integers
    """For each block the first of its bits, and the end."""
    bit_conditions: Integers
    """For each bit the first of its conditions, and the end."""
    condition_node: Integers
    condition_is_left: Flags
    block_columns: Integers
    """For each block the first of its columns, and the end."""
    block_column: Integers
    block_table: Integers
    """For each block where its table starts, and the end."""
    tables: Floats

    @classmethod
    def of(cls, nodes: "Nodes") -> "Program":
        """The program of one tree, whose children are positions in it and -1 at a leaf; TooDeepError for deep paths."""
        blocks = list(Tree(nodes).blocks())
        columns, tables = [block.columns for block in blocks], [block.table.ravel() for block in blocks]
        bits = [block.bits for block in blocks]
        conditions = [*chain.from_iterable(bits)]
        node_and_side = np.array([*chain.from_iterable(conditions)], dtype=np.int64).reshape(-1, 2)
        return cls(
            np.asarray(nodes.column, dtype=np.int64),
            nodes.threshold,
            nodes.null_goes_left,
            block_bits=_ends(bits),
            bit_conditions=_ends(conditions),
            condition_node=node_and_side[:, 0].copy(),
            condition_is_left=node_and_side[:, 1].astype(np.bool_),
            block_columns=_ends(columns),
            block_column=np.array([*chain.from_iterable(columns)], dtype=np.int64),
            block_table=_ends(tables),
            tables=np.concatenate([np.zeros(0), *tables]),
        )


def tabulated_shap(programs: Sequence[Program], matrix: Floats) -> Floats:
    """TreeSHAP of the rows of `matrix` over all trees: rows x columns, as `Trees.shap` gives them."""
    decide, add_up = _compiled()
    values = np.zeros(matrix.shape)
    for start in range(0, len(matrix), ROWS_AT_ONCE):
        rows = np.ascontiguousarray(matrix[start : start + ROWS_AT_ONCE].T)
        added = np.zeros(rows.shape)
        for program in programs:
            goes_left = np.empty((len(program.column), rows.shape[1]), dtype=np.bool_)
            decide(program, rows, goes_left)
            add_up(program, goes_left, added)
        values[start : start + ROWS_AT_ONCE] = added.T
    return values


def _ends(parts: Sequence[Sized]) -> Integers:
    """Where each part begins, once all stand one after the other, and the end."""
    return np.cumsum([0, *map(len, parts)], dtype=np.int64)


@cache
def _compiled() -> tuple[Callable[..., None], Callable[..., None]]:
    """The two loops, compiled once a process, which takes two seconds. They let other threads run."""
    from numba import njit

    return njit(nogil=True)(_decide), njit(nogil=True)(_add_up)


def _decide(program: Program, rows: Floats, goes_left: Flags) -> None:
    """Fill in for nodes x rows whether a row goes left; `rows` are columns x rows. What leaves say, nobody asks."""
    for node in range(len(program.column)):
        values, threshold = rows[program.column[node]], program.threshold[node]
        null_goes_left = program.null_goes_left[node]
        for row in range(len(values)):
            value = values[row]
            goes_left[node, row] = value <= threshold or (null_goes_left and np.isnan(value))


def _add_up(program: Program, goes_left: Flags, added: Floats) -> None:
    """Add to columns x rows what every block says of each row."""
    count = goes_left.shape[1]
    is_met, combination = np.empty(count, np.bool_), np.empty(count, np.int64)
    for block in range(len(program.block_table) - 1):
        first, end = program.block_bits[block], program.block_bits[block + 1]
        combination[:] = 0
        for bit in range(first, end):
            is_met[:] = True
            for condition in range(program.bit_conditions[bit], program.bit_conditions[bit + 1]):
                node, is_left = program.condition_node[condition], program.condition_is_left[condition]
                for row in range(count):
                    is_met[row] &= goes_left[node, row] == is_left
            for row in range(count):
                combination[row] |= np.int64(is_met[row]) << (bit - first)
        table = program.block_table[block]
        for position in range(program.block_columns[block], program.block_columns[block + 1]):
            column = program.block_column[position]
            for row in range(count):
                added[column, row] += program.tables[table + combination[row]]
            table += 1 << (end - first)
