"""How a trace reads, in a terminal and in a notebook."""

from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from churn_assets.lineage.trace import Trace
from churn_assets.lineage.words import line_spans, told
from churn_assets_tests.cli.console import Console, told_plainly
from churn_assets_tests.lineage.planted import CUTOFF, FILE, USER, sent_by_api, traced_in
from churn_assets_tests.orchestration.tiny import FIRST_DAY, LAST_DAY, LOOKBACK_DAYS, Site
from churn_assets_tests.serving.sites import keep


@pytest.fixture(scope="module")
def traced(shared_site: Site) -> Trace:
    return traced_in(shared_site, user=USER, cutoff=CUTOFF)


@pytest.fixture
def console(
    shared_site: Site, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: object
) -> Console:
    """A terminal with the settings of the planted service."""
    told_settings = {
        "home": shared_site.home,
        "first_day": FIRST_DAY,
        "last_day": LAST_DAY,
        "lookback_days": LOOKBACK_DAYS,
        "at_risk_days": 7,
    }
    return Console(tmp_path_factory.mktemp("cwd"), monkeypatch, capsys, told_settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("numbers", "most", "expected"),
    [
        ([], 8, ""),
        ([7], 8, "7"),
        ([3, 1, 2, 9], 8, "1-3, 9"),
        ([1, 3, 5, 6], 2, "1, 3, … (4 lines)"),
        ([1, 3, 5, 6], 3, "1, 3, 5-6"),
    ],
)
def test_neighbouring_lines_are_drawn_together(numbers: list[int], most: int, expected: str) -> None:
    assert line_spans(numbers, most) == expected


def test_the_text_names_the_prediction_the_model_and_the_lines(traced: Trace) -> None:
    text = repr(traced)

    assert text.startswith(f"Listener {USER} at cut-off 2024-01-22: score")
    for fact in ("by model version 1", "made again from the features below", f"{FILE}: 3, 5", "listener_days: 2 rows"):
        assert fact in text


def test_a_difference_to_what_was_said_is_told(traced: Trace) -> None:
    other = replace(traced, made_again=traced.prediction.churn_probability + 0.1)

    assert ", which differs" in repr(other)
    assert ", which differs" not in repr(traced)


def test_many_files_are_counted_and_the_newest_are_named(traced: Trace) -> None:
    lines = pd.concat([traced.lines.assign(file=f"{number:02}.json") for number in range(10)], ignore_index=True)

    text = told(replace(traced, lines=lines))

    assert "… 2 files before these" in text
    assert "01.json" not in text
    assert "09.json: 2-3, 5" in text


class Tags(HTMLParser):
    """Opened and closed tags, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing(traced: Trace) -> None:
    page = traced._repr_html_()
    tags = Tags(page)

    assert tags.open == []
    assert tags.seen <= {"div", "h4", "table", "tr", "th", "td", "br", "details", "summary", "ul", "li", "p"}
    assert "http" not in page


def test_what_a_log_holds_is_never_taken_for_markup(traced: Trace) -> None:
    evil = replace(traced, lines=traced.lines.assign(file="<script>alert(1)</script>"))

    page = evil._repr_html_()

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_no_name_stands_in_a_trace(traced: Trace) -> None:
    for text in (repr(traced), traced._repr_html_()):
        assert "Zaphod" not in text
        assert "Beeblebrox" not in text


def test_the_command_traces_a_score(console: Console) -> None:
    said = console.call("trace", USER, "--cutoff", "2024-01-22")

    assert said.code == 0
    assert f"{FILE}: 3, 5" in said.out


def test_the_command_traces_an_answer_by_its_request(console: Console, shared_site: Site) -> None:
    keep(shared_site, sent_by_api(shared_site, "asked on the command line"))

    said = console.call("trace", "--request", "asked on the command line", "--every-line")

    assert said.code == 0
    assert "answer to request asked on the command line" in said.out


def test_the_command_says_how_to_name_a_prediction(console: Console) -> None:
    assert "Name a prediction" in told_plainly(console.call("trace"))
