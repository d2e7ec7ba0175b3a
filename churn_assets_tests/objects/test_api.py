"""The API over a lake in a bucket, while the store is there and after it went away."""

from pathlib import Path

import pytest
import s3fs
from starlette.testclient import TestClient

from churn_assets.lake.lake import Lake
from churn_assets.serving.app import create_app
from churn_assets_tests.objects.servers import BUCKET, known, moto
from churn_assets_tests.serving.api.champions import make_home
from churn_assets_tests.serving.api.test_routes import DATA_CLOCK


def put_lake(folder: Path, lake: Lake) -> None:
    """Every file of a lake in a folder, put into a bucket under the same name."""
    for path in folder.rglob("*.parquet"):
        staged = lake.staging() / "staged.parquet"
        staged.write_bytes(path.read_bytes())
        lake.store.put(staged, path.relative_to(folder).as_posix())


def test_scores_come_from_the_bucket_and_their_absence_is_told_while_it_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    home = make_home(tmp_path / "home")
    settings = home.settings(lake=f"s3://{BUCKET}/lake")
    with moto() as store, known(store):
        put_lake(home.folder / "lake", Lake.of(settings))
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            found = client.get("/users/1").json()
            ready = client.get("/readyz").json()
            assert (found["cutoff"][:10], found["churn_probability"]) == ("2024-04-01", 0.75)
            assert (client.get("/users/nobody").status_code, ready["data_clock"]) == (404, DATA_CLOCK)

            store.kill()
            away = client.get("/users/1")
            client.app.state.service.refresh()  # type: ignore[attr-defined]
            ready = client.get("/readyz")

    assert (away.status_code, away.json()["type"]) == (503, "urn:churn-assets:problem:lake-unavailable")
    assert away.headers["retry-after"] == "10"
    assert store.endpoint not in away.text
    assert (ready.status_code, ready.json()["status"], ready.json()["data_clock"]) == (200, "degraded", DATA_CLOCK)
