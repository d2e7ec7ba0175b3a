"""No time zone of the machine can change a value."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import hashlib, sys
from random import Random
from churn_assets_tests.features.evaluations import requested_at
from churn_assets_tests.features.memory_batch import MemoryBatch
from churn_assets_tests.lake.built import build
from churn_assets_tests.strategies import world
from pathlib import Path

crowd = world(Random(1), listeners=20, most_cutoffs=2)
rows = MemoryBatch().features(crowd.log, crowd.cutoffs)
print(hashlib.sha256(repr(sorted(rows.items())).encode()).hexdigest())
print(rows == requested_at(crowd.log, crowd.cutoffs))
print([written.sha256 for written in build(Path(sys.argv[1])).values()])
"""


def answers(zone: str, folder: Path) -> str:
    environment = os.environ | {"TZ": zone, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_features_and_files_are_the_same_in_every_time_zone(tmp_path: Path) -> None:
    in_utc = answers("UTC", tmp_path / "utc")

    assert "True" in in_utc
    assert answers("America/New_York", tmp_path / "new york") == in_utc
