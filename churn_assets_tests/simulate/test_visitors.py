import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY
from churn_assets.simulate.events import Events
from churn_assets.simulate.pages import PAGES, Page
from churn_assets.simulate.visitors import passers_by
from churn_assets_tests.simulate.tiny import MIDNIGHT


def some(count: int) -> Events:
    return passers_by(np.random.default_rng(8), MIDNIGHT, count=count, first_session=500)


@pytest.fixture(scope="module")
def passing() -> Events:
    return some(400)


def test_passers_by_are_nobody(passing: Events) -> None:
    assert (passing.listener == -1).all()
    assert all(PAGES[code].is_visitor for code in passing.page.tolist())


def test_each_has_a_session_of_its_own_that_begins_at_home(passing: Events) -> None:
    first = passing.take(passing.item == 0)

    assert first.session.tolist() == list(range(500, 900))
    assert (first.page == Page.VISITOR_HOME.code).all()


def test_they_look_at_help_about_and_register(passing: Events) -> None:
    seen = {PAGES[code].value[0] for code in passing.page.tolist()}

    assert {"Home", "Help", "About", "Register", "Submit Registration"} <= seen


@given(st.integers(0, 40))
@settings(deadline=None)
def test_all_of_a_visit_happens_on_its_day(count: int) -> None:
    rows = some(count)

    assert ((rows.ts >= MIDNIGHT) & (rows.ts < MIDNIGHT + DAY)).all()
    assert len(set(rows.session.tolist())) == count
