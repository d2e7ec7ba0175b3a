"""Logs that the simulator writes into a bucket."""

from datetime import date
from pathlib import Path

import pytest

from churn_assets.cli.demo import run_demo
from churn_assets.cli.simulate import simulate_logs
from churn_assets.errors import LandingError
from churn_assets.ingest.delivery import holds_anything, landing_folder
from churn_assets.ingest.landing import list_landing
from churn_assets.settings import Settings
from churn_assets.simulate import World
from churn_assets_tests.objects.servers import BUCKET, Store, known

WORLD = World(first_day=date(2026, 1, 5), days=3, listeners=10)


def settings_of(home: Path, landing: str | None) -> Settings:
    return Settings(_env_file=None, home=home, landing=landing, first_day=WORLD.first_day)


def contents(url: str) -> dict[str, bytes]:
    """What has landed."""
    found = {}
    for file in list_landing(url):
        with file.open() as handle:
            found[file.name] = handle.read()
    return found


def test_simulated_logs_land_in_the_bucket_as_they_do_in_a_folder(store: Store, tmp_path: Path) -> None:
    assert store.endpoint
    url = f"s3://{BUCKET}/{tmp_path.name}/landing"
    assert not holds_anything(url)

    done = simulate_logs(settings_of(tmp_path / "remote", url), WORLD)
    again = simulate_logs(settings_of(tmp_path / "local", None), WORLD)

    assert done == again
    assert contents(url) == contents(str(tmp_path / "local" / "landing"))
    assert sorted(contents(url)) == [f"2026-01-0{day}.json.gz" for day in (5, 6, 7)]
    assert holds_anything(url)
    assert not Path("s3:").exists()


def test_the_demo_mixes_its_logs_with_no_others_in_a_bucket(in_memory: Store, tmp_path: Path) -> None:
    url = f"s3://{BUCKET}/{tmp_path.name}"
    in_memory.system().pipe_file(f"{url}/foreign.json", b"{}")

    with pytest.raises(LandingError, match=f"{url} holds logs that the demo did not simulate"):
        run_demo(settings_of(tmp_path, url))


def test_a_bucket_that_is_not_there_is_named(in_memory: Store) -> None:
    assert in_memory.endpoint

    with pytest.raises(LandingError, match=r"one\.json cannot be put .*s3://nowhere/landing"):
        deliver("s3://nowhere/landing")


def test_a_store_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with known(Store("http://127.0.0.1:9")), pytest.raises(LandingError, match=r"one\.json cannot be put"):
        deliver(f"s3://{BUCKET}/landing")


def test_logs_that_were_not_written_to_their_end_do_not_land(in_memory: Store, tmp_path: Path) -> None:
    assert in_memory.endpoint
    url = f"s3://{BUCKET}/{tmp_path.name}"

    with pytest.raises(FileNotFoundError):
        deliver(url, "one.json", "no such folder/two.json")

    assert not holds_anything(url)


def deliver(url: str, *names: str) -> None:
    """Let files land there, or one if none are named."""
    with landing_folder(url) as folder:
        for name in names or ("one.json",):
            (folder / name).write_bytes(b"{}")
