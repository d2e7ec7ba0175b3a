"""What a stage of the benchmark found: what each process took, how that grows, and how it compares with the goals."""

from dataclasses import dataclass, field
from enum import StrEnum

from benchmarks.measuring import Cost


class Axis(StrEnum):
    """What a curve grows along."""

    EVENTS = "events"
    CUTOFFS = "cut-offs"
    HISTORY = "days of history"
    CORES = "cores"


@dataclass(frozen=True)
class Line:
    """One row of a stage's table: a process that was measured."""

    case: str
    cost: Cost


@dataclass(frozen=True)
class Target:
    """A promise: a figure that must be at most (or at least) a limit; `issue` is the one that asks for it."""

    promise: str
    figure: float
    limit: float
    is_ceiling: bool = True
    issue: int | None = None

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps the promise."""
        return self.figure <= self.limit if self.is_ceiling else self.figure >= self.limit


@dataclass(frozen=True)
class Point:
    """What a step costs at one place of an axis."""

    at: float
    cost: Cost


@dataclass(frozen=True)
class Curve:
    """What a step costs along an axis, in ascending order."""

    step: str
    axis: Axis
    points: list[Point]


@dataclass(frozen=True)
class Share:
    """A part of the work, and the seconds that a profiler saw it take."""

    part: str
    seconds: float


@dataclass(frozen=True)
class Profile:
    """Where the time of a step goes, the largest part first: `by` DuckDB's operators or functions of ours."""

    step: str
    by: str
    shares: list[Share]


@dataclass(frozen=True)
class Findings:
    """The outcome of one stage; `sizes` says how large its data were, `stored_bytes` what each table takes on disk."""

    benchmark: str
    sizes: dict[str, int]
    lines: list[Line] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    stored_bytes: dict[str, int] = field(default_factory=dict)
