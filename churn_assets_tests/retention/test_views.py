"""What the UI shows of a list, drawn for real."""

import base64
import re
from dataclasses import replace

import pandas as pd
import pytest

from churn_assets.resources.plots import MAX_BYTES, picture
from churn_assets.retention.chart import panels
from churn_assets.retention.fairness import chances
from churn_assets.retention.listing import Listing, listings, retention_list
from churn_assets.retention.terms import Terms
from churn_assets_tests.retention.scored import CUTOFF, NEXT, TERMS, candidates, earlier


def listing(probabilities: list[float], terms: Terms = TERMS) -> Listing:
    return listings(candidates(probabilities), terms, cutoffs=[CUTOFF], earlier=earlier())[CUTOFF]


@pytest.mark.parametrize("probabilities", [[], [0.01], [0.9], [n / 300 for n in range(300)]])
def test_every_list_can_be_drawn(probabilities: list[float]) -> None:
    drawn = str(picture(panels(listing(probabilities, replace(TERMS, hold_out=0.3)))).value)

    content = re.fullmatch(r"!\[plot\]\(data:image/png;base64,(.*)\)", drawn)
    assert content is not None
    assert base64.b64decode(content[1]).startswith(b"\x89PNG")
    assert len(content[1]) < MAX_BYTES


def test_a_fair_draw_is_likely_and_a_twisted_one_is_not() -> None:
    fair = retention_list(candidates([0.9] * 500), replace(TERMS, hold_out=0.1))
    twisted = fair.assign(cutoff=pd.Timestamp(NEXT), arm="call")

    found = chances(pd.concat([fair, twisted]))

    assert found["2026-03-02"] > 0.001
    assert found["2026-03-09"] < 1e-9


def test_an_empty_list_says_nothing_of_the_draw() -> None:
    assert chances(retention_list(candidates([]), TERMS)) == {}
