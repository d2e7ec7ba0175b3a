"""The page and the table say what was measured, what was not, and what disturbed it."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.extrapolation import UNMEASURED
from benchmarks.page import page, write_page
from benchmarks.publish import main, publish, stale
from benchmarks.report import report
from benchmarks.results import Results, write_results
from benchmarks.stages import STAGES
from churn_assets_tests.benchmarks.outcomes import CONDITIONS, findings, measurement, whole


def row(text: str, begin: str) -> str:
    """The one line of a text that begins so."""
    [found] = [line for line in text.splitlines() if line.strip().startswith(begin)]
    return found


def test_goals_are_those_of_the_issues_with_what_was_measured_and_whether_it_is_enough() -> None:
    text = page(whole())

    assert "1 of 2 are met" in text
    assert (
        row(text, "| CPU beside the reference | issue 6")
        == "| CPU beside the reference | issue 6 | 2.00 | at most 1.7 | **missed** |"
    )
    assert row(text, "| rows a second | issue 2").endswith("| 300 | at least 200 | met |")
    assert "| not asked for | issue" not in text


def test_a_stage_shows_its_processes_its_sizes_and_what_bounds_it() -> None:
    text = page(whole())

    assert "1,000 lines, 450,000 bytes" in text
    assert row(text, "| ours |") == "| ours | 2.00 |  | ~1.00 | 100 |"
    assert row(text, "| sessions | 1.00 |") == "| sessions | 1.00 | +25% of 3 | 0.500 | 1 |"
    assert " ".join(STAGES["ingest"].bound.split()) in " ".join(text.split())


def test_a_profile_is_shown_with_shares_of_its_whole() -> None:
    assert row(page(whole()), "| sorting |") == "| sorting | 3.00 | 75% |"


def test_what_was_not_measured_is_named() -> None:
    text = page(whole())

    [told] = [line for line in text.splitlines() if line.startswith("Not measured in this run: ")]
    assert set(told.removeprefix("Not measured in this run: ").rstrip(".").split(", ")) == set(STAGES) - set(
        whole().stages
    )


def test_slopes_are_shown_with_their_fit() -> None:
    text = page(whole())

    assert row(text, "| ingest |") == "| ingest | 100 k | 2.00 | 8.00 | 32.0 | 1.00 | 1.000 | 1.00 |"
    assert row(text, "| sessions | 2.00 | 2.50 |") == "| sessions | 2.00 | 2.50 | 4.00 | 5.00 |"


def test_far_more_events_are_extrapolated_from_the_slopes_and_marked_so() -> None:
    text = page(whole())

    assert "**extrapolated**, not measured: 16 M events are the most" in text
    # 20 seconds a million lines of ingest, 1 second a million events of sessions: 5.6 and 0.28 hours a billion.
    assert row(text, "| CPU hours: ingest") == "| CPU hours: ingest | 5.6 | 560 |"
    assert row(text, "| **CPU hours, once") == "| **CPU hours, once, all history** | **5.8** | **580** |"
    assert row(text, "| machines, to have it within an hour") == "| machines, to have it within an hour | 1 | 73 |"
    assert row(text, "| disk, GB: log files") == "| disk, GB: log files as they came | 450 | 45,000 |"
    assert row(text, "| **disk, GB, together") == "| **disk, GB, together** | 480 | 48,000 |"


def test_nothing_is_extrapolated_from_what_was_not_measured() -> None:
    results = whole()
    without = replace(results, stages={name: stage for name, stage in results.stages.items() if name != "growth"})

    assert UNMEASURED in page(without)


def test_stages_of_other_conditions_are_told_apart() -> None:
    other = measurement(findings("drift"), conditions=replace(CONDITIONS, commit="fedcba9876", has_changes=True))

    text = page(whole().with_stage("drift", other))

    assert row(text, "- commit 012345678").endswith(", measured on 2026-11-24 (ingest, features, cores, growth)")
    assert row(text, "- commit fedcba987 with changes").endswith("(drift)")
    assert row(text, "- A Processor") == "- A Processor, 2 of 4 cores, 8 GB, Linux"


def test_every_picture_that_the_page_shows_is_written_beside_it(tmp_path: Path) -> None:
    written = write_page(whole(), tmp_path / "performance.md")

    shown = {line.partition("](")[2].rstrip(")") for line in page(whole()).splitlines() if line.startswith("![")}
    assert {str(path.relative_to(tmp_path)) for path in written} == {"performance.md", *shown}
    assert shown == {"images/performance-events.svg", "images/performance-cores.svg"}


def test_an_empty_result_is_a_page_that_says_so() -> None:
    text = page(Results("full"))

    assert UNMEASURED in text
    assert f"Not measured in this run: {', '.join(STAGES)}." in text


def test_what_was_published_is_fresh_until_page_results_or_pictures_change(tmp_path: Path) -> None:
    write_results(whole(), tmp_path / "results.json")
    docs = tmp_path / "docs"

    written = publish(docs, tmp_path / "results.json")
    assert stale(docs) == []
    assert main(["--check", "--docs", str(docs)]) == 0

    for path in written[1:]:
        before = path.read_text()
        path.write_text(before + " ")
        assert stale(docs) == [path]
        path.write_text(before)
    write_results(whole().with_stage("drift", measurement(findings("drift"))), docs / "performance.json")
    assert stale(docs) == [docs / "performance.md"]
    assert main(["--check", "--docs", str(docs)]) == 1
    assert main(["--docs", str(docs)]) == 0
    assert stale(docs) == []


def test_a_small_run_is_not_published(tmp_path: Path) -> None:
    write_results(whole("small"), tmp_path / "results.json")

    with pytest.raises(ValueError, match="of the size `small`"):
        publish(tmp_path / "docs", tmp_path / "results.json")

    assert not (tmp_path / "docs").exists()


def test_the_table_shows_processes_promises_and_what_is_missing() -> None:
    text = report(whole(), ["ingest", "features", "drift"])

    assert row(text, "ours").split() == ["ours", "2.00", "~1.00", "100"]
    assert row(text, "sessions").split() == ["sessions", "1.00", "+25%", "0.50", "1"]
    assert row(text, "= CPU beside").split()[-3:] == ["<=", "1.7", "MISSED"]
    assert row(text, "= rows a second").split()[-3:] == [">=", "200", "met"]
    assert text.splitlines()[-1] == "Not measured yet: drift."


def test_at_the_small_size_nothing_is_missed_or_met() -> None:
    text = report(whole("small"), ["ingest"])

    assert "MISSED" not in text
    assert row(text, "= CPU beside").endswith("no verdict")
