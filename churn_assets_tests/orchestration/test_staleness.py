"""What is stale, in our eyes and in Dagster's."""

from datetime import date

import dagster as dg
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from churn_assets.ingest.arrivals import manifest_path
from churn_assets.resources.history import History
from churn_assets.settings import Settings
from churn_assets_tests.orchestration.tiny import CUTOFFS, DAILY, Site, day_lines, line, write_lines

LATE = date(2024, 1, 10)
AFFECTED = CUTOFFS[1:]


def land_late(site: Site) -> None:
    """A row of a day that was read before."""
    write_lines(site.landing / "late.json", [line(LATE, 5, 7, song="A song nobody heard", page="Thumbs Up")])


def dagsters_stale(site: Site, asset: str) -> set[str]:
    """The partitions of an asset that Dagster's UI shows as stale."""
    graph = site.defs.resolve_asset_graph()
    resolver = CachingStaleStatusResolver(site.instance, graph, LoadingContextForTest(site.instance))
    keys = site.states()[asset].materialised
    return {key for key in keys if resolver.get_status(dg.AssetKey(asset), key) == StaleStatus.STALE}


def test_nothing_is_stale_once_everything_is_made(made_site: Site) -> None:
    assert made_site.stale() == {}
    assert {asset: dagsters_stale(made_site, asset) for asset in ("listener_days", "user_features")} == {
        "listener_days": set(),
        "user_features": set(),
    }


def test_a_landed_row_makes_only_its_raw_day_stale(site: Site) -> None:
    land_late(site)

    assert site.stale()["raw_logs"] == {"2024-01-10": "other files have landed"}


def test_a_changed_day_makes_exactly_what_sees_it_stale_here_and_in_dagster(site: Site) -> None:
    land_late(site)

    site.run(DAILY, LATE.isoformat())

    stale = site.stale()
    assert stale["user_features"] == dict.fromkeys(AFFECTED, "listener_days 2024-01-10 changed")
    assert set(stale["population"]) == set(AFFECTED)
    assert set(stale["churn_labels"]) == {CUTOFFS[0]}
    for asset in ("user_features", "population", "churn_labels", "listener_item_gaps", "listener_days"):
        assert dagsters_stale(site, asset) == set(stale.get(asset, {}))


def test_new_code_makes_every_partition_stale(made_site: Site) -> None:
    other = Site(made_site.home)
    vars(other)["settings"] = Settings(**{**made_site.settings.model_dump(), "at_risk_days": 5, "_env_file": None})
    vars(other)["instance"] = made_site.instance

    stale = other.stale()

    assert stale == {"population": dict.fromkeys(CUTOFFS, "its code changed")}


def test_a_partition_that_was_deleted_is_missing(site: Site) -> None:
    (site.lake.root / "sessions" / "day=2024-01-04" / "part-0.parquet").unlink()

    assert site.states()["sessions"].missing == ("2024-01-04",)


def test_the_version_of_a_partition_is_the_hash_of_its_content(made_site: Site) -> None:
    history = History(made_site.instance, "events")

    newest = max(made.event for made in history.made.values())

    versions = {key: made.version for key, made in history.made.items()}
    assert versions == history.versions_at(newest)
    assert versions["2024-01-01"] == made_site.metadata("events", "2024-01-01")["sha256"]
    assert len(set(versions.values())) > 1
    assert history.versions_at(None) == {}


def test_a_file_that_was_touched_is_read_again_without_making_anything_else_stale(site: Site) -> None:
    path = site.landing / "2024-01-02.json"
    write_lines(path, day_lines(date(2024, 1, 2)))

    site.run(["raw_logs", "quarantined_lines"], "2024-01-02")

    assert manifest_path(site.lake).exists()
    assert site.stale() == {}


def test_only_the_newest_cutoff_can_be_listed_so_that_no_list_is_made_that_nobody_could_call_from(
    made_site: Site,
) -> None:
    state = made_site.states("retention")["retention_list"]

    assert (state.keys, state.missing) == ((CUTOFFS[-1],), (CUTOFFS[-1],))
    assert state.is_record
