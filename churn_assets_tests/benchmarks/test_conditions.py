"""Under which conditions something was measured: whether the code is the same does not depend on git."""

from pathlib import Path

from benchmarks.conditions import PACKAGES, SOURCES, code_digest, conditions


def source(root: Path, name: str, text: str) -> None:
    path = root / SOURCES[0] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_digest_follows_names_and_contents_of_sources_and_nothing_else(tmp_path: Path) -> None:
    source(tmp_path, "a.py", "x = 1")
    first = code_digest(tmp_path)

    source(tmp_path, "notes.txt", "no source")
    assert code_digest(tmp_path) == first
    source(tmp_path, "a.py", "x = 2")
    changed = code_digest(tmp_path)
    source(tmp_path, "a.py", "x = 1")
    (tmp_path / SOURCES[0] / "a.py").rename(tmp_path / SOURCES[0] / "b.py")

    assert len({first, changed, code_digest(tmp_path)}) == 3


def test_a_file_of_the_benchmark_counts_as_code_too(tmp_path: Path) -> None:
    empty = code_digest(tmp_path)
    (tmp_path / SOURCES[1]).mkdir()
    (tmp_path / SOURCES[1] / "stage.py").touch()

    assert code_digest(tmp_path) != empty


def test_conditions_name_machine_versions_and_code() -> None:
    now = conditions()

    assert now.machine.processor
    assert now.machine.memory_mb > 0
    assert 1 <= now.machine.threads <= 2
    assert set(now.versions) == {"python", *PACKAGES}
    assert now.are_those_of(conditions())
