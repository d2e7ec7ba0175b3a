"""The trace of a prediction in a notebook; what a trace holds is tested where it is made."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from churn_assets.errors import LineageError
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import CUTOFFS, Service


@pytest.fixture(scope="module")
def score(service: Service) -> pd.Series:
    """A score of the newest cut-off."""
    return service.rows(CHURN_SCORES, CUTOFFS[-1]).iloc[0]


def test_a_score_is_traced_to_lines_that_are_the_listeners(
    ws: Workspace, service: Service, score: pd.Series, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)

    trace = ws.trace((score["user_id"], CUTOFFS[-1]))

    assert trace.prediction.churn_probability == score["churn_probability"]
    assert trace.made_again == pytest.approx(score["churn_probability"])
    last = trace.lines.iloc[-1]
    lines = gzip.decompress((service.home / "landing" / last["file"]).read_bytes()).splitlines()
    assert f'"userId":"{score["user_id"]}"'.encode() in lines[last["line"] - 1]
    assert len(trace.materialisations) > 0
    assert Path.cwd() == tmp_path


def test_a_listener_may_be_named_alone_and_is_traced_at_their_newest_score(ws: Workspace, score: pd.Series) -> None:
    trace = ws.trace(user_id=score["user_id"])

    assert trace.prediction.cutoff == pd.Timestamp(CUTOFFS[-1])


@pytest.mark.parametrize(
    ("of", "named", "said"),
    [
        (None, {}, "Name a prediction"),
        (("nobody", CUTOFFS[-1]), {}, "nobody"),
        ("no-such-request", {}, "no-such-request"),
        ("no-such-request", {"cutoff": CUTOFFS[-1]}, "leave the cut-off out"),
    ],
)
def test_what_cannot_be_traced_is_told(
    ws: Workspace, of: str | tuple[str, str] | None, named: dict[str, str], said: str
) -> None:
    with pytest.raises(LineageError, match=said):
        ws.trace(of, **named)  # type: ignore[arg-type]
