"""Fits and judgements side by side: several at once, each with one thread of BLAS and OpenMP.

The estimators of scikit-learn, CatBoost and NumPy's loops over large arrays let other threads run, so that threads of
this process keep the cores busy, and rows are not copied to others. What comes out does not depend on how many work.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item], *, threads: int) -> list[Result]:
    """What `work` gives for each item, in the order of the items, `threads` of them at once.

    OpenMP and BLAS threads wait by spinning: on so few rows two burn twice the CPU and save no time, so each item gets
    one; CatBoost and the forest have threads of their own. Raises what the first item that fails raises.
    """
    import sklearn.ensemble
    from threadpoolctl import threadpool_limits

    # Limits hold for libraries that are loaded, and those of OpenMP for the thread that sets them.
    assert sklearn.ensemble

    def limited(item: Item) -> Result:
        with threadpool_limits(limits=1, user_api="openmp"):
            return work(item)

    with threadpool_limits(limits=1), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(limited, items))
