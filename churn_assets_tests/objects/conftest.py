from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_assets.lake.copies import Copies
from churn_assets.lake.lake import Lake
from churn_assets_tests.objects.servers import BUCKET, Store, known, moto, seaweed

ENOUGH = 1 << 30


@pytest.fixture(scope="module", params=["moto", "seaweedfs"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Each of both stores."""
    folder = tmp_path_factory.mktemp("store") / "seaweed"
    with moto() if request.param == "moto" else seaweed(folder) as running, known(running):
        yield running


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Store]:
    """Moto alone, where the store makes no difference."""
    with moto() as running, known(running):
        yield running


def lake_at(store: Store, name: str, copies: Path) -> Lake:
    """The lake of a name, as a machine sees it whose copies are in that folder."""
    assert store.endpoint
    return Lake.at(f"s3://{BUCKET}/{name}", Copies(copies, ENOUGH))
