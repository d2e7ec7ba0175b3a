"""The manifest knows which files hold which days, and when that is no longer so."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from upath import UPath

from churn_assets.cutoffs import days_between
from churn_assets.errors import LandingError
from churn_assets.ingest.decode import decode
from churn_assets.ingest.landing import LandingFile, list_landing
from churn_assets.ingest.manifest import RULES, Changes, FileDays, Manifest, changed, load, save, survey
from churn_assets_tests.ingest.lines import FIRST_DAY, LAST_DAY, LOG_LINES, PROPERTY, SPAN, Span, land, on
from churn_assets_tests.ingest.test_decode import tables

ONE, TWO, THREE = (FIRST_DAY + timedelta(days=n) for n in range(3))
NEXT: Span = {"first_day": FIRST_DAY, "last_day": LAST_DAY + timedelta(days=1)}


def known(*files: LandingFile) -> Manifest:
    return Manifest().with_files(survey(file, **SPAN) for file in files)


def entry(name: str, *days: date) -> FileDays:
    return FileDays(name, 1, "1", len(days), len(days), dict.fromkeys(days, 1), (), FIRST_DAY)


@PROPERTY
@given(LOG_LINES)
def test_a_survey_tells_what_decoding_finds(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    file = land(tmp_path_factory.mktemp("landing"), "a.json", b"\n".join(lines))

    found = survey(file, **SPAN)

    raw, quarantined = tables(decode([file], **SPAN))
    days = raw["day"].to_pylist() + quarantined["day"].to_pylist()
    assert [one.entry for one in decode([file], **SPAN) if one.entry] == [found]
    assert found.days == {day: days.count(day) for day in sorted(set(days))}
    assert (found.rows, found.lines) == (raw.num_rows, len(days))


@PROPERTY
@given(LOG_LINES)
def test_an_entry_that_is_believed_for_other_days_is_true_for_them(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    file = land(tmp_path_factory.mktemp("landing"), "a.json", b"\n".join(lines))
    manifest = known(file)

    for first in days_between(FIRST_DAY - timedelta(days=2), THREE):
        for last in days_between(THREE, LAST_DAY + timedelta(days=2)):
            if changed(manifest, [file], first_day=first, last_day=last).is_empty:
                assert survey(file, first_day=first, last_day=last).days == manifest.files["a.json"].days


def test_files_are_found_by_day_and_days_by_file() -> None:
    manifest = Manifest().with_files([entry("b", ONE, TWO), entry("a", TWO), entry("c", THREE)])

    assert manifest.files_for([TWO]) == ("a", "b")
    assert manifest.files_for([]) == ()
    assert manifest.days_of(["c", "b", "unknown"]) == (ONE, TWO, THREE)


def test_entries_are_replaced_by_name() -> None:
    manifest = Manifest().with_files([entry("a", ONE), entry("b", ONE)]).with_files([entry("a", TWO)])

    assert manifest.days_of(["a"]) == (TWO,)
    assert set(manifest.files) == {"a", "b"}


def test_nothing_has_changed_after_a_survey(tmp_path: Path) -> None:
    file = land(tmp_path, "a.json", on(0))

    assert changed(known(file), [file], **SPAN).is_empty


def test_new_changed_and_vanished_files_are_told_apart(tmp_path: Path) -> None:
    manifest = known(*(land(tmp_path, f"{name}.json", on(0)) for name in ("gone", "grown", "same", "touched")))
    land(tmp_path, "new.json", on(1))
    land(tmp_path, "grown.json", on(0) + b"\n" + on(1))
    os.utime(tmp_path / "touched.json", ns=(7, 7))
    (tmp_path / "gone.json").unlink()

    found = changed(manifest, list_landing(str(tmp_path)), **SPAN)

    assert found == Changes(new=("new.json",), changed=("grown.json", "touched.json"), vanished=("gone.json",))


def test_a_longer_log_concerns_only_files_with_lines_of_its_new_days(tmp_path: Path) -> None:
    files = [land(tmp_path, "inside.json", on(0)), land(tmp_path, "beyond.json", on(0) + b"\n" + on(5))]
    files.append(land(tmp_path, "far.json", on(0) + b"\n" + on(9)))

    assert changed(known(*files), files, **NEXT).changed == ("beyond.json",)


def test_a_file_without_a_row_changes_with_the_first_day_it_fell_to(tmp_path: Path) -> None:
    files = [land(tmp_path, "bad.json", b"?"), land(tmp_path, "empty.json", b"")]
    earlier: Span = {"first_day": FIRST_DAY - timedelta(days=1), "last_day": LAST_DAY}

    assert changed(known(*files), files, **earlier).changed == ("bad.json",)
    assert changed(known(*files), files, **NEXT).is_empty


@pytest.mark.parametrize("scheme", ["", "file://", "memory://"])
def test_a_saved_manifest_is_loaded_as_it_was(tmp_path: Path, scheme: str) -> None:
    path = UPath(f"{scheme}{tmp_path}/deep/manifest.json")
    manifest = known(land(tmp_path, "a.json", b"\n".join([on(0), on(3), b"?", on(7)])))

    save(Manifest(), path)
    save(manifest, path)

    assert load(path) == manifest
    assert [one.name for one in path.parent.iterdir()] == ["manifest.json"]


def test_without_a_manifest_nothing_is_known(tmp_path: Path) -> None:
    assert load(tmp_path / "manifest.json") == Manifest()


def test_a_manifest_of_other_rules_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    save(known(land(tmp_path, "a.json", on(0))), path)
    path.write_text(path.read_text().replace(f'"rules":{RULES}', f'"rules":{RULES + 1}'))

    assert load(path) == Manifest()


def test_a_damaged_manifest_is_an_error_that_says_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"rules":1,"files":[{"name"')

    with pytest.raises(LandingError, match=r"is damaged .* delete it"):
        load(tmp_path / "manifest.json")
