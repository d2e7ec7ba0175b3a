from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from churn_assets.features.schema import FeatureSchema
from churn_assets.registry.evidence import CHAMPION, Contender, challenging, defending, weigh
from churn_assets.registry.registry import ModelVersion
from churn_assets.training.bootstrap import Resampling
from churn_assets_tests.registry.tiny import SCHEMA, listeners, trained

ONCE = Resampling(replicates=100, seed=3)


def version(number: str, last_label_day: date = date(2026, 2, 4)) -> ModelVersion:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    return ModelVersion(number, "run", "file:///x", "d", "abc123", "logistic", last_label_day, created, ())


def rows(cutoffs: list[str], outcomes: list[bool]) -> pd.DataFrame:
    ids = [f"{number}" for number in range(len(cutoffs))]
    return pd.DataFrame({"user_id": ids, "cutoff": pd.to_datetime(cutoffs), "outcome": outcomes})


def test_only_rows_from_the_last_label_day_of_both_models_on_are_weighed() -> None:
    tested = rows(["2026-02-02", "2026-02-04", "2026-02-09", "2026-02-16"], [True, False, True, False])
    half = np.full(4, 0.5)
    later = Contender(version("1", date(2026, 2, 9)), half)

    found = weigh(tested, Contender(version("2"), half), champion=later, simple_rungs={"base": half}, resampling=ONCE)

    assert (found.rows, found.positives, found.rows_refused) == (2, 1, 2)
    assert (found.first_cutoff, found.last_cutoff) == (date(2026, 2, 9), date(2026, 2, 16))


def test_a_row_exactly_at_the_last_label_day_is_honest() -> None:
    half = np.full(1, 0.5)

    found = weigh(
        rows(["2026-02-04"], [True]), Contender(version("2"), half), champion=None, simple_rungs={}, resampling=ONCE
    )

    assert (found.rows, found.rows_refused) == (1, 0)


def test_a_certain_challenger_beats_a_coin_by_the_difference_of_their_losses() -> None:
    tested = rows(["2026-03-02"] * 40, [True, False] * 20)
    sure, coin = np.array([0.9, 0.1] * 20), np.full(40, 0.5)

    found = weigh(
        tested, Contender(version("2"), sure), champion=None, simple_rungs={"base_rate": coin}, resampling=ONCE
    )

    assert found.log_loss == pytest.approx(-np.log(0.9))
    assert found.rivals[0].better_by == pytest.approx(np.log(0.9 / 0.5))
    assert found.rivals[0].is_beaten


def test_equal_predictions_are_a_tie() -> None:
    tested = rows(["2026-03-02"] * 40, [True, False] * 20)
    same = np.linspace(0.1, 0.9, 40)

    found = weigh(
        tested,
        Contender(version("2"), same),
        champion=Contender(version("1"), same),
        simple_rungs={},
        resampling=ONCE,
    )

    assert (found.rivals[0].name, found.rivals[0].low, found.rivals[0].is_beaten) == (CHAMPION, 0.0, False)


def test_many_rows_of_one_listener_are_no_proof() -> None:
    repeated = rows(["2026-03-02"] * 60, [True] * 60).assign(user_id="one")
    better, worse = np.full(60, 0.6), np.full(60, 0.5)
    mixed = pd.concat([repeated, rows(["2026-03-02"] * 4, [False] * 4)], ignore_index=True)

    found = weigh(
        mixed,
        Contender(version("2"), np.append(better, [0.6] * 4)),
        champion=None,
        simple_rungs={"base_rate": np.append(worse, [0.5] * 4)},
        resampling=ONCE,
    )

    assert found.rivals[0].better_by > 0
    assert not found.rivals[0].is_beaten


def test_without_honest_rows_there_are_no_rivals() -> None:
    half = np.full(1, 0.5)

    found = weigh(
        rows(["2026-01-05"], [True]),
        Contender(version("2"), half),
        champion=None,
        simple_rungs={"base_rate": half},
        resampling=ONCE,
    )

    assert (found.rows, found.rivals, found.first_cutoff) == (0, (), None)


def test_a_champion_of_the_same_features_and_target_defends_itself() -> None:
    model, features = trained(), listeners(10)

    defender = defending(version("1"), model, features, challenger=model)

    assert defender.probability is not None
    np.testing.assert_array_equal(
        defender.probability, np.asarray(challenging(version("2"), model, features).probability)
    )


def test_a_champion_of_other_features_is_not_compared_but_still_named() -> None:
    newer = replace(trained(), schema=FeatureSchema(SCHEMA.columns, "other"))
    half = np.full(1, 0.5)

    defender = defending(version("1"), trained(), listeners(1), challenger=newer)
    found = weigh(
        rows(["2026-03-02"], [True]),
        Contender(version("2"), half),
        champion=defender,
        simple_rungs={"base_rate": half},
        resampling=ONCE,
    )

    assert (found.champion, [rival.name for rival in found.rivals]) == ("1", ["base_rate"])
    assert found.incomparable is not None
    assert "another declaration" in found.incomparable


def test_a_champion_of_another_target_is_not_compared() -> None:
    other = replace(trained(), target="churned_or_cancelled")

    defender = defending(version("1"), trained(), listeners(1), challenger=other)

    assert defender.probability is None
    assert defender.incomparable == "version 1 predicts churned within 30 days, another target"
