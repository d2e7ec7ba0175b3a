import pandas as pd
import pytest

from churn_assets.monitoring.performance.cohort import Cohort, cohorts, in_office
from churn_assets_tests.monitoring.performance.cohorts import LATER, cohort

EARLY, LATE = pd.Timestamp("2026-04-20"), pd.Timestamp("2026-04-27")


def scores(*rows: tuple[pd.Timestamp, str, float, str, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["cutoff", "user_id", "churn_probability", "model_version", "at_risk"])


def labels(*rows: tuple[pd.Timestamp, str, bool, bool, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["cutoff", "user_id", "at_risk", "churned", "cancelled"])


def test_scores_meet_the_label_of_the_same_listener_at_the_same_cutoff() -> None:
    said = scores((EARLY, "b", 0.2, "1", True), (EARLY, "a", 0.1, "1", True), (LATE, "a", 0.9, "1", True))
    known = labels((EARLY, "a", True, True, False), (EARLY, "b", True, False, True), (LATE, "a", True, False, False))

    early, late = cohorts(said, known, horizon_days=30)

    assert early.rows["user_id"].tolist() == ["a", "b"]
    assert early.probability.tolist() == [0.1, 0.2]
    assert early.outcome("churned").tolist() == [True, False]
    assert early.outcome("churned_or_cancelled").tolist() == [True, True]
    assert (late.probability.tolist(), late.outcome("churned").tolist()) == ([0.9], [False])


def test_a_cutoff_without_labels_is_not_labelled_and_matures_a_horizon_later() -> None:
    said = scores((EARLY, "a", 0.1, "1", True), (LATE, "a", 0.2, "1", True))

    early, late = cohorts(said, labels((EARLY, "a", True, False, False)), horizon_days=30)

    assert (early.is_labelled, late.is_labelled) == (True, False)
    assert "churned" not in late.rows
    assert late.matures_on.isoformat() == "2026-05-27"


def test_only_listeners_at_risk_count_by_score_and_by_label() -> None:
    said = scores((EARLY, "a", 0.1, "1", True), (EARLY, "gone", 0.2, "1", False), (EARLY, "late", 0.3, "1", True))
    known = labels(
        (EARLY, "a", True, False, False), (EARLY, "gone", True, True, False), (EARLY, "late", False, True, False)
    )

    (found,) = cohorts(said, known, horizon_days=30)

    assert found.rows["user_id"].tolist() == ["a"]


def test_versions_are_kept_apart_and_the_newest_cutoff_tells_who_is_in_office() -> None:
    said = scores((EARLY, "a", 0.1, "1", True), (LATE, "a", 0.2, "2", True))

    found = cohorts(said, labels(), horizon_days=30)

    assert [(part.version, part.cutoff.day) for part in found] == [("1", 20), ("2", 27)]
    assert in_office(found) == "2"
    assert in_office([]) is None


def test_no_scores_are_no_cohorts() -> None:
    assert cohorts(scores(), labels(), horizon_days=30) == []


def test_cohorts_together_know_a_listener_again() -> None:
    both = Cohort.together([cohort([0.1, 0.2], [True, False]), cohort([0.3], [False], cutoff=LATER[1])])

    assert both.cutoff == LATER[1]
    assert both.listener_of.tolist() == [0, 1, 0]
    assert both.outcome("churned").tolist() == pytest.approx([1, 0, 0])
