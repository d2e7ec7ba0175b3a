"""When a champion is refreshed without any other cause."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from churn_assets.retraining.cause import Ground
from churn_assets.retraining.refresh import Refresh
from churn_assets.retraining.tables import FAILED, MONTHLY_REFRESH, NO_CAUSE
from churn_assets_tests.retraining.causes import retrained

MONTH = Refresh(timedelta(days=30))
GROUND = Ground("3", date(2026, 5, 4))
TRAINED = date(2026, 5, 1)


def test_a_champion_is_due_after_thirty_days_of_log() -> None:
    assert MONTH.cause(date(2026, 5, 30), TRAINED, GROUND, []) is None
    assert MONTH.cause(date(2026, 5, 31), TRAINED, GROUND, []) is not None


def test_the_cause_says_how_long_it_has_been() -> None:
    due = MONTH.cause(date(2026, 6, 5), TRAINED, GROUND, [])

    assert due is not None
    assert (due.trigger, due.ground, due.as_of) == (MONTHLY_REFRESH, GROUND, date(2026, 6, 5))
    assert due.finding == "35 days of log have landed since the last training (2026-05-01 to 2026-06-05)."


def test_a_retraining_for_another_cause_refreshes_too_even_if_it_kept_the_champion() -> None:
    other = replace(retrained(), as_of=date(2026, 5, 20))

    assert MONTH.cause(date(2026, 6, 5), TRAINED, GROUND, [other]) is None
    assert MONTH.cause(date(2026, 6, 19), TRAINED, GROUND, [other]) is not None


@pytest.mark.parametrize("change", [{"outcome": FAILED}, {"verdict": NO_CAUSE}])
def test_a_failed_or_refused_one_does_not(change: dict[str, str]) -> None:
    other = replace(retrained(), as_of=date(2026, 5, 20), **change)  # type: ignore[arg-type]

    assert MONTH.cause(date(2026, 6, 5), TRAINED, GROUND, [other]) is not None
