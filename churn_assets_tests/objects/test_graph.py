"""The graph, from logs in a bucket to scores in a bucket, through Dagster."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churn_assets
from churn_assets.cutoffs import days_between
from churn_assets.ingest.tables import RAW_LOGS
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.resources.forgetting import Forgetting
from churn_assets.resources.runner import RANGE_END, RANGE_START
from churn_assets.serving.scores import landed_until, newest_score
from churn_assets.settings import Settings
from churn_assets_tests.lineage.planted import traced_in
from churn_assets_tests.objects.servers import BUCKET, Store
from churn_assets_tests.objects.site import BucketSite, copied_in, landed_in, scored, tables
from churn_assets_tests.orchestration.sensing import asked, carry_out
from churn_assets_tests.orchestration.tiny import CUTOFFS, FIRST_DAY, Site, landed_site, line, write_lines


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The service in folders."""
    return scored(landed_site(tmp_path_factory.mktemp("local")))


@pytest.fixture(scope="module")
def site(in_memory: Store, tmp_path_factory: pytest.TempPathFactory) -> BucketSite:
    """The same service in a bucket."""
    assert in_memory
    remote = BucketSite(tmp_path_factory.mktemp("remote"), f"s3://{BUCKET}/service")
    landed_in(remote, tmp_path_factory.mktemp("beside"))
    scored(remote)
    return remote


def test_every_table_of_the_graph_is_the_same_as_in_folders(site: BucketSite, local: Site) -> None:
    ours, theirs = tables(site.lake), tables(local.lake)

    assert ours.keys() == theirs.keys()
    assert {name for name, rows in ours.items() if not rows.equals(theirs[name])} == set()
    assert len(ours) > 9 * len(CUTOFFS)


def test_nothing_but_copies_and_histories_lies_in_the_home(site: BucketSite) -> None:
    assert not (site.home / "lake").exists()
    assert not (Path.cwd() / "s3:").exists()
    assert list(site.settings.lake_copies.joinpath(".staging").iterdir()) == []


@pytest.fixture
def elsewhere(site: BucketSite, tmp_path: Path) -> Settings:
    """The settings of a machine that shares nothing but the bucket."""
    return site.settings.model_copy(update={"home": tmp_path / "elsewhere"})


def test_nothing_is_stale_or_missing_once_everything_is_made(site: BucketSite) -> None:
    assert (site.stale(), site.plan()) == ({}, [])


def test_a_score_is_looked_up_on_a_machine_that_shares_only_the_bucket(elsewhere: Settings, local: Site) -> None:
    lake = Lake.of(elsewhere)

    assert landed_until(lake) == landed_until(local.lake)
    ours, theirs = newest_score(lake, "1"), newest_score(local.lake, "1")
    assert ours is not None
    assert theirs is not None
    assert (ours.cutoff, ours.churn_probability) == (CUTOFFS[-1] + "T00:00:00.000Z", theirs.churn_probability)
    assert newest_score(lake, "nobody") is None


def test_a_notebook_reads_the_lake_on_a_machine_that_shares_only_the_bucket(elsewhere: Settings, local: Site) -> None:
    elsewhere.home.mkdir()
    ws = churn_assets.connect(elsewhere)
    folders = churn_assets.connect(local.settings)

    columns = ["exist", "of", "rows", "oldest", "newest"]
    assert ws.assets()[columns].equals(folders.assets()[columns])
    assert ws.load("events", columns=["user_id", "song"]).equals(folders.load("events", columns=["user_id", "song"]))
    day = ws.table("events").day == CUTOFFS[0]
    assert ws.table("events").filter(day).count().execute() == len(folders.load("events", day=CUTOFFS[0]))
    assert ws.table("training_set").count().execute() == len(folders.load("training_set")) > 0


def test_a_score_is_traced_to_its_lines_in_the_bucket(site: BucketSite) -> None:
    found = traced_in(site, user="1", cutoff=CUTOFFS[1])

    days = days_between(FIRST_DAY, FIRST_DAY + timedelta(days=13))
    assert sorted(set(found.lines["file"])) == [f"{day}.json" for day in days]


@pytest.fixture
def late(site: BucketSite, tmp_path: Path) -> BucketSite:
    """A copy where a line of an earlier day has just landed."""
    copy = copied_in(site, "late", tmp_path / "home")
    assert copy.stale() == {}
    write_lines(tmp_path / "late.json", [line(FIRST_DAY + timedelta(days=9), 3, 40)])
    assert not isinstance(copy.lake.root, Path)
    copy.lake.root.system.put_file(str(tmp_path / "late.json"), f"{copy.url}/landing/late.json")
    return copy


def test_what_lands_late_in_the_bucket_is_brought_up_to_date_by_the_daemons_sensor(late: BucketSite) -> None:
    assert late.stale()["raw_logs"] == {"2024-01-10": "other files have landed"}

    (days,) = asked(late)
    carry_out(late, days)
    assert late.stale()["user_features"] == dict.fromkeys(CUTOFFS[1:], "listener_days 2024-01-10 changed")

    while requests := asked(late):
        for request in requests:
            carry_out(late, request)
    assert (late.stale(), late.plan()) == ({}, [])
    assert days.tags[RANGE_START] == days.tags[RANGE_END] == "2024-01-10"
    assert "late.json" in set(read_frame(late.lake.scan(RAW_LOGS, ["2024-01-10"]))["file"])
    made = late.events_of("user_features")[-2:]
    assert sorted(str(one.partition) for one in made) == CUTOFFS[1:]


def test_a_forgotten_listener_is_in_no_object_and_in_no_copy(site: BucketSite, tmp_path: Path) -> None:
    copy = copied_in(site, "forgotten", tmp_path / "home")
    others = _of_others(copy.lake, "3")
    work = Forgetting(copy.settings, copy.instance, "3")

    proof = work.carry_out()

    assert sum(proof.left.values()) == 0
    assert proof.removed["events"] > 0
    assert proof.removed["landing files"] > 0
    assert proof.removed["older copies of the lake on this machine"] > 0
    after = _of_others(copy.lake, "3")
    assert {name for name, columns in others.items() if columns != after[name]} == set()
    held = [path for path in copy.settings.lake_copies.rglob("*.parquet") if _names(path, "3")]
    assert held == []
    assert any("other machines" in told for told in work.unreached())
    assert not any("Older versions" in told for told in work.unreached())


def _of_others(lake: Lake, user: str) -> dict[str, list[pa.ChunkedArray]]:
    """Every row that is not a listener's, by file; but for quarantine, which blank lines join."""
    found = {}
    for name, rows in tables(lake).items():
        if "user_id" in rows.column_names:
            kept = pa.array([one != user for one in rows["user_id"].to_pylist()], pa.bool_())
            found[name] = rows.filter(kept).combine_chunks().columns
    return found


def _names(path: Path, user: str) -> bool:
    rows = pq.ParquetFile(path).read()
    return "user_id" in rows.column_names and user in rows["user_id"].to_pylist()
