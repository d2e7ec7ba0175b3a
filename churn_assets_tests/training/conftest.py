from collections.abc import Iterator, Mapping

import pandas as pd
import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from churn_assets.training.candidates import Candidate, Comparison, Study, compare_candidates
from churn_assets_tests.training.listeners import OPTIONS, SCHEMA, listeners_at, mondays, small_ladder

# A deadline is a timing assertion: on a busy machine it fails at random.
settings.register_profile("untimed", deadline=None, derandomize=True, database=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """OpenMP threads wait by spinning, which on a busy machine turns a second into a minute."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """160 listeners at nine weekly cut-offs."""
    return listeners_at(mondays(9))


@pytest.fixture(scope="session")
def study(frame: pd.DataFrame) -> Study:
    """The first three cut-offs, folded."""
    return Study.of(frame, SCHEMA, OPTIONS, cutoffs=mondays(3))


@pytest.fixture(scope="session")
def comparison(study: Study) -> Comparison:
    """Every rung on the study."""
    return compare_candidates(small_ladder(), study)


@pytest.fixture(scope="session")
def candidates(comparison: Comparison) -> Mapping[str, Candidate]:
    """Every rung's candidate by name."""
    return {candidate.model.rung: candidate for candidate in comparison.ranking}
