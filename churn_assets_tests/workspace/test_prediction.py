"""Predictions for raw events are what the API answers for them."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zstandard
from msgspec.structs import fields
from starlette.testclient import TestClient

from churn_assets.errors import RequestError
from churn_assets.ingest.exact_line import read_line
from churn_assets.ingest.log_line import LogLine
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.serving.app import create_app
from churn_assets.workspace.prediction import _log_name
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import Service

Event = Mapping[str, Any]
LISTENERS = 12
SHOWN = ("churn_probability", "churn_pred", "risk_band", "at_risk", "is_cold_start", "knowledge", "model_version")


@pytest.fixture(scope="module")
def client(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API of the service, whose predictions are kept elsewhere."""
    store = f"sqlite:///{tmp_path_factory.mktemp('store')}/predictions.db"
    with TestClient(create_app(service.settings.model_copy(update={"store_url": store}))) as found:
        yield found


@pytest.fixture(scope="module")
def lines(service: Service) -> list[bytes]:
    """The lines of a few listeners as they landed: replayed ones among them, broken ones left out."""
    users = set(service.rows(CHURN_SCORES)["user_id"].unique()[:LISTENERS])
    files = sorted((service.home / "landing").glob("*.json.gz"))
    every = [line for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    return [line for line in every if getattr(read_line(line), "user_id", None) in users]


@pytest.fixture(scope="module")
def events(lines: list[bytes]) -> list[Event]:
    """The same as objects."""
    return [json.loads(line) for line in lines]


def answers(client: TestClient, events: Sequence[Event], **options: Any) -> pd.DataFrame:
    """What the API says."""
    answer = client.post("/predict_batch", json={"logs": events, **options}).json()
    return pd.DataFrame(answer["predictions"]).rename(columns={"userId": "user_id"})


def assert_same(said: pd.DataFrame, answered: pd.DataFrame) -> None:
    """Both say the same of the same listeners, to the last bit."""
    columns = ["user_id", *SHOWN, *(["reasons"] if "reasons" in answered else [])]
    pd.testing.assert_frame_equal(said[columns], answered[columns], check_exact=True)
    assert list(said["as_of"]) == [pd.Timestamp(moment).tz_localize(None) for moment in answered["as_of"]]


def test_a_list_of_events_is_answered_as_by_the_api(ws: Workspace, client: TestClient, events: list[Event]) -> None:
    said = ws.predict(events, explain=True)

    assert_same(said, answers(client, events, explain=True))
    assert len(said) == LISTENERS


def test_the_cut_off_may_be_told(ws: Workspace, client: TestClient, events: list[Event]) -> None:
    said = ws.predict(events, as_of="2026-01-26")

    assert_same(said, answers(client, events, as_of="2026-01-26"))
    assert set(said["as_of"]) == {pd.Timestamp("2026-01-26")}
    assert "reasons" not in said


@pytest.mark.parametrize("name", ["log.json", "log.jsonl", "log.json.gz", "log.json.zst", "array.json", "body.json"])
def test_a_file_is_answered_like_its_events(
    ws: Workspace, lines: list[bytes], events: list[Event], tmp_path: Path, name: str
) -> None:
    array = b"[" + b",\n".join(lines) + b"]"
    content = {"array.json": array, "body.json": b'{"logs": %s}' % array}.get(name, b"\n".join(lines) + b"\n")
    packed = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}.get(Path(name).suffix, bytes)
    (tmp_path / name).write_bytes(packed(content))

    pd.testing.assert_frame_equal(_timeless(ws.predict(tmp_path / name)), _timeless(ws.predict(events)))


def test_a_frame_of_log_lines_is_answered_like_them(ws: Workspace, events: list[Event]) -> None:
    frame = pd.DataFrame(events)
    assert frame.isna().to_numpy().any()

    said = ws.predict(frame)

    pd.testing.assert_frame_equal(_timeless(said), _timeless(ws.predict(events)))
    records: list[Any] = frame.to_dict("records")
    pd.testing.assert_frame_equal(_timeless(ws.predict(records)), _timeless(said))


@pytest.mark.parametrize("table", ["raw_logs", "events"])
def test_rows_of_the_lake_are_answered_like_the_lines_they_came_from(
    ws: Workspace, events: list[Event], table: str
) -> None:
    rows = ws.load(table)
    rows = rows[rows["user_id"].isin({event["userId"] for event in events})]

    said, expected = (_timeless(ws.predict(logs, explain=True)).set_index("user_id") for logs in (rows, events))

    # Replays and the order of files are of no account to features.
    columns = [*SHOWN, "as_of", "reasons"]
    pd.testing.assert_frame_equal(said.loc[expected.index, columns], expected[columns], check_exact=True)


def test_rows_of_the_lake_without_all_that_features_read_are_refused(ws: Workspace) -> None:
    events = ws.load("events", day="2026-01-20")

    with pytest.raises(RequestError, match="The rows lack os, song, which features are made from: load `events`"):
        ws.predict(events.drop(columns=["song", "os"]))


def _timeless(said: pd.DataFrame) -> pd.DataFrame:
    return said.drop(columns="inference_timestamp")


def test_predictions_are_not_kept(ws: Workspace, service: Service, events: list[Event]) -> None:
    ws.predict(events)

    assert not (service.home / "predictions.db").exists()


@pytest.mark.parametrize(
    ("logs", "said"),
    [
        ([], "`logs` is empty"),
        ([{"userId": "1"}], r"/logs/0/ts"),
        ([{"userId": "", "ts": 1_767_600_000_000, "sessionId": 1, "itemInSession": 0, "page": "Home"}], "visitor"),
        ([{"ts": object()}], "cannot be written as JSON .*object is no value of a log.*as the log has them"),
        ("/no/such/file.json", "/no/such/file.json cannot be read .*: pass the path of a log file"),
        ([3], "cannot be written as JSON"),
    ],
)
def test_what_cannot_be_used_is_told_with_event_and_field(ws: Workspace, logs: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        ws.predict(logs)


def test_a_broken_line_of_a_file_is_told(ws: Workspace, lines: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(lines[0] + b'\n{"ts": "soon"}\n')

    with pytest.raises(RequestError, match=r"1 of 2 events cannot be used; the first is /logs/1/ts"):
        ws.predict(tmp_path / "log.json")


def test_our_columns_are_called_in_events_as_the_log_calls_them() -> None:
    named = {field.name: field.encode_name for field in fields(LogLine)}

    assert {ours: _log_name(ours) for ours in named} == named
    assert {logs: _log_name(logs) for logs in named.values()} == {logs: logs for logs in named.values()}


def test_values_of_numpy_and_times_are_events_too(ws: Workspace, events: list[Event]) -> None:
    """As `frame.to_dict("records")` and hand-written events have them."""
    times = [pd.Timestamp(event["ts"], unit="ms") for event in events]
    numbers = [{**event, "ts": np.int64(event["ts"]), "sessionId": np.int64(event["sessionId"])} for event in events]
    dated = [{**event, "ts": time.to_pydatetime()} for event, time in zip(events, times, strict=True)]

    expected = _timeless(ws.predict(events))

    pd.testing.assert_frame_equal(_timeless(ws.predict(numbers)), expected)
    pd.testing.assert_frame_equal(_timeless(ws.predict(dated)), expected)
