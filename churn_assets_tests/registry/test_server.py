"""The registry against a real MLflow server, over HTTP."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from churn_assets.errors import ArtifactError
from churn_assets.registry.history import History
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import Tracking, prepare, tracking_below
from churn_assets_tests.registry.killed import AT
from churn_assets_tests.registry.promoted import promoted
from churn_assets_tests.registry.tiny import listeners, register, trained

PATIENCE_S = 300


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"{url} does not answer")


@pytest.fixture(scope="module")
def served(schema: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    """A prepared store behind a server that keeps the artefacts itself."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    shutil.copy(schema, folder / "mlflow.db")
    options = {
        "--backend-store-uri": f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination": str(folder / "kept"),
        "--port": str(port),
        "--workers": "1",
    }
    command = [sys.executable, "-m", "mlflow", "server", *(text for pair in options.items() for text in pair)]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(f"http://127.0.0.1:{port}")
            yield prepare(tracking_below(tmp_path_factory.mktemp("client"), f"http://127.0.0.1:{port}"))
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def test_a_model_is_registered_promoted_loaded_and_rolled_back_over_http(served: Tracking) -> None:
    registry, frame = ModelRegistry(served), listeners(20)
    history = promoted(History(registry), "1", "2")

    loaded = registry.load(registry.champion())

    assert loaded.version.number == "2"
    np.testing.assert_array_equal(loaded.model.predict(frame), trained().predict(frame))
    assert len(loaded.artifact.reference()) == 200
    assert history.rollback(at=AT).version == "1"
    assert [record.kind for record in history.records()] == ["promotion", "promotion", "rollback"]


def test_a_file_that_the_server_changed_is_refused(served: Tracking) -> None:
    registry = ModelRegistry(served)
    version = register(registry)
    registry.point(CHAMPION, version.number)
    kept = version.source.removeprefix("mlflow-artifacts:/")
    stored = next(served.folder.parent.glob(f"server*/kept/{kept}/MLmodel"))
    stored.write_text(stored.read_text() + " ")

    with pytest.raises(ArtifactError, match="digest registered"):
        registry.load(registry.champion())


def test_a_download_lives_as_long_as_somebody_uses_it_and_no_longer(served: Tracking) -> None:
    registry = ModelRegistry(served)
    artifact = registry.load(register(registry)).artifact
    folder = artifact.folder

    assert len(artifact.reference()) == 200
    del artifact

    assert not folder.exists()
