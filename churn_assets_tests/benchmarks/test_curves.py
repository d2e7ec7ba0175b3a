"""The scaling curves: what is drawn, where, in which colour, and what a table says of it."""

from xml.etree import ElementTree as ET

import pytest

from benchmarks.curves import PANELS, STEPS, curves_of, pictures, section
from benchmarks.extrapolation import extrapolated, machines
from benchmarks.findings import Axis, Findings, Line
from benchmarks.fits import Range
from benchmarks.results import Results
from benchmarks.words import between, brief, plain, wrapped
from churn_assets_tests.benchmarks.outcomes import cost, curve, findings, measurement, whole

SVG = "{http://www.w3.org/2000/svg}"


def colours(svg: str) -> dict[str, set[str]]:
    """The colours that each line is labelled with, in all panels of a picture."""
    found: dict[str, set[str]] = {}
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        if "style" in text.attrib:
            found.setdefault(text.text or "", set()).add(text.attrib["style"])
    return found


def results(*curves: object) -> Results:
    return Results("full").with_stage("growth", measurement(findings("growth", curves=curves)))  # type: ignore[arg-type]


def test_there_is_a_picture_for_every_axis_that_was_measured() -> None:
    measured = results(*(curve("sessions", {1: 1.0, 2: 2.0}, axis) for axis in Axis))

    assert set(pictures(measured)) == {f"performance-{name}.svg" for name in ("events", "cutoffs", "history", "cores")}
    assert set(PANELS) == set(curves_of(measured)) == set(Axis)


def test_a_step_has_one_colour_in_all_pictures_and_no_other_step_has_it() -> None:
    drawn = pictures(
        results(*(curve(step, {1: 1.0, 4: 4.0}, axis) for axis in Axis for step in (*STEPS[1:], "labels")))
    )

    for svg in drawn.values():
        told = colours(svg)
        assert all(len(found) == 1 for found in told.values())
        assert len(set.union(*told.values())) == len(told) == len(STEPS)
    assert len({frozenset(style) for svg in drawn.values() for style in [colours(svg)["sessions"]]}) == 1


def test_the_memory_of_all_steps_together_is_not_drawn_twice() -> None:
    svg = pictures(results(curve("sessions", {1: 1, 4: 4}), curve("events to features", {1: 2, 4: 8})))

    labels = [text.text for text in ET.fromstring(svg["performance-events.svg"]).iter(f"{SVG}text")]
    assert (labels.count("events to features"), labels.count("sessions")) == (1, 2)


def test_sizes_are_drawn_as_multiples_of_the_first_and_others_as_they_are() -> None:
    told = section(Axis.EVENTS, [curve("sessions", {1e6: 1.0, 4e6: 4.0})])
    cutoffs = section(Axis.CUTOFFS, [curve("labels", {1: 1.0, 12: 1.5, 52: 2.0}, Axis.CUTOFFS)])

    assert "| step | 1x is | CPU s, 1x | CPU s, 4x | slope | R² | last slope |" in told
    assert "| step | CPU s, 1 | CPU s, 12 | CPU s, 52 | slope | R² | last slope |" in cutoffs
    assert "![More cut-offs](images/performance-cutoffs.svg)" in cutoffs


def test_labels_and_scores_are_taken_in_proportion_where_they_were_measured() -> None:
    labels = Findings("labels", {"events": 1_000_000}, [Line("by hand", cost(99)), Line("ours", cost(3.6))])
    scoring = Findings("scoring", {"rows": 1_000}, [Line("alone", cost(1)), Line("with reasons", cost(3.6))])

    told = extrapolated(whole().with_stage("labels", measurement(labels)).with_stage("scoring", measurement(scoring)))

    assert "| CPU hours: labels | 1.0 | 100 |" in told
    assert "| CPU hours: scores at a cut-off, with reasons | 1.0 | 100 |" in told
    assert "| **CPU hours, once, all history** | **7.8** | **780** |" in told


@pytest.mark.parametrize(
    ("hours", "needed"), [(Range(1, 1), "1"), (Range(8, 8.1), "1 to 2"), (Range(800, 16000), "100 to 2,000")]
)
def test_machines_are_whole_ones(hours: Range, needed: str) -> None:
    assert machines(hours, 1) == needed


@pytest.mark.parametrize(
    ("number", "told"),
    [(1, "1"), (52, "52"), (5_784_434, "5.8 M"), (1e9, "1 B"), (1e11, "100 B"), (282_000, "280 k")],
)
def test_counts_are_brief(number: float, told: str) -> None:
    assert brief(number) == told


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0"),
        (0.01234, "0.0123"),
        (12.34, "12.3"),
        (12_345, "12,300"),
        (-1.5, "-1.50"),
        (1e16, "10,000,000,000,000,000"),
    ],
)
def test_figures_have_three_digits_and_no_exponent(number: float, told: str) -> None:
    assert plain(number) == told


def test_a_range_whose_ends_read_the_same_is_one_figure() -> None:
    assert between(Range(1.04, 1.01)) == "1.0"
    assert between(Range(1, 2)) == "1.0 to 2.0"


def test_paragraphs_are_wrapped_without_breaking_links() -> None:
    text = wrapped("word " * 30 + "[32](decisions/0032-compiled-queries.md)")

    assert max(map(len, text.splitlines())) <= 120
    assert "[32](decisions/0032-compiled-queries.md)" in text
