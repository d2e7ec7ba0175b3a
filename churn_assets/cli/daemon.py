"""A real Dagster daemon for a command that has to show what it does: started, watched, and stopped with the block."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from churn_assets.errors import ChurnAssetsError
from churn_assets.settings import Settings

MODULE = "churn_assets.definitions"
STOPS_WITHIN_SECONDS = 30.0


@contextmanager
def running_daemon(settings: Settings, log: Path, *, location: tuple[str, ...] = ("-m", MODULE)) -> Iterator[None]:
    """A daemon of the settings' home that evaluates sensors and launches runs until the block ends.

    Its output goes to `log`. The home must have been opened once (`open_session`), which writes its `dagster.yaml`.
    ChurnAssetsError if it dies before it was stopped. It runs in a process group of its own, so that whatever it
    started stops with it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).with_name("dagster-daemon")), "run", *location]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 — our own program, with arguments of ours
            command, env=environment_of(settings), stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield
            if process.poll() is not None:
                raise ChurnAssetsError(f"The Dagster daemon ended by itself ({process.returncode}): see {log}.")
        finally:
            _stop(process)


def environment_of(settings: Settings) -> Mapping[str, str]:
    """The environment of a program that is to have these settings, and the Dagster history in their home."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    told = {f"CHURN_{name.upper()}": _text(value) for name, value in given.items()}
    own = {"DAGSTER_HOME": str(settings.dagster_home.resolve()), "CHURN_HOME": str(settings.home.resolve())}
    return {**os.environ, **told, **own}


def _text(value: object) -> str:
    """A setting as the environment tells it; an empty text leaves it at its default."""
    if value is None:
        return ""
    secret = getattr(value, "get_secret_value", None)
    return str(secret() if secret else value)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end, as Ctrl-C does; then its whole group, if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    ends = time.monotonic() + STOPS_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < ends:
        time.sleep(0.1)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
