"""A service that moved to a bucket with its tables: it trains there, and its models are kept there too."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from churn_assets.lake.lake import Lake
from churn_assets.registry.registry import ModelRegistry
from churn_assets.registry.tables import CHALLENGER_MODEL, CHAMPION_MODEL
from churn_assets.resources.runner import Range, run_assets
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.end_to_end.conftest import pytest_configure, service, shared
from churn_assets_tests.end_to_end.service import CUTOFFS, Service, copied
from churn_assets_tests.objects.servers import BUCKET, Store

__all__ = ["pytest_configure", "service", "shared"]

URL = f"s3://{BUCKET}/moved"


@dataclass(frozen=True)
class Moved(Service):
    """A service in a bucket."""

    @property
    def lake(self) -> Lake:
        """Its lake."""
        return Lake.of(self.settings)


@pytest.fixture(scope="module")
def moved(in_memory: Store, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """The end-to-end service, carried over as the guide says: folders copied, settings told."""
    with pytest.MonkeyPatch.context() as scene:
        scene.delenv("DAGSTER_HOME", raising=False)
        home, system = copied(service, tmp_path_factory.mktemp("moved") / "home").home, in_memory.system()
        system.put(f"{home / 'lake'}/", f"{URL}/lake/", recursive=True)
        shutil.rmtree(home / "lake")
        yield Moved(home, {**service.changes, "lake": f"{URL}/lake", "mlflow_artifacts": f"{URL}/mlflow"})


def todo(service: Service) -> dict[str, tuple[str, ...]]:
    """What there is to do, by asset."""
    with service.session() as session:
        return {state.asset: state.todo for state in session.states() if state.todo}


def test_what_was_carried_over_is_what_was_made(moved: Moved, service: Service) -> None:
    assert todo(moved) == todo(service)
    assert moved.lake.keys(CHURN_SCORES) == CUTOFFS
    assert moved.registry.champion() == service.registry.champion()


def test_a_model_is_trained_judged_and_kept_in_the_bucket(moved: Moved, in_memory: Store, tmp_path: Path) -> None:
    with moved.session() as session:
        run_assets(session.defs, [CHALLENGER_MODEL.table, "candidate_models"], Range(), instance=session.instance)
        run_assets(session.defs, [CHAMPION_MODEL.table], Range(), instance=session.instance)

    made = moved.registry.challenger()
    records = moved.history.records()
    assert made.source.startswith(f"{URL}/mlflow/churn/models/")
    assert in_memory.system().find(f"{URL}/mlflow/churn/{made.run_id}/artifacts")
    assert (records[-1].version, records[-1].kind) == (made.number, "refusal"), "a tie keeps the champion"
    there = ModelRegistry(replace(moved.registry.tracking, folder=tmp_path))
    assert there.load(made).model.predict(there.load(made).artifact.reference()).size > 0
