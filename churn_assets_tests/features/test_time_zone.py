"""No time zone of the machine can change a value."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from random import Random

from churn_assets_tests.features.evaluations import requested_at
from churn_assets_tests.features.memory_batch import memory_batch
from churn_assets_tests.lake.built import CUTOFF, build
from churn_assets_tests.strategies import world

PROGRAM = """
import sys
from pathlib import Path
from churn_assets_tests.features.test_time_zone import answer
print(answer(Path(sys.argv[1])))
"""


def answer(folder: Path) -> str:
    """One hash of the features of a crowd by both evaluators, and of every file of a lake."""
    crowd = world(Random(1), listeners=20, most_cutoffs=2)
    rows = memory_batch().features(crowd.log, crowd.cutoffs)
    written = build(folder, cutoffs=(CUTOFF,)).written
    seen = sorted(rows.items()), sorted(requested_at(crowd.log, crowd.cutoffs).items()), sorted(written.items())
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def test_features_and_files_are_the_same_in_another_time_zone(tmp_path: Path) -> None:
    environment = os.environ | {"TZ": "America/New_York", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "there")]

    there = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert there == answer(tmp_path / "here")
