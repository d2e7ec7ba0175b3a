"""Why the model says what it says of one listener."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from churn_assets.errors import ChurnAssetsError, MissingPartitionError, UnknownNameError
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.workspace.explanation import Explanation
from churn_assets.workspace.listing import Listing
from churn_assets.workspace.waterfall import LOWERS, MOST_BARS, RAISES, REST, bars, waterfall
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import CUTOFFS, Service


@pytest.fixture(scope="module")
def score(service: Service) -> pd.Series:
    """The riskiest listener of the newest cut-off, as scored."""
    scores = service.rows(CHURN_SCORES, CUTOFFS[-1])
    return scores.loc[scores["churn_probability"].idxmax()]


@pytest.fixture(scope="module")
def explained(ws: Workspace, score: pd.Series) -> Explanation:
    return ws.explain(score["user_id"])


def literal(*pushes: float, base: float = -1.0) -> Explanation:
    """An explanation with these contributions."""
    rows = [
        (1.0, push, f"Feature number {n} of this listener, told in words: 12 (typical 3)")
        for n, push in enumerate(pushes)
    ]
    contributions = Listing(rows, index=[f"f{n}" for n in range(len(rows))], columns=["value", "contribution", "words"])
    return Explanation("7", "2026-05-04", "3", 0.4, 0.1, base, "medium", ["A reason"], contributions)


def test_it_says_what_the_score_says(explained: Explanation, score: pd.Series) -> None:
    assert explained.probability == score["churn_probability"]
    assert explained.risk_band == score["risk_band"]
    assert list(explained.reasons) == list(score["reasons"])
    assert (explained.cutoff, explained.model_version) == (CUTOFFS[-1], score["model_version"])


def test_an_earlier_cut_off_can_be_explained_too(ws: Workspace, service: Service) -> None:
    earlier = service.rows(CHURN_SCORES, CUTOFFS[0]).iloc[0]

    explained = ws.explain(earlier["user_id"], cutoff=CUTOFFS[0])

    assert explained.probability == earlier["churn_probability"]


def test_the_waterfall_leads_from_the_base_to_the_raw_score(ws: Workspace, explained: Explanation) -> None:
    row = ws.load("user_features", cutoff=CUTOFFS[-1]).query("user_id == @explained.user_id")
    model = ws.model()._loaded.model

    steps = bars(explained)

    assert steps[0].start == model.base_log_odds
    assert steps[-1].end == pytest.approx(float(model.log_odds(row)[0]))
    assert [step.start for step in steps[1:]] == pytest.approx([step.end for step in steps[:-1]])


def test_contributions_are_the_models_own_strongest_first(ws: Workspace, explained: Explanation) -> None:
    row = ws.load("user_features", cutoff=CUTOFFS[-1]).query("user_id == @explained.user_id")
    pushes = ws.model().contributions(row).iloc[0]

    told = explained.contributions["contribution"].astype(float)

    pd.testing.assert_series_equal(told.sort_index(), pushes.sort_index(), check_names=False)
    assert told.abs().is_monotonic_decreasing
    assert not explained.contributions["words"].str.contains("the risk").any()


def test_few_features_need_no_bar_for_the_others() -> None:
    steps = bars(literal(0.5, -0.25))

    assert [(step.start, step.push, step.colour) for step in steps] == [(-1.0, 0.5, RAISES), (-0.5, -0.25, LOWERS)]


def test_many_features_end_in_one_bar_of_all_others() -> None:
    steps = bars(literal(*[0.1] * 20))

    assert len(steps) == MOST_BARS + 1
    assert (steps[-1].label, steps[-1].colour) == ("11 other features together", REST)
    assert steps[-1].end == pytest.approx(-1.0 + 2.0)


@pytest.mark.parametrize("pushes", [(0.5, -0.25, 3.0), (0.0,), (-2.0,) * 12, (1e-9, 1e-9)])
def test_every_waterfall_can_be_drawn_with_all_its_words(pushes: tuple[float, ...]) -> None:
    figure = waterfall(literal(*pushes))

    axes = figure.axes[0]
    labels = [" ".join(label.get_text().split()) for label in axes.get_yticklabels()]
    assert labels[0] == "Feature number 0 of this listener, told in words: 12 (typical 3)"
    assert len(labels) == min(len(pushes), MOST_BARS + 1)
    assert "40.0%" in str(figure.get_suptitle())


def test_numbers_stand_beside_their_bars_within_the_picture() -> None:
    figure = waterfall(literal(2.0, -1.0, 0.5, 0.1, -3.0))
    figure.canvas.draw()
    left, right = (figure.axes[0].bbox.x0, figure.axes[0].bbox.x1)

    texts = [text.get_window_extent() for text in figure.axes[0].texts]

    assert len(texts) == 5
    assert all(left <= box.x0 and box.x1 <= right for box in texts)


def test_a_notebook_shows_it_as_a_png(explained: Explanation) -> None:
    image = Image.open(io.BytesIO(explained._repr_png_()))

    colours = np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)
    assert image.width > 800
    assert len(colours) > 50


def test_a_terminal_shows_the_reasons(explained: Explanation) -> None:
    told = repr(explained)

    assert told.startswith(
        f"Listener {explained.user_id} at {CUTOFFS[-1]}: {explained.probability:.1%} likely to leave"
    )
    assert all(reason in told for reason in explained.reasons)


@pytest.mark.parametrize(
    ("user", "cutoff", "error", "said"),
    [
        ("nobody", None, UnknownNameError, r"no listener 'nobody' at any of the 5 cut-offs.*churn_scores"),
        ("nobody", CUTOFFS[0], UnknownNameError, r"no listener 'nobody'"),
        ("nobody", "2026-01-20", UnknownNameError, r"Near it: 2026-01-19"),
        ("nobody", "2026-03-02", MissingPartitionError, r"the newest cut-off is 2026-02-09"),
    ],
)
def test_who_or_when_there_is_nobody_is_told(
    ws: Workspace, user: str, cutoff: str | None, error: type[ChurnAssetsError], said: str
) -> None:
    with pytest.raises(error, match=said):
        ws.explain(user, cutoff=cutoff)


def test_a_listener_who_came_later_is_told_with_the_cut_offs_that_know_them(ws: Workspace) -> None:
    early = set(ws.load("user_features", cutoff=CUTOFFS[0], columns=["user_id"])["user_id"])
    late = next(user for user in ws.load("user_features", cutoff=CUTOFFS[-1])["user_id"] if user not in early)

    with pytest.raises(UnknownNameError, match=rf"no features at {CUTOFFS[0]}.*{CUTOFFS[-1]}"):
        ws.explain(late, cutoff=CUTOFFS[0])


def test_the_figure_belongs_to_the_caller(explained: Explanation, tmp_path: Path) -> None:
    explained.figure.savefig(tmp_path / "why.svg")

    assert "<svg" in (tmp_path / "why.svg").read_text()


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=25), st.floats(-4, 4))
def test_whatever_contributes_the_bars_join_and_add_up(pushes: list[float], base: float) -> None:
    ordered = sorted(pushes, key=abs, reverse=True)

    steps = bars(literal(*ordered, base=base))

    assert steps[0].start == base
    assert steps[-1].end == pytest.approx(base + sum(pushes), abs=1e-9)
    assert all(after.start == before.end for before, after in pairwise(steps))
    assert [step.push for step in steps[:MOST_BARS]] == ordered[:MOST_BARS]
    assert len(steps) == min(len(pushes), MOST_BARS + 1)
