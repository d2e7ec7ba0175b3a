"""The server: uvicorn with as many workers as the settings say, drained before it stops."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import uvicorn

from churn_assets.serving.access_log import LOGGING
from churn_assets.serving.keys import Keys
from churn_assets.serving.metrics import FOLDER, lives
from churn_assets.settings import Settings

FACTORY = "churn_assets.serving.app:app_of_environment"
DRAIN_S = 30
"""How long requests that are being answered may take once the server was told to stop."""
PATIENCE_S = 60
"""How long a worker may be too busy to say that it lives: starting takes seconds, on a busy machine many."""
METRICS = "churn-metrics"
"""What the folders of workers' counts are called, in front of the number of the server's process."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def serve(settings: Settings, factory: str = FACTORY) -> None:
    """Serve until told to stop (INT or TERM); SettingsError if the API would be open beyond loopback.

    `factory` names what every worker calls for its application. The workers read their settings from the environment,
    so what differs from it is put there.
    """
    Keys.of(settings)
    _export(settings)
    remove_abandoned(Path(gettempdir()))
    with TemporaryDirectory(prefix=f"{METRICS}-{os.getpid()}-") as folder:
        if settings.api_workers > 1:
            os.environ[FOLDER] = folder
        uvicorn.run(
            factory,
            factory=True,
            host=settings.api_host,
            port=settings.api_port,
            workers=settings.api_workers,
            access_log=False,
            log_config=LOGGING,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_S,
            timeout_worker_healthcheck=PATIENCE_S,
        )


def remove_abandoned(folder: Path) -> None:
    """Remove from a folder what servers that were killed have left there; those of living processes stay."""
    for left in folder.glob(f"{METRICS}-*-*"):
        owner = left.name.removeprefix(f"{METRICS}-").partition("-")[0]
        if owner.isdecimal() and not lives(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _export(settings: Settings) -> None:
    """Put address and workers where the workers look, and keep numeric libraries from fighting over the cores."""
    os.environ |= {
        "CHURN_API_HOST": settings.api_host,
        "CHURN_API_PORT": str(settings.api_port),
        "CHURN_API_WORKERS": str(settings.api_workers),
        "CHURN_HOME": str(Path(settings.home)),
    }
    for name in THREADS:
        os.environ.setdefault(name, "1")
