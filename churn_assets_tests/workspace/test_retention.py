"""The retention list in a notebook."""

from pathlib import Path

import pandas as pd
import pytest

from churn_assets.errors import MissingPartitionError, RetentionError
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import CUTOFFS, Service
from churn_assets_tests.workspace.test_models import Tags

DEAR = {"value": {"paid": 200.0, "free": 40.0}, "save_rate": 0.3, "cost": 2.0}


def test_on_the_settings_terms_it_is_the_list_that_was_kept(ws: Workspace, service: Service) -> None:
    listed = ws.retention_list()

    assert listed.is_kept
    assert listed.cutoff == CUTOFFS[-1]
    pd.testing.assert_frame_equal(listed.rows, service.rows(RETENTION_LIST, CUTOFFS[-1]))


def test_on_other_terms_it_is_worked_out_and_says_so(ws: Workspace) -> None:
    listed = ws.retention_list(budget=20, **DEAR)  # type: ignore[arg-type]

    assert not listed.is_kept
    assert "not kept" in repr(listed)
    assert (len(listed.calls), listed.cost) == (10, 20.0)
    worth = listed.rows["churn_probability"] * 0.3 * listed.rows["level"].map({"paid": 200.0, "free": 40.0}) - 2.0
    pd.testing.assert_series_equal(listed.rows["expected_value"], worth, check_names=False)
    assert listed.rows["expected_value"].is_monotonic_decreasing
    assert listed.expected_value == pytest.approx(listed.calls["expected_value"].sum())


def test_who_is_held_out_is_no_call(ws: Workspace) -> None:
    listed = ws.retention_list(hold_out=0.5, campaign="autumn", **DEAR)  # type: ignore[arg-type]

    assert len(listed.held_out) > 10
    assert len(listed.calls) + len(listed.held_out) == len(listed.rows)
    assert not set(listed.calls["user_id"]) & set(listed.held_out["user_id"])


def test_an_earlier_cut_off_can_be_asked_for(ws: Workspace) -> None:
    assert ws.retention_list(cutoff=CUTOFFS[1], **DEAR).cutoff == CUTOFFS[1]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["list.csv", "list.parquet"])
def test_callers_get_a_file_without_the_hold_outs(ws: Workspace, tmp_path: Path, name: str) -> None:
    listed = ws.retention_list(hold_out=0.5, **DEAR)  # type: ignore[arg-type]

    path = listed.save(tmp_path / name, calls_only=True)

    read = pd.read_csv(path, dtype={"user_id": str}) if path.suffix == ".csv" else pd.read_parquet(path)
    assert list(read["user_id"]) == list(listed.calls["user_id"])


def test_a_notebook_shows_figures_the_first_rows_and_a_picture(ws: Workspace) -> None:
    listed = ws.retention_list(budget=30, **DEAR)  # type: ignore[arg-type]

    html = listed._repr_html_()

    assert Tags(html).found.count("tr") == 11
    assert f"<p>{listed.sentence}</p>" in html
    assert '<img alt="Expected money by listeners called' in html


def test_what_cannot_be_listed_is_told(ws: Workspace) -> None:
    with pytest.raises(RetentionError, match="save_rate is 2: it is a share"):
        ws.retention_list(save_rate=2)
    with pytest.raises(MissingPartitionError, match="the newest cut-off is 2026-02-09"):
        ws.retention_list(cutoff="2026-02-16")
    with pytest.raises(RetentionError, match="has labels yet"):
        ws.retention_effect()
    with pytest.raises(RetentionError, match="No listener is on a list of the campaign 'spring'"):
        ws.retention_effect("spring")
    with pytest.raises(MissingPartitionError, match="made for the newest cut-off alone, 2026-02-09"):
        ws.load("retention_list", cutoff=CUTOFFS[0])
