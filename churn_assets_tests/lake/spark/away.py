"""A program that makes the tables of a lake with Spark somewhere else, in an odd time zone, and prints what it wrote.

A process has one Spark, and that of the tests is local. `python -m churn_assets_tests.lake.spark.away MODEL FOLDER URL`
takes the raw lines of the lake at MODEL, makes every table of them in FOLDER, and prints table, key, rows and hash of
each partition as JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from churn_assets.lake.engine import Written
from churn_assets.lake.lake import Lake
from churn_assets.lake.spark.engine import SparkEngine
from churn_assets.lake.spark.session import Cluster
from churn_assets_tests.lake.built import BuiltLake
from churn_assets_tests.lake.spark.both import described, made_by

ODD_ZONE = "America/St_Johns"
MINUTES = 20
Described = Sequence[Sequence[object]]


def started(model: BuiltLake, folder: Path, url: str, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """The program, started for the tables and keys of `model`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps([[*at, 0, 0, ""] for at in model.written]))
    command = [sys.executable, "-m", __name__, str(model.lake.root), str(folder), url]
    surroundings = os.environ | {"TZ": ODD_ZONE, "PYTHONPATH": str(Path(__file__).parents[3])} | environment
    said = (folder / "said.log").open("w")
    return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=said, text=True)


def finished(program: "subprocess.Popen[str]", folder: Path) -> Described:
    """What the program wrote, once it has ended well."""
    try:
        answer, _ = program.communicate(timeout=MINUTES * 60)
    finally:
        program.kill()
    assert program.returncode == 0, (folder / "said.log").read_text()[-4000:]
    found: Described = json.loads(answer.splitlines()[-1])
    return found


def expected(model: BuiltLake) -> Described:
    """What a program should have written that makes the tables of `model` again."""
    return [list(one) for one in described(model)]


def main(model: str, folder: str, url: str) -> None:
    """Make every table of the model again."""
    at = json.loads((Path(folder) / "model.json").read_text())
    written = {(table, key): Written(key, rows, size, sha) for table, key, rows, size, sha in at}
    cluster = Cluster(url, "700m", Path(folder) / "scratch")
    made = made_by(SparkEngine(cluster), BuiltLake(Lake(Path(model)), written), Path(folder))
    sys.stdout.write(f"\n{json.dumps(described(made))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
