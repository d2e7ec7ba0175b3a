from hypothesis import given
from hypothesis import strategies as st

from churn_assets.web.chart import HEIGHT, WIDTH, Chart, Level, Points, bars

values = st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30)


@given(values, st.booleans())
def test_every_mark_lies_within_the_picture(drawn: list[float | None], from_zero: bool) -> None:  # noqa: FBT001
    held = [None if value is None else abs(value) for value in drawn] if from_zero else drawn
    places = tuple(str(n) for n in range(len(held)))
    chart = Chart("t", "s", places, (Points("p", "line", tuple(held)),), from_zero=from_zero)

    for x, y in chart.marks(chart.series[0]):
        assert 0 <= x <= WIDTH
        assert -0.1 <= y <= HEIGHT
    assert chart.is_empty == (not any(value is not None for value in held))


def test_higher_values_are_drawn_higher_and_gaps_are_left_out() -> None:
    chart = Chart("t", "s", ("a", "b", "c"), (Points("p", "line", (0.2, None, 0.8)),), most=1.0)

    (first, low), (last, high) = chart.marks(chart.series[0])

    assert (first < last, low > high) == (True, True)
    assert chart.path(chart.series[0]) == f"{first},{low} {last},{high}"
    assert chart.rows == [("a", [0.2]), ("b", [None]), ("c", [0.8])]


def test_levels_fit_into_the_picture_too() -> None:
    chart = Chart("t", "s", ("a",), (Points("p", "dots", (0.5,)),), (Level("band", 0.6, 0.2, 0.9),), from_zero=False)

    low, high = chart.ends

    assert low < 0.2
    assert high > 0.9


def test_bars_have_whole_numbers_on_their_axis() -> None:
    assert [text for _, text in bars("t", "s", ["a", "b"], [0.0, 0.0]).ticks] == ["0", "1", "2"]
    assert [text for _, text in bars("t", "s", ["a", "b"], [3.0, 7.0]).ticks] == ["0", "4", "8"]


def test_a_few_of_many_places_are_named() -> None:
    chart = bars("t", "s", [str(n) for n in range(28)], [1.0] * 28)

    assert [text for _, text in chart.labels] == ["0", "6", "12", "18", "24"]
    assert bars("t", "s", [], []).labels == []
