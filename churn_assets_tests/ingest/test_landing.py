"""Which files count as landed, and what happens when they cannot be read."""

import os
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest

from churn_assets.errors import LandingError
from churn_assets.ingest.landing import LandingFile, list_landing
from churn_assets_tests.ingest.lines import land

LISTING = """
import sys
from pathlib import Path
from datetime import date
from churn_assets.ingest.arrivals import arrivals, remember
from churn_assets.ingest.location import place_table
from churn_assets.ingest.user_agent import agent_table
from churn_assets.lake.lake import Lake

home, day = Path(sys.argv[1]), date(2026, 1, 1)
found = arrivals(str(home / "landing"), Lake(home / "lake"), day, day)
remember(found, Lake(home / "lake"))
agents = agent_table(["Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0 Safari/537.36"])
print(found.files[0].name, agents["browser"][0], place_table(["Napa, CA"])["region"][0])
print(*sorted({"fsspec", "upath", "pandas", "ibis"} & sys.modules.keys()))
"""


def put(folder: Path, *names: str) -> None:
    for name in names:
        land_at = folder / name
        land_at.parent.mkdir(parents=True, exist_ok=True)
        land_at.write_bytes(b"{}\n")


def names(folder: Path) -> list[str]:
    return [file.name for file in list_landing(str(folder))]


def test_json_lines_are_found_at_any_depth_plain_and_packed_sorted_by_name(tmp_path: Path) -> None:
    put(tmp_path, "b.jsonl", "a.json", "deep/er/c.json.gz", "deep/d.jsonl.zst", "e.jsonl.gz", "F.JSON")

    assert names(tmp_path) == ["F.JSON", "a.json", "b.jsonl", "deep/d.jsonl.zst", "deep/er/c.json.gz", "e.jsonl.gz"]


def test_hidden_unfinished_and_foreign_files_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, ".a.json", ".git/b.json", "c.json.tmp", "d.json.part", "e.csv", "f.json.bz2", "json", "g.json~")

    assert names(tmp_path) == []


def test_an_empty_folder_holds_no_files(tmp_path: Path) -> None:
    assert list_landing(str(tmp_path)) == ()


def test_a_missing_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LandingError, match=r"nowhere does not exist: create it, or set CHURN_LANDING"):
        list_landing(str(tmp_path / "nowhere"))


def test_linked_folders_are_read_once_and_loops_end(tmp_path: Path) -> None:
    put(tmp_path, "landing/logs/a.json", "elsewhere/b.json")
    (tmp_path / "landing/logs/again").symlink_to(tmp_path / "landing")
    (tmp_path / "landing/other").symlink_to(tmp_path / "elsewhere")

    assert names(tmp_path / "landing") == ["logs/a.json", "other/b.json"]


def test_a_broken_link_is_an_error_since_its_rows_would_be_missing(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "gone.json")

    with pytest.raises(LandingError, match="broken link"):
        list_landing(str(tmp_path))


def test_a_file_knows_its_size_and_a_version_that_changes_when_it_is_written(tmp_path: Path) -> None:
    land(tmp_path, "a.json", b"{}\n")
    listed: list[LandingFile] = []
    for written_ns in (1, 2, 2):
        os.utime(tmp_path / "a.json", ns=(0, written_ns))
        listed += list_landing(str(tmp_path))

    assert [file.size for file in listed] == [3, 3, 3]
    assert listed[0].version != listed[1].version == listed[2].version


@pytest.mark.parametrize(
    ("name", "compression"),
    [("a.json", ""), ("a.jsonl.gz", ".gz"), ("2018.11.01.json.ZST", ".zst"), ("x.gz/a.json", "")],
)
def test_the_compression_is_told_by_the_last_suffix(name: str, compression: str) -> None:
    assert LandingFile(name, name, 0, "").compression == compression


def test_a_vanished_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = land(tmp_path, "a.json", b"{}\n")
    (tmp_path / "a.json").unlink()

    with pytest.raises(LandingError, match=r"Landing file a\.json .* cannot be read: No such file"), file.open():
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_forbidden_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = land(tmp_path, "a.json", b"{}\n")
    (tmp_path / "a.json").chmod(0)

    with pytest.raises(LandingError, match=r"a\.json .* cannot be read: Permission denied"), file.open():
        pass


def test_a_name_with_the_marks_of_patterns_and_chains_is_an_ordinary_name(tmp_path: Path) -> None:
    file = land(tmp_path, "a*[1]::b?.json", b"{}\n")

    with file.open() as handle:
        assert handle.read() == b"{}\n"


def test_any_fsspec_url_can_be_the_landing_folder() -> None:
    store = fsspec.filesystem("memory")
    store.pipe(
        {"/landing-test/b.json": b"{}\n", "/landing-test/deep/a.json": b"{}\n{}\n", "/landing-test/.c.json": b""}
    )

    files = list_landing("memory://landing-test")

    assert [(file.name, file.size) for file in files] == [("b.json", 3), ("deep/a.json", 6)]
    assert all(file.version for file in files)
    with files[1].open() as handle:
        assert handle.read() == b"{}\n{}\n"


def test_listing_a_folder_and_looking_its_texts_up_loads_neither_fsspec_nor_pandas(tmp_path: Path) -> None:
    put(tmp_path, "landing/a.json")

    told = subprocess.run([sys.executable, "-c", LISTING, str(tmp_path)], check=True, capture_output=True, text=True)

    assert told.stdout.split() == ["a.json", "Chrome", "CA"]


@pytest.mark.parametrize("form", ["{}", "file://{}", "{}/../landing/"])
def test_a_folder_may_be_named_by_a_path_or_a_url(tmp_path: Path, form: str) -> None:
    put(tmp_path, "landing/deep/a.json")

    [file] = list_landing(form.format(tmp_path / "landing"))

    assert file.name == "deep/a.json"
    with file.open() as handle:
        assert handle.read() == b"{}\n"


def test_a_relative_folder_stays_itself_wherever_a_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "landing/a.json")
    monkeypatch.chdir(tmp_path)
    [file] = list_landing("landing")
    monkeypatch.chdir("/")

    with file.open() as handle:
        assert handle.read() == b"{}\n"
