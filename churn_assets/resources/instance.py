"""Dagster's history of some settings: where our commands and the notebook API keep it and read it."""

import os
from pathlib import Path

import dagster as dg

from churn_assets.settings import Settings

CONFIG = "dagster.yaml"
HOME_CONFIG = """# Written by churn-assets: Dagster's history of this CHURN_HOME.
storage:
  sqlite:
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


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Dagster's instance of the settings; a context manager that closes it.

    It is that of DAGSTER_HOME if it is set; else, with the default home, what the `dagster.yaml` of the working
    directory says (as for `dagster dev`); else a home inside CHURN_HOME.
    """
    if os.environ.get("DAGSTER_HOME"):
        return dg.DagsterInstance.get()
    here = Path.cwd()
    if "home" not in settings.model_fields_set and (here / CONFIG).exists():
        return dg.DagsterInstance.from_config(str(here))
    home = settings.dagster_home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    (home / CONFIG).write_text(HOME_CONFIG.format(home=home))
    return dg.DagsterInstance.from_config(str(home))
