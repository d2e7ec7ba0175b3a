"""The scratch folder: there while it is needed, gone afterwards, refused where it would not fit."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from benchmarks.scratch import LOCK, PREFIX, DiskTooSmallError, remove_leftovers, scratch_folder

KILLED = """
import os, signal
from benchmarks.scratch import scratch_folder
with scratch_folder(None, needed_gb=0) as folder:
    (folder / "data").write_text("much")
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where scratch folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_the_folder_is_gone_after_the_block_with_all_that_is_in_it(temporary: Path) -> None:
    with scratch_folder(None, needed_gb=0) as folder:
        (folder / "data").mkdir()
        assert folder.parent == temporary

    assert list(temporary.iterdir()) == []


def test_the_folder_is_gone_after_an_interruption(temporary: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch_folder(None, needed_gb=0):
        raise KeyboardInterrupt

    assert list(temporary.iterdir()) == []


def test_a_folder_that_was_asked_for_stays_with_its_data(temporary: Path) -> None:
    with scratch_folder(temporary / "mine", needed_gb=0) as folder:
        (folder / "data").write_text("much")

    assert (temporary / "mine" / "data").read_text() == "much"


def test_what_a_killed_run_left_is_removed_by_the_next_one(temporary: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    left = Path(killed.stdout.strip())
    assert (left / "data").exists()

    with scratch_folder(None, needed_gb=0) as folder:
        assert [path for path in temporary.iterdir() if path.name.startswith(PREFIX)] == [folder]


def test_the_folder_of_a_run_that_goes_on_is_left_alone() -> None:
    with scratch_folder(None, needed_gb=0) as running:
        assert remove_leftovers(running.parent) == []
        assert (running / LOCK).exists()


def test_folders_of_others_are_never_touched(temporary: Path) -> None:
    for name in ("churn-warm-1", f"{PREFIX}without-a-lock"):
        (temporary / name).mkdir()

    assert remove_leftovers(temporary) == []
    assert len(list(temporary.iterdir())) == 2


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(temporary: Path) -> None:
    with (
        pytest.raises(DiskTooSmallError, match=r"take about 1000000\.0 GB.*--scratch FOLDER.*SIZE=small"),
        scratch_folder(None, needed_gb=1e6),
    ):
        pass

    assert list(temporary.iterdir()) == []


def test_data_that_are_there_already_need_no_room_again(temporary: Path) -> None:
    (temporary / "mine").mkdir()
    with (temporary / "mine" / "sparse").open("wb") as file:
        file.truncate(10**10)
    all_that_is_free = shutil.disk_usage(temporary).free / 1e9

    with scratch_folder(temporary / "mine", needed_gb=all_that_is_free) as folder:
        assert folder == temporary / "mine"
