"""How a cost grows: a power law through what was measured, and what it would come to further on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class PowerLaw:
    """`cost = factor * size ** slope`, fitted by least squares to the logarithms.

    `fit` is R², the share of the logarithms' variance that the line explains; `last_slope` is that between the two
    largest sizes, which fixed costs touch least.
    """

    factor: float
    slope: float
    fit: float
    last_slope: float

    def at(self, size: float) -> float:
        """The cost of a size along the fitted line."""
        return float(self.factor * size**self.slope)


@dataclass(frozen=True)
class Range:
    """From the least to the most that a cost would come to."""

    low: float
    high: float

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.high + other.high)

    def __mul__(self, factor: float) -> "Range":
        return Range(self.low * factor, self.high * factor)


def power_law(points: Sequence[tuple[float, float]]) -> PowerLaw:
    """The law through (size, cost), sizes ascending; ValueError for fewer than two, or any that is not positive."""
    if len({size for size, _ in points}) < 2 or min(map(min, points)) <= 0:
        raise ValueError(f"A slope takes two sizes at least, all sizes and costs above 0; there are {list(points)}.")
    logs = [(math.log(size), math.log(cost)) for size, cost in points]
    mean_x, mean_y = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in logs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in logs) / spread
    missed = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in logs)
    varied = sum((y - mean_y) ** 2 for _, y in logs)
    *_, ((x0, y0), (x1, y1)) = pairwise(logs)
    fit = 1 - missed / varied if varied > 0 else 1.0
    return PowerLaw(math.exp(mean_y - slope * mean_x), slope, fit, (y1 - y0) / (x1 - x0))


def beyond(points: Sequence[tuple[float, float]], size: float, *, at_least: float = -math.inf) -> Range:
    """What `size` would cost: on from the largest that was measured, along the last slope and along the fitted one.

    `at_least` is the least that counts as the fitted slope. What grows with the data cannot stay below 1: a smaller
    slope is that of fixed costs, which vanish on the way. Neither end is right; the truth lies between them only if
    nothing new begins to bound the work.
    """
    law, (largest, cost) = power_law(points), points[-1]
    found = [cost * (size / largest) ** slope for slope in (max(law.slope, at_least), law.last_slope)]
    return Range(min(found), max(found))
