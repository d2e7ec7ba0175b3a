"""A listener who is known everywhere is forgotten everywhere, and nobody else is touched."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from churn_assets.cutoffs import days_between
from churn_assets.forgetting.texts import Cleaner
from churn_assets.ingest.chunks import read_chunks
from churn_assets.ingest.landing import LandingFile, list_landing
from churn_assets.ingest.tables import QUARANTINED_LINES, RAW_LOGS
from churn_assets.lake.frames import read_frame
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import tracking_below
from churn_assets.serving.reader import snapshot
from churn_assets_tests.forgetting.conftest import Forgotten
from churn_assets_tests.forgetting.planted import USER, WORDS
from churn_assets_tests.forgetting.search import found
from churn_assets_tests.forgetting.site import answers, forgetting, rows_of_others
from churn_assets_tests.orchestration.tiny import DAILY, FIRST_DAY, LAST_DAY, Site, copied
from churn_assets_tests.serving.api.champions import rows

PLACES = {
    "landing/more",
    "landing/served",
    "lake/raw_logs",
    "lake/quarantined_lines",
    "lake/events",
    "lake/sessions",
    "lake/listener_days",
    "lake/listener_item_gaps",
    "lake/population",
    "lake/churn_labels",
    "lake/user_features",
    "lake/training_set",
    "lake/churn_scores",
    "lake/prediction_log",
    "lake/.staging",
    "mlflow/artifacts",
    "mlflow/mlflow.db",
    "reports/calls",
    ".dagster/history",
    "predictions.db",
    "server.log",
}


def lines(file: LandingFile) -> list[bytes]:
    """The lines of a landing file by number."""
    return [line for chunk in read_chunks(file) for line in chunk.data.split(b"\n")]


def registry(site: Site) -> ModelRegistry:
    """The site's models."""
    return ModelRegistry(tracking_below(site.settings.mlflow_home))


def test_before_the_listener_is_found_in_every_place(known: Site) -> None:
    files = {file for file, _ in found([known.home], WORDS)}

    assert PLACES - {"/".join(file.split("/")[:2]) for file in files} == set()


def test_afterwards_no_word_of_them_is_left_in_any_file_or_database(forgotten: Forgotten) -> None:
    assert found([forgotten.site.home], WORDS) == set()


def test_the_proof_counts_what_was_removed_and_finds_nothing_left(known: Site, forgotten: Forgotten) -> None:
    proof = forgotten.proof

    assert proof.removed == forgetting(known).count()
    assert set(proof.left.values()) == {0}
    assert proof.versions == ("1",)


def test_every_row_of_everybody_else_stays_as_it_is_to_the_last_bit(forgotten: Forgotten) -> None:
    after = rows_of_others(forgotten.site.lake)

    assert after.keys() == forgotten.others.keys()
    assert [path for path, before in forgotten.others.items() if after[path] != before] == []


def test_other_lines_keep_their_bytes_and_numbers(known: Site, forgotten: Forgotten) -> None:
    before, after = (list_landing(str(site.landing)) for site in (known, forgotten.site))

    assert [file.name for file in after] == [file.name for file in before]
    for old, new in zip(before, after, strict=True):
        pairs = list(zip(lines(old), lines(new), strict=True))
        assert all(line == blanked or not blanked for line, blanked in pairs)
        assert all(forgetting(known).listener.owns(line) for line, blanked in pairs if line != blanked)


def test_traced_lines_of_others_are_still_theirs(forgotten: Forgotten) -> None:
    site = forgotten.site
    files = {file.name: lines(file) for file in list_landing(str(site.landing))}
    raw = read_frame(site.lake.scan(RAW_LOGS), ["file", "line", "user_id", "song"])

    for row in raw.to_dict("records"):
        told = json.loads(files[row["file"]][row["line"] - 1])
        assert (told["userId"], told.get("song")) == (row["user_id"], row["song"])


def test_nothing_is_stale_and_nothing_is_left_to_do(forgotten: Forgotten) -> None:
    assert forgotten.site.stale() == {}
    assert forgotten.site.plan() == []


def test_reading_the_blanked_files_again_gives_just_what_the_lake_holds(forgotten: Forgotten, tmp_path: Path) -> None:
    site = copied(forgotten.site, tmp_path / "home")
    before = site.digests()

    site.run(DAILY, str(FIRST_DAY), str(LAST_DAY))

    assert site.digests() == before
    assert site.stale() == {}


def test_each_line_counts_once_as_a_row_or_in_quarantine(forgotten: Forgotten) -> None:
    lake = forgotten.site.lake
    raw, bad = (read_frame(lake.scan(table), ["file", "line"]) for table in (RAW_LOGS, QUARANTINED_LINES))
    there = {(file.name, number) for file in list_landing(str(forgotten.site.landing)) for number in _numbers(file)}

    counted = [*raw.itertuples(index=False, name=None), *bad.itertuples(index=False, name=None)]
    assert len(counted) == len(set(counted))
    assert set(counted) == there


def _numbers(file: LandingFile) -> range:
    return range(1, len(lines(file)) + 1)


def test_models_still_load_verified_and_predict_the_same(known: Site, forgotten: Forgotten) -> None:
    frame = rows(50, seed=9)
    for number in ("1", "2"):
        old, new = (registry(site).load(registry(site).version(number)) for site in (known, forgotten.site))
        assert np.array_equal(old.model.predict(frame), new.model.predict(frame))
        kept = old.artifact.reference()
        kept = kept[kept["user_id"] != USER].reset_index(drop=True)
        pd.testing.assert_frame_equal(new.artifact.reference(), kept, check_exact=True)


def test_a_version_that_never_saw_them_stays_where_and_what_it_is(known: Site, forgotten: Forgotten) -> None:
    before, after = (registry(site).version("2") for site in (known, forgotten.site))

    assert after.digest == before.digest or "older" in registry(known).open(before).evaluation
    assert registry(forgotten.site).find(CHAMPION) == registry(forgotten.site).version("1")


def test_plain_mlflow_loads_the_champion_that_was_sealed_again(
    forgotten: Forgotten, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.setenv(name, registry(forgotten.site).tracking.url)

    loaded = mlflow.pyfunc.load_model(f"models:/churn@{CHAMPION}")

    assert len(loaded.predict(rows(3)[[c.name for c in registry_columns(forgotten)]])) == 3


def registry_columns(forgotten: Forgotten) -> list[object]:
    """Columns of the champion."""
    models = registry(forgotten.site)
    return list(models.load(models.champion()).model.schema.columns)


def test_a_request_about_several_loses_only_their_part(forgotten: Forgotten) -> None:
    _, other, batch = answers()
    with snapshot(forgotten.site.settings.prediction_store_url) as state:
        kept = {one: list(state.made_in(one)) for one in ("alone", "other", "batch")}
        assert list(state.made_of(USER)) == []

    assert kept["alone"] == []
    assert kept["other"] == list(other.predictions)
    assert kept["batch"] == [one for one in batch.predictions if one.user_id != USER]


def test_who_is_forgotten_twice_is_not_known(forgotten: Forgotten, tmp_path: Path) -> None:
    site = copied(forgotten.site, tmp_path / "home")

    proof = forgetting(site).carry_out()

    assert set(proof.removed.values()) == {0}
    assert proof.versions == ()


def test_a_listener_with_a_short_number_for_an_id_takes_nobody_else_along(known: Site, tmp_path: Path) -> None:
    site = copied(known, tmp_path / "home")
    before = rows_of_others(site.lake, "2")

    proof = forgetting(site, "2").carry_out()

    assert proof.removed["raw_logs"] > 0
    after = rows_of_others(site.lake, "2")
    assert [path for path, columns in before.items() if after[path] != columns] == []
    assert site.stale() == {}
    assert len(list(days_between(FIRST_DAY, LAST_DAY))) == len(site.lake.keys(RAW_LOGS))


@pytest.mark.parametrize("user", [USER, "2"])
def test_a_text_that_does_not_tell_of_them_is_the_very_same(user: str) -> None:
    from churn_assets.forgetting.listener import Listener

    text = '{"b": 1,   "a": [{"user_id": "1"}]}'

    assert Cleaner(Listener(user)).text(text) is text
