from datetime import date

import pytest

from churn_assets.cutoffs import CutoffSchedule
from churn_assets.errors import ImmatureLabelError
from churn_assets.labels.maturity import require_mature

MONDAYS = CutoffSchedule(date(2024, 1, 1), warmup_days=28, horizon_days=30, weekday=0)


def test_a_cutoff_is_mature_once_its_whole_label_window_has_landed() -> None:
    require_mature([date(2024, 1, 29)], MONDAYS, clock=date(2024, 2, 28))

    with pytest.raises(ImmatureLabelError):
        require_mature([date(2024, 1, 29)], MONDAYS, clock=date(2024, 2, 27))


def test_one_immature_cutoff_among_many_is_enough_to_refuse() -> None:
    cutoffs = [date(2024, 1, 29), date(2024, 3, 4), date(2024, 2, 26)]

    with pytest.raises(ImmatureLabelError, match="cut-off 2024-02-26"):
        require_mature(cutoffs, MONDAYS, clock=date(2024, 3, 1))


def test_the_refusal_says_how_far_the_log_goes_and_which_cutoffs_are_mature() -> None:
    with pytest.raises(ImmatureLabelError) as error:
        require_mature([date(2024, 2, 12)], MONDAYS, clock=date(2024, 3, 10))

    assert "up to 2024-03-13 (exclusive)" in str(error.value)
    assert "up to 2024-03-10 (exclusive)" in str(error.value)
    assert "2024-01-29 to 2024-02-05" in str(error.value)


def test_with_no_mature_cutoff_at_all_it_says_so() -> None:
    with pytest.raises(ImmatureLabelError, match=r"mature cut-offs \(none yet\)"):
        require_mature([date(2024, 1, 29)], MONDAYS, clock=date(2024, 1, 30))


def test_no_cutoffs_are_no_reason_to_refuse() -> None:
    require_mature([], MONDAYS, clock=date(2024, 1, 1))
