"""The pictures: well-formed, complete, inside their frame, the same for the same figures, no label upon another."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.chart import HEIGHT, LABEL_PX, WIDTH, Panel, Scale, Series, apart, decade_steps, drawing

SVG = "{http://www.w3.org/2000/svg}"
PANEL = Panel(
    "CPU seconds",
    "events",
    [
        Series("ours <&>", [(1, 2.0), (4, 8.0), (16, 33.0)], "red"),
        Series("another", [(1, 1.9), (4, 8.1), (16, 32.0)], "blue"),
    ],
    [(1, "1x"), (4, "4x"), (16, "16x")],
    guide=1.0,
)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_a_drawing_is_xml_that_shows_every_point_label_and_tick() -> None:
    svg = drawing([PANEL], "How it grows")

    root = ET.fromstring(svg)

    assert len(list(root.iter(f"{SVG}circle"))) == 6
    assert {"ours <&>", "another", "1x", "4x", "16x", "CPU seconds", "events"} <= set(texts(svg))
    assert root.findtext(f"{SVG}title") == "How it grows"


def test_the_same_figures_give_the_same_bytes() -> None:
    assert drawing([PANEL], "How it grows") == drawing([PANEL], "How it grows")


def test_every_point_lies_inside_the_frame_however_many_panels_there_are() -> None:
    root = ET.fromstring(drawing([PANEL, PANEL], "twice"))

    places = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in root.iter(f"{SVG}circle")]

    assert root.attrib["width"] == str(2 * WIDTH)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in places)


@pytest.mark.parametrize("slope", [1.0, 0.0, -1.0])
def test_the_guide_starts_at_the_first_point_and_stays_inside(slope: float) -> None:
    svg = drawing([Panel(PANEL.title, PANEL.x_label, PANEL.series, PANEL.ticks, guide=slope)], "guided")

    guide = re.search(r'class="guide" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', svg)

    assert guide is not None
    x1, y1, x2, y2 = map(float, guide.groups())
    assert f'cx="{x1:.1f}" cy="{y1:.1f}"' in svg
    assert x1 <= x2 < WIDTH
    assert 0 < y2 < HEIGHT
    assert (y2 < y1, y2 == y1, y2 > y1) == (slope > 0, slope == 0, slope < 0)


def test_a_panel_without_guide_has_none() -> None:
    assert 'class="guide"' not in drawing([Panel("", "", PANEL.series, PANEL.ticks)], "plain")


@given(st.floats(1e-3, 1e6), st.floats(1, 1e4))
def test_steps_are_one_two_five_and_hold_the_values_between_them(low: float, times: float) -> None:
    steps = decade_steps(low, low * times)

    assert len(steps) >= 3
    assert steps[0] <= low * (1 + 1e-6)
    assert steps[-1] >= low * times * (1 - 1e-6)
    assert {f"{step:e}"[0] for step in steps} <= {"1", "2", "5"}


@given(st.lists(st.floats(0, 300), min_size=1, max_size=6))
def test_labels_are_moved_apart_and_keep_their_order(places: list[float]) -> None:
    found = apart(places, LABEL_PX)

    assert all(after - before >= LABEL_PX - 1e-6 for before, after in pairwise(sorted(found)))
    order = sorted(range(len(places)), key=places.__getitem__)
    assert [found[n] for n in order] == sorted(found)


def test_labels_with_room_stay_where_they_are() -> None:
    assert apart([10, 200, 100], LABEL_PX) == [10, 200, 100]


def test_labels_that_would_lie_upon_each_other_are_spread_around_their_middle() -> None:
    assert apart([50, 50, 50], 14) == [36, 50, 64]


def test_a_logarithmic_axis_takes_equal_room_for_equal_ratios() -> None:
    scale = Scale(1, 100, 0, 200)

    assert (scale(1), scale(10), scale(100)) == pytest.approx((0, 100, 200))
