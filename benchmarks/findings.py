"""What a benchmark found: what each process took, and how that compares with what was promised."""

from dataclasses import dataclass, field

from benchmarks.measuring import Cost


@dataclass(frozen=True)
class Line:
    """One row of a benchmark's table: a process that was measured."""

    case: str
    cost: Cost


@dataclass(frozen=True)
class Target:
    """A promise: a figure that must be at most (or at least) a limit."""

    promise: str
    figure: float
    limit: float
    is_ceiling: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps the promise."""
        return self.figure <= self.limit if self.is_ceiling else self.figure >= self.limit


@dataclass(frozen=True)
class Findings:
    """The outcome of one benchmark; `sizes` says how large its data were."""

    benchmark: str
    sizes: dict[str, int]
    lines: list[Line] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
