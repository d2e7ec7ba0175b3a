from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.errors import FingerprintError
from churn_assets.features.schema import FeatureSchema
from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import POPULATION
from churn_assets.lake.lake import Lake, Scan
from churn_assets.registry.registry import LoadedModel
from churn_assets.scoring import batches
from churn_assets.scoring.bands import RiskBands
from churn_assets.scoring.batches import Scorer
from churn_assets.scoring.score import Moment, score
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.registry.tiny import CATBOOST, SCHEMA, listeners, trained
from churn_assets_tests.scoring.test_score import load

BANDS = RiskBands(medium=0.2, high=0.5)
MOMENT = Moment(as_of=datetime(2026, 1, 6), inference_timestamp=datetime(2026, 6, 1, 12))  # noqa: DTZ001 — naive UTC
KEY, LATER = "2026-01-05", "2026-01-12"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return load(tmp_path_factory.mktemp("model"), trained(CATBOOST))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 7)


def lake_of(root: Path, frame: pd.DataFrame, *keys: str) -> Lake:
    """A lake with the rows at each of the cut-offs; every third listener is not at risk."""
    lake, known = Lake(root), frame.assign(at_risk=[number % 3 != 0 for number in range(len(frame))])
    known = known.assign(last_ts=known["cutoff"], is_cancelled=False)
    for key in keys or (KEY,):
        with lake.replacing(USER_FEATURES, key) as path:
            pq.write_table(pa.Table.from_pandas(frame[["user_id", *SCHEMA.names]], preserve_index=False), path)
        with lake.replacing(POPULATION, key) as path:
            pq.write_table(pa.Table.from_pandas(known, arrow_schema(POPULATION), preserve_index=False), path)
    return lake


def staged(lake: Lake, loaded: LoadedModel, *, threads: int = 1, schema: FeatureSchema = SCHEMA) -> dict[str, Path]:
    scorer = Scorer(loaded, schema, BANDS, MOMENT, threads)
    return dict(scorer.stage(lake.scan(USER_FEATURES), lake.scan(POPULATION), lake))


def at_once(frame: pd.DataFrame, loaded: LoadedModel) -> pd.DataFrame:
    """The same listeners scored in one frame."""
    wanted = frame[[number % 3 != 0 for number in range(len(frame))]]
    return score(wanted, loaded, schema=SCHEMA, bands=BANDS, moment=MOMENT)


def table_of(scores: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(scores, arrow_schema(CHURN_SCORES), preserve_index=False)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("count", [1, 7, 8, 30])
def test_batches_say_what_one_frame_says(count: int, threads: int, loaded: LoadedModel, tmp_path: Path) -> None:
    frame = listeners(count)
    written = pq.read_table(staged(lake_of(tmp_path, frame), loaded, threads=threads)[KEY])
    assert written.equals(table_of(at_once(frame, loaded)).replace_schema_metadata(None))


def test_the_file_has_the_schema_of_its_contract_even_if_nobody_is_at_risk(loaded: LoadedModel, tmp_path: Path) -> None:
    written = pq.read_table(staged(lake_of(tmp_path, listeners(1)), loaded)[KEY])
    assert (len(written), written.schema) == (0, arrow_schema(CHURN_SCORES))


def test_every_cutoff_has_a_file_of_its_own(loaded: LoadedModel, tmp_path: Path) -> None:
    files = staged(lake_of(tmp_path, listeners(9), KEY, LATER), loaded)
    assert list(files) == [KEY, LATER]
    assert len({*files.values()}) == len(files)


def test_a_listener_who_has_features_and_no_place_in_the_population_is_not_scored(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    lake = lake_of(tmp_path, listeners(9))
    path = lake.path(POPULATION, KEY)
    pq.write_table(pq.read_table(path, partitioning=None).slice(0, 5), path)
    assert pq.read_table(staged(lake, loaded)[KEY])["user_id"].to_pylist() == ["00001", "00002", "00004"]


def test_a_refused_model_leaves_nothing_staged(loaded: LoadedModel, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, listeners(9), KEY, LATER)
    with pytest.raises(FingerprintError):
        staged(lake, loaded, schema=FeatureSchema(SCHEMA.columns, "another"))
    assert list(lake.staging().iterdir()) == []


def test_a_population_that_is_not_there_is_told_of(loaded: LoadedModel, tmp_path: Path) -> None:
    lake, scorer = lake_of(tmp_path, listeners(9)), Scorer(loaded, SCHEMA, BANDS, MOMENT)
    with pytest.raises(KeyError):
        scorer.stage(lake.scan(USER_FEATURES), Scan(POPULATION, ()), lake)
    assert list(lake.staging().iterdir()) == []
