"""Dagster's history of some settings: where our commands and the notebook API keep it and read it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from churn_assets.lake.folder import put_in_place
from churn_assets.resources.history_store import telling_outages, told
from churn_assets.settings import Settings

CONFIG = "dagster.yaml"
HOME_CONFIG = """# Written by churn-assets: Dagster's history of this CHURN_HOME, where its settings say.
storage:
  custom:
    module: churn_assets.resources.history_store
    class: HistoryStore
    config:
      base_dir: {home}/storage
compute_logs:
  module: dagster.core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: {home}/logs
local_artifact_storage:
  module: dagster.core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: {home}
run_retries:
  enabled: true
telemetry:
  enabled: false
nux:
  enabled: false
"""


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance of the settings, closed when the block ends.

    It is that of DAGSTER_HOME if it is set; else, with the default home, what the `dagster.yaml` of the working
    directory says (as for `dagster dev`); else a home inside CHURN_HOME, whose `dagster.yaml` is written (also where
    DAGSTER_HOME names that one, if it is not there). HistoryError if its database does not answer, or stops to while
    the block lasts.
    """
    with telling_outages(settings):
        with told(settings):
            instance = _open(settings)
        with instance:
            yield instance


def _open(settings: Settings) -> dg.DagsterInstance:
    own, given = settings.dagster_home.resolve(), os.environ.get("DAGSTER_HOME")
    if given:
        if Path(given).resolve() == own and not (own / CONFIG).exists():
            write_config(own)
        return dg.DagsterInstance.get()
    if "home" not in settings.model_fields_set and Path(CONFIG).exists():
        return dg.DagsterInstance.from_config(str(Path.cwd()))
    write_config(own)
    return dg.DagsterInstance.from_config(str(own))


def write_config(home: Path) -> None:
    """Write the `dagster.yaml` of a Dagster home; whoever reads it sees it whole."""
    home.mkdir(parents=True, exist_ok=True)
    file, text = home / CONFIG, HOME_CONFIG.format(home=home)
    if not file.exists() or file.read_text() != text:
        beside = home / f".{CONFIG}.{os.getpid()}"
        beside.write_text(text)
        put_in_place(beside, file)
