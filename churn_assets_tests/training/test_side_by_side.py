import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from churn_assets.training.backtest import backtest
from churn_assets.training.candidates import Study, compare_candidates
from churn_assets.training.options import TrainingOptions
from churn_assets.training.side_by_side import side_by_side
from churn_assets.training.split import rolling_origin
from churn_assets_tests.training.listeners import SCHEMA, landed, listeners_at, mondays, small_ladder

ALONE, TOGETHER = (TrainingOptions(folds=2, seed=7, threads=threads) for threads in (1, 3))


def test_results_come_in_the_order_of_the_items_whoever_ends_first() -> None:
    both_started = threading.Barrier(2, timeout=60)

    def work(number: int) -> int:
        both_started.wait()
        return number * number

    assert side_by_side(work, [3, 1, 2, 5], threads=2) == [9, 1, 4, 25]


def test_every_item_has_one_thread_of_blas_and_openmp() -> None:
    told = side_by_side(lambda _item: threadpool_info(), [0, 1], threads=2)
    assert {library["num_threads"] for libraries in told for library in libraries} == {1}


def test_limits_end_with_the_work() -> None:
    before = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    side_by_side(lambda item: item, [1, 2], threads=2)
    assert [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"][
        : len(before)
    ] == before


def test_what_an_item_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda item: 1 // item, [1, 0], threads=2)


def test_candidates_are_the_same_to_the_last_bit_however_many_are_fitted_at_once() -> None:
    rows = listeners_at(mondays(3))
    alone, together = (
        compare_candidates(small_ladder(), Study.of(rows, SCHEMA, options, cutoffs=mondays(3)))
        for options in (ALONE, TOGETHER)
    )
    assert [one.model.rung for one in alone.ranking] == [one.model.rung for one in together.ranking]
    assert alone.study.selected_without == together.study.selected_without
    for one, other in zip(alone.ranking, together.ranking, strict=True):
        assert np.array_equal(one.out_of_fold.probability, other.out_of_fold.probability)
        assert np.array_equal(one.model.predict(rows), other.model.predict(rows))


def test_a_back_test_is_the_same_however_many_rungs_are_tested_at_once() -> None:
    rows, simple = listeners_at(mondays(7)), small_ladder()[:4]
    splits = rolling_origin(mondays(7), landed(), newest=2)
    alone, together = (backtest(rows, SCHEMA, options, rungs=simple, splits=splits) for options in (ALONE, TOGETHER))
    assert alone.equals(together)


def test_a_study_without_selection_gives_simple_rungs_what_one_with_it_does() -> None:
    rows, simple = listeners_at(mondays(3)), small_ladder()[:3]
    studies = (make(rows, SCHEMA, ALONE, cutoffs=mondays(3)) for make in (Study.of, Study.unselected))
    selected, unselected = (compare_candidates(simple, study).ranking for study in studies)
    for one, other in zip(selected, unselected, strict=True):
        assert np.array_equal(one.model.predict(rows), other.model.predict(rows))
