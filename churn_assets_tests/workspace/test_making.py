"""Materialising from a notebook."""

import shutil
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

import churn_assets
from churn_assets.contracts.contract import Contract
from churn_assets.errors import ChurnAssetsError, ImmatureLabelError, MissingPartitionError, UnknownNameError
from churn_assets.features.tables import LISTENER_DAYS, USER_FEATURES
from churn_assets.lake.engine import describe
from churn_assets.settings import Settings
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import CUTOFFS, Service
from churn_assets_tests.orchestration.tiny import CUTOFFS as TINY_CUTOFFS
from churn_assets_tests.orchestration.tiny import Site, landed_site


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A tiny site whose days and features a notebook has made, from another folder than any of its own."""
    site = landed_site(tmp_path_factory.mktemp("site") / "home")
    with pytest.MonkeyPatch.context() as scene:
        scene.delenv("DAGSTER_HOME", raising=False)
        scene.chdir(tmp_path_factory.mktemp("elsewhere"))
        ws = churn_assets.connect(site.settings)
        for name in ("raw_logs", "events", "sessions", "listener_days", "listener_item_gaps", "user_features"):
            ws.materialize(name)
    return site


@pytest.fixture
def tiny(made: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A copy that a test may change."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    shutil.copytree(made.home, tmp_path / "home")
    return Site(tmp_path / "home")


def digest(site: Site, contract: Contract, key: str) -> str:
    """Hash of a partition's content."""
    return describe(key, site.lake.path(contract, key)).sha256


def test_a_table_is_made_from_nothing_one_after_the_other(made: Site) -> None:
    assert made.lake.keys(USER_FEATURES) == TINY_CUTOFFS
    assert len(churn_assets.connect(made.settings).load("user_features")) > 0


def test_what_a_notebook_made_is_in_the_history_that_the_ui_and_the_command_show(tiny: Site) -> None:
    with Service(tiny.home, {}).session() as session:
        del session
    done = churn_assets.connect(tiny.settings).materialize("user_features", cutoff=TINY_CUTOFFS[1])

    instance = dg.DagsterInstance.from_config(str(tiny.home / ".dagster"))
    run = instance.get_run_by_id(done.run_id)
    newest = instance.fetch_materializations(dg.AssetKey("user_features"), limit=1).records[0]
    assert run is not None
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert (newest.run_id, newest.partition_key) == (done.run_id, TINY_CUTOFFS[1])
    assert instance.get_materialized_partitions(dg.AssetKey("user_features")) == set(TINY_CUTOFFS)


def test_tables_of_one_step_are_made_together(tiny: Site, capsys: pytest.CaptureFixture[str]) -> None:
    done = churn_assets.connect(tiny.settings).materialize("raw_logs", start="2024-01-03", end="2024-01-05")

    days = ("2024-01-03", "2024-01-04", "2024-01-05")
    assert done.written == {"quarantined_lines": days, "raw_logs": days}
    assert repr(done).startswith("<Made quarantined_lines (3: 2024-01-03 to 2024-01-05), raw_logs (3: ")
    shown = capsys.readouterr().out
    assert "raw_logs" in shown
    assert "3/3 partitions" in shown


def test_making_again_changes_nothing(tiny: Site) -> None:
    before = digest(tiny, USER_FEATURES, TINY_CUTOFFS[-1])

    churn_assets.connect(tiny.settings).materialize("user_features", cutoff=TINY_CUTOFFS[-1])

    assert digest(tiny, USER_FEATURES, TINY_CUTOFFS[-1]) == before


def test_what_has_to_be_made_before_is_named(tiny: Site) -> None:
    ws = churn_assets.connect(tiny.settings)
    shutil.rmtree(tiny.lake.path(LISTENER_DAYS, "2024-01-10").parent)

    with pytest.raises(MissingPartitionError, match=r"listener_days lacks 1 of the days .*2024-01-10"):
        ws.materialize("user_features", cutoff="2024-01-15")

    ws.materialize("listener_days", day="2024-01-10")
    assert ws.materialize("user_features", cutoff="2024-01-15").written == {"user_features": ("2024-01-15",)}


def test_the_working_directory_is_where_it_was(tiny: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    ws = churn_assets.connect(tiny.settings)

    with pytest.raises(ChurnAssetsError):
        ws.materialize("training_set")

    assert Path.cwd() == tmp_path


def test_a_project_has_its_history_where_its_own_commands_have_it(
    tiny: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    tiny.home.rename(project / "data")
    shutil.copy(Path(__file__).parents[2] / "dagster.yaml", project)
    days = {"FIRST": "2024-01-01", "LAST": "2024-01-23"}
    sizes = {"LOOKBACK_DAYS": 14, "HORIZON_DAYS": 7, "AT_RISK_DAYS": 7, "WARMUP_DAYS": 7}
    told = {**{f"{name}_DAY": day for name, day in days.items()}, **sizes}
    (project / ".env").write_text("".join(f"CHURN_{name}={value}\n" for name, value in told.items()))
    monkeypatch.chdir(tmp_path)

    done = churn_assets.connect(project).materialize("user_features", cutoff=TINY_CUTOFFS[0])

    monkeypatch.chdir(project)
    assert dg.DagsterInstance.from_config(str(project)).get_run_by_id(done.run_id) is not None


@pytest.mark.parametrize(
    ("name", "asked", "error", "said"),
    [
        ("user_feature", {}, UnknownNameError, "did you mean 'user_features'"),
        ("user_features", {"cutoff": "2026-01-20"}, UnknownNameError, "Near it: 2026-01-19 and 2026-01-26"),
        ("user_features", {"cutoff": "2026-02-16"}, MissingPartitionError, "the newest cut-off is 2026-02-09"),
        ("user_features", {"cutoff": CUTOFFS[:3:2]}, UnknownNameError, "2026-01-19 lies between 2026-01-12 and"),
        ("user_features", {"day": "2026-01-19"}, UnknownNameError, "kept by cutoff"),
        ("user_features", {"start": "2026-03-01"}, MissingPartitionError, "can be made: 2026-01-12 to 2026-02-09"),
        ("churn_labels", {"cutoff": "2026-02-09"}, ImmatureLabelError, r"up to 2026-02-16 \(exclusive\)"),
        ("events", {"day": "2025-12-31"}, MissingPartitionError, "log lasts from 2026-01-05 to 2026-02-10"),
        ("training_set", {"day": "2026-01-19"}, UnknownNameError, "leave out day="),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_runs(
    ws: Workspace, name: str, asked: dict[str, str], error: type[ChurnAssetsError], said: str
) -> None:
    history = ws.home / ".dagster" / "storage" / "history" / "runs.db"
    before = history.stat().st_mtime_ns

    with pytest.raises(error, match=said):
        ws.materialize(name, **asked)  # type: ignore[arg-type]

    assert history.stat().st_mtime_ns == before


def test_before_anything_landed_cut_offs_say_what_to_do(tmp_path: Path) -> None:
    ws = churn_assets.connect(Settings(home=tmp_path / "home", _env_file=None))

    with pytest.raises(MissingPartitionError, match=r"Nothing has landed in .* put log files into"):
        ws.materialize("user_features")
    assert not (tmp_path / "home").exists()


def test_status_says_what_is_missing_and_why_things_are_stale(tiny: Site) -> None:
    ws = churn_assets.connect(tiny.settings)
    shutil.rmtree(tiny.lake.path(LISTENER_DAYS, "2024-01-10").parent)

    status = ws.status()

    assert status.loc["listener_days", ["materialised", "missing"]].tolist() == [22, 1]
    assert status.loc["listener_days", "why"] == "never made"
    assert status.loc["user_features", ["materialised", "missing", "stale"]].tolist() == [3, 0, 0]
    assert status.loc["churn_labels", "missing"] == 2
    assert isinstance(status, pd.DataFrame)
