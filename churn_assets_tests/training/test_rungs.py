"""One contract for every rung of the ladder, and what sets each apart."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_assets.errors import ArtifactError
from churn_assets.training.arrays import Flags
from churn_assets.training.examples import Examples
from churn_assets.training.rungs import FITTED, ladder, load_fitted
from churn_assets.training.rungs.base_rate import BaseRate
from churn_assets.training.rungs.catboost import FEW_ROWS, CatBoost
from churn_assets.training.rungs.logistic import Logistic
from churn_assets.training.rungs.recency import Recency
from churn_assets.training.rungs.rung import FittedRung, Rung
from churn_assets_tests.training.listeners import SCHEMA, listeners_at, mondays, small_ladder

EXAMPLES = Examples.of(listeners_at(mondays(3)), mondays(3), target="churned")
ROWS, TARGET = EXAMPLES.frame, EXAMPLES.target
FITTED_ONCE: dict[str, FittedRung] = {}


def fitted(rung: Rung, rows: pd.DataFrame = ROWS, target: Flags = TARGET, *, seed: int = 3) -> FittedRung:
    """The rung fitted on `rows`."""
    names = rung.inputs(SCHEMA.names)
    return rung.fit(rows[list(names)], target, schema=SCHEMA.only(names), seed=seed)


def once(rung: Rung) -> FittedRung:
    """The rung fitted on all rows, shared by the tests that only look at it."""
    if rung.name not in FITTED_ONCE:
        FITTED_ONCE[rung.name] = fitted(rung)
    return FITTED_ONCE[rung.name]


every_rung = pytest.mark.parametrize("rung", small_ladder(), ids=lambda rung: rung.name)


@every_rung
def test_contributions_and_the_base_add_up_to_the_raw_score(rung: Rung) -> None:
    contributions = once(rung).contributions(ROWS)
    raw = once(rung).base_log_odds + contributions.sum(axis=1).to_numpy()
    assert raw == pytest.approx(once(rung).log_odds(ROWS), abs=1e-6)


@every_rung
def test_contributions_have_a_row_a_row_and_a_column_a_feature(rung: Rung) -> None:
    shuffled = ROWS.iloc[[5, 3, 9]]
    contributions = once(rung).contributions(shuffled)
    assert list(contributions.index) == [5, 3, 9]
    assert tuple(contributions.columns) == rung.inputs(SCHEMA.names)


@every_rung
def test_saving_and_loading_changes_no_bit(rung: Rung, tmp_path: Path) -> None:
    once(rung).save(tmp_path)
    restored = load_fitted(rung.name, tmp_path)
    assert np.array_equal(restored.log_odds(ROWS), once(rung).log_odds(ROWS))
    pd.testing.assert_frame_equal(restored.contributions(ROWS.head(20)), once(rung).contributions(ROWS.head(20)))
    assert restored.base_log_odds == once(rung).base_log_odds


@every_rung
def test_only_json_and_catboosts_own_format_are_written(rung: Rung, tmp_path: Path) -> None:
    once(rung).save(tmp_path)
    files = list(tmp_path.iterdir())
    assert files
    assert {file.suffix for file in files} <= {".json", ".cbm"}
    for file in files:
        if file.suffix == ".json":
            json.loads(file.read_text())


@every_rung
def test_the_same_seed_gives_the_same_bits(rung: Rung) -> None:
    assert np.array_equal(fitted(rung).log_odds(ROWS), once(rung).log_odds(ROWS))


@every_rung
def test_a_row_is_scored_the_same_alone_and_in_a_crowd(rung: Rung) -> None:
    alone = np.concatenate([once(rung).log_odds(ROWS.iloc[[row]]) for row in range(8)])
    assert alone == pytest.approx(once(rung).log_odds(ROWS)[:8], abs=1e-12)


@every_rung
def test_the_order_of_columns_and_further_columns_do_not_matter(rung: Rung) -> None:
    turned = ROWS[ROWS.columns[::-1]].assign(further=1.0)
    assert np.array_equal(once(rung).log_odds(turned), once(rung).log_odds(ROWS))


@every_rung
def test_unseen_categories_and_nulls_everywhere_still_have_a_finite_score(rung: Rung) -> None:
    strange = ROWS.head(2).assign(
        **dict.fromkeys(SCHEMA.numeric, np.nan), current_level="lifetime", device="Toaster", account_age_group=None
    )
    assert np.isfinite(once(rung).log_odds(strange)).all()
    assert np.isfinite(once(rung).contributions(strange).to_numpy()).all()


@every_rung
def test_only_the_simple_rungs_are_no_candidates(rung: Rung) -> None:
    assert rung.is_candidate == (rung.name not in {"base_rate", "recency", "bgnbd"})


@every_rung
def test_a_candidate_reads_what_selection_kept_and_a_simple_rung_its_own_features(rung: Rung) -> None:
    simple = {
        "base_rate": (),
        "recency": ("recency_days",),
        "bgnbd": ("recency_days", "active_days_ratio", "history_days"),
    }
    assert rung.inputs(("noise", "device")) == simple.get(rung.name, ("noise", "device"))


@pytest.mark.parametrize("name", ["logistic", "forest", "boosting", "catboost"])
def test_class_weights_lift_the_raw_scores_to_even_odds(name: str) -> None:
    rung = next(rung for rung in small_ladder() if rung.name == name)
    votes = once(rung).log_odds(ROWS)
    assert TARGET.mean() < 0.3
    assert votes[TARGET].mean() > 0 > votes[~TARGET].mean()


@pytest.mark.parametrize("name", ["recency", "bgnbd", "logistic", "forest", "boosting", "catboost"])
def test_every_rung_but_the_base_rate_ranks_churners_above_stayers(name: str) -> None:
    rung = next(rung for rung in small_ladder() if rung.name == name)
    test = Examples.of(listeners_at(mondays(2), seed=99), mondays(2), target="churned")
    risk = once(rung).log_odds(test.frame)
    assert risk[test.target].mean() > risk[~test.target].mean()


def test_the_ladder_has_the_seven_rungs_the_simplest_first() -> None:
    assert tuple(rung.name for rung in ladder()) == tuple(FITTED)


def test_the_ladder_passes_the_horizon_on() -> None:
    assert "horizon_days=14" in repr(ladder(horizon_days=14))


def test_a_name_that_no_rung_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="No rung is called 'oracle'"):
        load_fitted("oracle", tmp_path)


def test_a_file_that_is_no_catboost_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catboost.cbm").write_bytes(b"not a model")
    with pytest.raises(ArtifactError, match="is not a CatBoost model"):
        load_fitted("catboost", tmp_path)


def test_the_base_rate_is_the_share_of_churners() -> None:
    target = np.arange(999) < 99
    rate = fitted(BaseRate(), ROWS.head(10).reindex(range(999)), target).log_odds(ROWS.head(2))
    assert 1 / (1 + np.exp(-rate)) == pytest.approx([0.0995, 0.0995])


def test_the_base_rate_of_no_churner_is_not_zero() -> None:
    assert np.isfinite(fitted(BaseRate(), ROWS.head(9), np.zeros(9, dtype=bool)).base_log_odds)


def test_the_risk_of_recency_never_falls_with_silence() -> None:
    silence = pd.DataFrame({"recency_days": np.linspace(0, 90, 200)})
    assert (np.diff(once(Recency()).log_odds(silence)) >= 0).all()


def test_an_unknown_silence_counts_as_the_longest() -> None:
    asked = pd.DataFrame({"recency_days": [np.nan, 1e6]})
    unknown, longest = once(Recency()).log_odds(asked)
    assert unknown == longest


def test_a_logistic_contribution_is_nothing_at_the_average_row() -> None:
    contributions = once(Logistic()).contributions(ROWS)
    assert contributions.mean().to_numpy() == pytest.approx(np.zeros(len(SCHEMA.names)), abs=1e-9)


def test_catboost_reads_few_rows_and_many_rows_the_same() -> None:
    rows = ROWS.head(FEW_ROWS + 1)
    many = once(small_ladder()[-1]).log_odds(rows)
    few = once(small_ladder()[-1]).log_odds(rows.head(FEW_ROWS))
    assert np.array_equal(many[:FEW_ROWS], few)


def test_two_threads_grow_the_same_catboost_twice() -> None:
    small = CatBoost(threads=2, trees=12, depth=3, learning_rate=0.2)
    assert np.array_equal(fitted(small).log_odds(ROWS), fitted(small).log_odds(ROWS))
