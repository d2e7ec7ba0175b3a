"""Equal windows are looked at once."""

from datetime import date, timedelta

import pandas as pd

from churn_assets.monitoring.log_age import LogAge
from churn_assets.monitoring.watched import Watched
from churn_assets_tests.monitoring.crowd import TRAINED, crowd, reference

AGE = LogAge(date(2025, 1, 1), 90)
NEXT, AFTER_NEXT = TRAINED + timedelta(days=7), TRAINED + timedelta(days=14)


def watched(*parts: pd.DataFrame, days: int = 7) -> Watched:
    rows = pd.concat(parts) if parts else crowd(1).iloc[:0]
    return Watched(rows, reference(60), AGE, days)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def test_the_days_between_two_cutoffs_have_one_window() -> None:
    rows = watched(crowd(60, cutoff=NEXT), crowd(70, cutoff=AFTER_NEXT))

    spans = list(rows.spans(days(NEXT - timedelta(days=1), 14), []))

    assert [len(span.days) for span in spans] == [7, 7]
    assert [len(span.window) for span in spans] == [60, 70]
    assert spans[0].newest == AFTER_NEXT - timedelta(days=2)


def test_a_prediction_served_in_between_makes_another_window() -> None:
    served = crowd(1, cutoff=NEXT + timedelta(days=2), first=900)

    spans = list(watched(crowd(60, cutoff=NEXT), served).spans(days(NEXT - timedelta(days=1), 7), []))

    assert [len(span.window) for span in spans] == [60, 61]
    assert [len(span.days) for span in spans] == [2, 5]


def test_days_without_any_row_have_an_empty_window() -> None:
    (span,) = watched().spans(days(NEXT, 3), [])

    assert (len(span.days), len(span.window)) == (3, 0)


def test_the_order_of_the_days_does_not_matter() -> None:
    rows = watched(crowd(60, cutoff=NEXT), crowd(70, cutoff=AFTER_NEXT))
    asked = days(NEXT, 9)

    spans = [[span.days for span in rows.spans(order, [])] for order in (asked, asked[::-1])]

    assert spans[0] == spans[1]
