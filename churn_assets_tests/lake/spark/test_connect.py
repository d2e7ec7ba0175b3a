"""Behind a Spark Connect server: no Java in this process, and the same tables."""

from pathlib import Path

import pytest

from churn_assets.errors import SparkError
from churn_assets.lake.spark.engine import SparkEngine
from churn_assets.lake.spark.session import Cluster
from churn_assets_tests.lake.built import BuiltLake
from churn_assets_tests.lake.spark.away import expected, finished, started
from churn_assets_tests.lake.spark.servers import connect_server
from churn_assets_tests.lake.test_engine import MONDAY, copying


def test_a_connect_server_makes_the_tables_that_duckdb_makes(built: BuiltLake, tmp_path: Path) -> None:
    with connect_server(tmp_path / "server") as url:
        program = started(built, tmp_path / "there", url, {"JAVA_HOME": str(tmp_path / "no java")})

        assert finished(program, tmp_path / "there") == expected(built)


def test_a_server_that_does_not_answer_is_an_error_that_names_it(tmp_path: Path, built: BuiltLake) -> None:
    nobody = SparkEngine(Cluster("sc://127.0.0.1:1", "1g", tmp_path))

    with pytest.raises(SparkError, match=r"Nobody listens .*sc://127.0.0.1:1"):
        nobody.write(copying(built.lake), [MONDAY], built.lake)
