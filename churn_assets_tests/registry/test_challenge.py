"""From a training set to evidence, a registered challenger and its MLflow run."""

from datetime import date

import pandas as pd
import pytest

from churn_assets.registry.challenge import Challenge, challenge, contest, leaks, with_leaks
from churn_assets.registry.enrolment import Enrolled, Enrolment, Origin
from churn_assets.registry.history import History
from churn_assets.registry.promotion import decide
from churn_assets.registry.registry import ModelRegistry
from churn_assets.registry.tables import CANDIDATE_MODELS, CHALLENGER_MODEL
from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets.training.split import Split, promotion_split
from churn_assets_tests.training.listeners import OPTIONS, SCHEMA, landed, listeners_at, mondays

DAGSTER_RUN = "a-dagster-run"
VERSIONS = {"churn.code_version": "9", "churn.training_set.data_version": "c0ffee"}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """120 listeners at eight weekly cut-offs."""
    return listeners_at(mondays(8), listeners=120, seed=5).assign(cancelled=False)


@pytest.fixture(scope="module")
def split() -> Split:
    """The newest two cut-offs held out."""
    return promotion_split(mondays(8), landed(), holdout=2)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelRegistry:
    """A registry of this module's own."""
    return ModelRegistry(prepare(tracking_below(tmp_path_factory.mktemp("store") / "mlflow")))


@pytest.fixture(scope="module")
def enrolled(store: ModelRegistry, rows: pd.DataFrame, split: Split) -> tuple[Enrolled, list[str]]:
    """A challenger, and the ids of MLflow runs that were told when the training started."""
    told: list[str] = []
    origin = Origin(DAGSTER_RUN, VERSIONS)
    return Enrolment(SCHEMA, OPTIONS, store).enrol(rows, split, origin, started=told.append), told


@pytest.fixture(scope="module")
def done(enrolled: tuple[Enrolled, list[str]]) -> Challenge:
    """The trained ladder."""
    return enrolled[0].challenge


def test_the_ranking_has_every_rung_once_the_best_first_and_one_chosen(done: Challenge) -> None:
    ranking = done.ranking()

    assert set(ranking.columns) == set(CANDIDATE_MODELS.names)
    assert ranking["rung"].nunique() == len(ranking) == 7
    assert ranking["log_loss"].is_monotonic_increasing
    assert ranking.loc[ranking["is_chosen"], "rung"].tolist() == [done.model.rung]


def test_the_chosen_one_is_the_best_candidate_and_no_simple_rung(done: Challenge) -> None:
    ranking = done.ranking()

    assert done.model.rung == ranking.loc[ranking["is_candidate"], "rung"].iloc[0]
    assert set(ranking.loc[~ranking["is_candidate"], "rung"]) == {"base_rate", "recency", "bgnbd"}


def test_the_reference_is_what_the_challenger_was_trained_on(done: Challenge, split: Split) -> None:
    reference = done.reference

    assert list(reference.columns) == ["user_id", "cutoff", *SCHEMA.names]
    assert sorted({moment.date() for moment in reference["cutoff"]}) == sorted(split.training)


def test_every_rung_is_judged_on_the_held_out_cutoffs(done: Challenge, split: Split) -> None:
    assert len(done.evaluations) == 7
    assert {tuple(judged.cutoffs) for judged in done.evaluations.values()} == {split.test}
    assert done.evaluation is done.evaluations[done.model.rung]


def test_the_same_rows_and_seed_train_the_same_challenger(done: Challenge, rows: pd.DataFrame, split: Split) -> None:
    again = challenge(rows, SCHEMA, OPTIONS, split)

    pd.testing.assert_frame_equal(again.ranking(), done.ranking())


def test_enrolling_registers_the_challenger_with_its_origin(
    enrolled: tuple[Enrolled, list[str]], store: ModelRegistry
) -> None:
    entry, told = enrolled
    tags = store.tracking.client().get_run(entry.run.run_id).data.tags

    assert told == [entry.run.run_id]
    assert store.challenger() == entry.version
    assert store.find("champion") is None
    assert (tags["dagster_run_id"], tags["churn.training_set.data_version"]) == (DAGSTER_RUN, "c0ffee")
    assert {f"`{entry.version.rung}`", entry.version.rung} & set(entry.parts.card.split())


def test_the_measurements_carry_version_and_rung(enrolled: tuple[Enrolled, list[str]]) -> None:
    entry, _ = enrolled
    measured = entry.measured()

    assert set(CHALLENGER_MODEL.names) <= set(measured.columns)
    assert set(measured["version"]) == {entry.version.number}
    assert set(measured["rung"]) == {entry.version.rung}


def test_a_training_that_fails_registers_nothing(store: ModelRegistry, rows: pd.DataFrame, split: Split) -> None:
    before, told = store.versions(), list[str]()
    enrolment = Enrolment(SCHEMA, OPTIONS, store)

    with pytest.raises(Exception, match=r"."):
        enrolment.enrol(rows.assign(churned=False), split, Origin("x", {}), started=told.append)

    assert store.versions() == before
    assert [store.tracking.client().get_run(run_id).info.status for run_id in told] == ["FAILED"]


@pytest.mark.usefixtures("enrolled")
def test_a_first_challenger_is_confronted_with_the_simple_rungs_alone(
    rows: pd.DataFrame, store: ModelRegistry, split: Split
) -> None:
    evidence = contest(rows, store, options=OPTIONS)

    assert {rival.name for rival in evidence.rivals} == {"base_rate", "recency", "bgnbd"}
    assert (evidence.champion, evidence.rows_refused) == (None, 0)
    assert (evidence.first_cutoff, evidence.last_cutoff) == (split.test[0], split.test[-1])


@pytest.mark.usefixtures("enrolled")
def test_a_leak_blocks_whatever_the_losses_say(rows: pd.DataFrame, store: ModelRegistry, done: Challenge) -> None:
    leaking = rows.assign(noise=rows["churned"].astype(float))
    found = leaks(leaking, done.model, done.evaluation, at_risk_days=30)

    decision = decide(with_leaks(contest(rows, store, options=OPTIONS), found))

    assert [finding.subject for finding in found] == ["noise"]
    assert not decision.is_promoted
    assert "may see the future: `noise` alone reaches AUC" in decision.reason


def test_honest_rows_raise_no_alarm(rows: pd.DataFrame, done: Challenge) -> None:
    assert leaks(rows, done.model, done.evaluation, at_risk_days=30) == ()


@pytest.mark.usefixtures("enrolled")
def test_the_champion_itself_is_not_promoted_again(rows: pd.DataFrame, store: ModelRegistry) -> None:
    store.point("champion", store.challenger().number)

    evidence = contest(rows, store, options=OPTIONS)

    assert evidence.champion == evidence.challenger
    assert decide(evidence).reason == f"Version {evidence.challenger} is the champion already."
    assert History(store).records() == []
    assert evidence.first_cutoff == date(2026, 3, 16)
