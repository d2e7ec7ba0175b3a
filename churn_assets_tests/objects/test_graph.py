"""The graph, from logs in a bucket to scores in a bucket, through Dagster."""

from pathlib import Path

import pytest

from churn_assets_tests.objects.servers import BUCKET, Store
from churn_assets_tests.objects.site import BucketSite, landed_in, scored, tables
from churn_assets_tests.orchestration.tiny import CUTOFFS, Site, landed_site


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
