"""A request's features are those of the batch path: from the same raw lines, through the API and through ingest."""

import json
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from starlette.testclient import TestClient

from churn_assets.cutoffs import DAY
from churn_assets.scoring.bands import RiskBands
from churn_assets.serving.champion import Champion
from churn_assets.serving.prediction import Prediction
from churn_assets.serving.predictor import Moment, Policy, predict
from churn_assets.serving.request import Limits, read_request
from churn_assets.training.arrays import Columns
from churn_assets_tests.features.evaluations import differences
from churn_assets_tests.features.memory_batch import AT_RISK_DAYS, HORIZON, Rows, memory_batch
from churn_assets_tests.logs import LOG_START, Event
from churn_assets_tests.serving.api.asking import event
from churn_assets_tests.serving.api.champions import SCHEMA
from churn_assets_tests.serving.api.raw_lines import ingested, raw_lines
from churn_assets_tests.strategies import REQUEST, World, world, worlds

POLICY = Policy(HORIZON, AT_RISK_DAYS, RiskBands(medium=0.2, high=0.5))
LIMITS = Limits(events=10_000, listeners=1_000)


def served(lines: Sequence[bytes], cutoff: int, champion: Champion) -> list[Prediction]:
    """What the API says of raw lines at a cut-off (epoch day)."""
    body = b'{"logs":[' + b",".join(lines) + b'],"as_of":%d}' % (cutoff * DAY)
    asked = read_request(body, {}, route="batch", limits=LIMITS)
    made = predict(asked, "r", champion=champion, policy=POLICY, moment=Moment(None, 0))
    return [one.prediction for one in made]


def rows_of(predictions: Sequence[Prediction]) -> Rows:
    """The features of the listeners that had an event in the lookback."""
    return {
        (made.user_id, made.as_of // DAY): made.features
        for made in predictions
        if made.features["recency_days"] is not None
    }


def compare(world: World, champion: Champion, chance: Random) -> int:
    """Check every feature and who is at risk at every cut-off; how many listeners were compared."""
    lines = raw_lines(world.log, chance)
    log = ingested(lines)
    batch = memory_batch().features(log, world.cutoffs)
    population, _ = memory_batch().labels(log, world.cutoffs)
    made = [one for cutoff in world.cutoffs for one in served(lines, cutoff, champion)]
    assert differences(batch, rows_of(made)) == []
    at_risk = {key for key, row in population.items() if row["at_risk"]}
    assert {(one.user_id, one.as_of // DAY) for one in made if one.at_risk} == at_risk
    return len(batch)


@settings(REQUEST, max_examples=6)
@given(worlds())
def test_raw_lines_give_the_same_features_through_api_and_ingest(champion: Champion, world: World) -> None:
    compare(world, champion, Random(len(world.log)))


@pytest.mark.parametrize("seed", range(2))
def test_so_do_the_raw_lines_of_a_crowd(champion: Champion, seed: int) -> None:
    crowd = world(Random(seed), listeners=60, most_cutoffs=3)

    assert compare(crowd, champion, Random(seed)) > 50


@pytest.mark.parametrize("seed", range(3))
def test_events_before_the_log_began_count_no_more_than_in_the_log(champion: Champion, seed: int) -> None:
    """Ingest leaves them out as out of range; half of the events of each listener are drawn from there."""
    chance = Random(seed)
    times = [LOG_START + chance.randrange(-20 * DAY, 20 * DAY) for _ in range(60)]
    lines = {
        ts: json.dumps(event(number, ts=ts)).encode() for number, ts in enumerate([*times, LOG_START, LOG_START - 1])
    }
    cutoff = LOG_START // DAY + 25
    log = ingested([line for ts, line in lines.items() if ts >= LOG_START])

    made = served(list(lines.values()), cutoff, champion)

    assert differences(memory_batch().features(log, [cutoff]), rows_of(made)) == []


def test_served_requests_replayed_through_the_batch_path_give_what_was_served(client: TestClient) -> None:
    """What the store kept, raw events and all, is enough to make every prediction again."""
    found = client.app.state.service  # type: ignore[attr-defined]
    crowd = world(Random(3), listeners=15, most_cutoffs=1)
    body = b'{"logs":[' + b",".join(raw_lines(crowd.log, Random(3))) + b'],"as_of":%d}' % (crowd.cutoffs[0] * DAY)
    answer = client.post("/predict_batch", content=body, headers={"Content-Type": "application/json"}).json()

    kept = found.store.find(answer["request_id"]).predictions
    log = [event for made in kept for event in replayed(made)]
    batch = memory_batch().features(log, crowd.cutoffs)

    assert differences(batch, rows_of(kept)) == []
    model = found.champions.current.model
    for made in kept:
        if made.knowledge == 1:
            row = batch[made.user_id, made.as_of // DAY]
            assert made.churn_probability == model.predict(as_columns(row))[0]
    assert sum(made.knowledge == 1 for made in kept) > 0


def replayed(made: Prediction) -> list[Event]:
    """The clean events of what the store kept of a listener."""
    return ingested([json.dumps(line).encode() for line in json.loads(made.logs)])


def as_columns(row: object) -> Columns:
    """One row of features as a model reads it."""
    assert isinstance(row, dict)
    texts = {name: np.array([row[name]], dtype=object) for name in SCHEMA.categorical}
    numbers = {name: np.array([row[name]], dtype=np.float64) for name in SCHEMA.numeric}
    return Columns(texts | numbers, 1)
