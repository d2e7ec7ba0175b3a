"""Sessions of Spark: on this machine, on a cluster, or behind a Spark Connect server."""

import os
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_assets.errors import SparkError
from churn_assets.lake.queries import PACKAGE
from churn_assets.lake.spark.addresses import require_listener, shown
from churn_assets.lake.spark.failures import failures, reason
from churn_assets.lake.spark.java import find_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONNECT = "sc://"
LOCAL = "local"
LOOPBACK = "127.0.0.1"
SAME_VALUES = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
}
"""Settings of a session that decide what an expression means, whatever the cluster's defaults are."""
PATHS_LISTED_AT_ONCE = 10_000
"""Up to so many files, the driver looks for them itself instead of starting a job for it."""


@dataclass(frozen=True)
class Cluster:
    """Where Spark computes: `local[*]`, `spark://host:7077` (or another master's URL), or `sc://host:15002`."""

    url: str
    memory: str
    """Of each process that computes: the executors', or this machine's only one."""
    scratch: Path
    """A folder of this machine: what spills from memory in local mode, and what is made for start-up."""

    @property
    def is_connect(self) -> bool:
        """Whether a Spark Connect server is asked, so that no Java is needed here."""
        return self.url.startswith(CONNECT)

    @property
    def is_local(self) -> bool:
        """Whether Spark computes in one process of this machine."""
        return self.url.startswith(LOCAL)

    @contextmanager
    def session(self) -> "Iterator[SparkSession]":
        """Give a session of its own, in which tables may be named and settings set.

        Spark itself is started once a process, and stays until the process ends. Raises SparkError if pyspark or Java
        is missing, or if Spark cannot be reached.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        require_listener(self.url)
        with _told(self):
            session = self._connected() if self.is_connect else self._started().newSession()
            for name, value in SAME_VALUES.items():
                session.conf.set(name, value)
        try:
            yield session
        finally:
            if self.is_connect:
                session.stop()

    def _connected(self) -> "SparkSession":
        """A session of a Spark Connect server, which is sent this package for its workers."""
        from pyspark.sql.connect.session import SparkSession

        session = SparkSession.builder.remote(self.url).create()
        session.addArtifacts(str(package(self.scratch)), pyfile=True)
        return session  # type: ignore[return-value]  # what is used of it is the same as of the classic one

    def _started(self) -> "SparkSession":
        """The session of this process' Spark, which is started if it is not there; a process has one."""
        from pyspark.sql import SparkSession

        session = SparkSession.getActiveSession() or self._start()
        context = session.sparkContext
        if not (context.master or LOCAL).startswith(LOCAL):
            archive = package(self.scratch)
            if not any(sent.endswith(archive.name) for sent in context.listFiles):
                context.addPyFile(str(archive))
        return session

    def _start(self) -> "SparkSession":
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master(self.url).appName("churn_assets")
        with _environment(self._environment()):
            session: SparkSession = builder.config(map=self._configuration()).getOrCreate()
        if self.is_local:
            session.sparkContext.setLogLevel("ERROR")
        return session

    def _configuration(self) -> dict[str, Any]:
        """What a Spark is started with; what is not here is Spark's own business (`spark-defaults.conf`)."""
        common = {
            "spark.sql.sources.parallelPartitionDiscovery.threshold": str(PATHS_LISTED_AT_ONCE),
            "spark.ui.showConsoleProgress": "false",
        }
        if not self.is_local:
            return common | {"spark.executor.memory": self.memory}
        return common | {
            "spark.driver.memory": self.memory,
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            "spark.ui.enabled": "false",
            "spark.local.dir": str(self.scratch.resolve()),
        }

    def _environment(self) -> dict[str, str]:
        """What Spark's own scripts look for; workers of a cluster have a Python of their own."""
        here = {"PYSPARK_PYTHON": sys.executable} if self.is_local else {}
        return {"JAVA_HOME": str(find_java(os.environ, self.scratch)), **here}


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Let variables of the environment have these values while the block runs."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _told(cluster: Cluster) -> Iterator[None]:
    """Say in our words why Spark does not start."""
    expected: tuple[type[Exception], ...] = (*failures(), ImportError)
    try:
        yield
    except expected as error:
        message = (
            f"Spark at {shown(cluster.url)!r} (CHURN_SPARK_URL) does not start or answer: {reason(error)} "
            "docs/how-to/spark.md says what it needs."
        )
        raise SparkError(message) from error


def package(folder: Path) -> Path:
    """This package as an archive below `folder`, for workers that have no copy of it, or another release."""
    from churn_assets.lake.queries import code_version

    archive = folder / f"churn_assets-{(code_version() or 'changing')[:16]}.zip"
    if archive.exists():
        return archive
    staged = archive.with_suffix(".staged")
    with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as content:
        for path in sorted(PACKAGE.rglob("*.py")):
            content.write(path, path.relative_to(PACKAGE.parent))
    return staged.replace(archive)
