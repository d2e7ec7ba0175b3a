import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.training.arrays import Flags, Integers, expit
from churn_assets.training.selection import FEWEST, _swapped, select_features

LISTENERS, CUTOFFS = 300, 3
LISTENER_OF: Integers = np.repeat(np.arange(LISTENERS), CUTOFFS)


def described(frame: pd.DataFrame) -> FeatureSchema:
    """A schema of the frame's columns: text is categorical."""
    return FeatureSchema(tuple(FeatureColumn(str(n), "?", frame[n].dtype == object) for n in frame), "f")


def drawn(*, noise: int, seed: int = 1) -> tuple[pd.DataFrame, Flags]:
    """Two features that matter, one of them a category, among `noise` that do not; half of those never change."""
    chance = np.random.default_rng(seed)
    signal = chance.normal(size=LISTENERS * CUTOFFS)
    plan = chance.choice(np.array(["free", "paid"], dtype=object), LISTENERS)[LISTENER_OF]
    target = chance.random(len(signal)) < expit(-1.0 + 1.5 * signal + 1.5 * (plan == "free"))
    useless = {f"fixed_{n}": chance.normal(size=LISTENERS)[LISTENER_OF] for n in range(noise // 2)}
    useless |= {f"fleeting_{n}": chance.normal(size=len(signal)) for n in range(noise - noise // 2)}
    return pd.DataFrame({**useless, "signal": signal, "plan": plan}), target


def selected(frame: pd.DataFrame, target: Flags, *, seed: int = 1) -> tuple[str, ...]:
    """The names that selection keeps."""
    return select_features(frame, target, schema=described(frame), listener_of=LISTENER_OF, seed=seed)


def test_what_matters_is_kept_and_of_the_useless_hardly_more_than_fills_the_least_number() -> None:
    kept = selected(*drawn(noise=40))
    assert {"signal", "plan"} <= set(kept)
    assert len(kept) <= FEWEST + 1


def test_features_that_never_change_for_a_listener_are_not_mistaken_for_signal() -> None:
    kept = [selected(*drawn(noise=40, seed=seed), seed=seed) for seed in range(3)]
    assert all(len(names) <= FEWEST + 3 for names in kept)


def test_names_come_in_declared_order() -> None:
    kept = selected(*drawn(noise=20))
    assert list(kept) == sorted(kept, key=[*drawn(noise=20)[0]].index)


def test_a_constant_and_an_all_null_feature_are_dropped() -> None:
    frame, target = drawn(noise=0)
    kept = selected(frame.assign(constant=1.0, empty=np.nan, silent=None), target)
    assert kept == ("signal", "plan")


def test_a_feature_that_varies_only_in_being_null_is_kept() -> None:
    frame, target = drawn(noise=0)
    kept = selected(frame.assign(known=np.where(target, 1.0, np.nan)), target)
    assert "known" in kept


def test_of_twins_the_first_declared_stays_whichever_way_the_other_runs() -> None:
    frame, target = drawn(noise=0)
    kept = selected(frame.assign(same=np.exp(frame["signal"]), opposite=-3.0 * frame["signal"]), target)
    assert kept == ("signal", "plan")


def test_siblings_that_merely_resemble_each_other_both_stay() -> None:
    frame, target = drawn(noise=0)
    chance = np.random.default_rng(3)
    kept = selected(frame.assign(sibling=frame["signal"] + chance.normal(0, 0.5, len(frame))), target)
    assert kept == ("signal", "plan", "sibling")


def test_the_same_rows_and_seed_select_the_same() -> None:
    frame, target = drawn(noise=20)
    assert selected(frame, target) == selected(frame, target)


def test_nothing_to_choose_from_selects_nothing() -> None:
    target = LISTENER_OF % 2 == 0
    assert selected(pd.DataFrame({"constant": np.ones(len(target))}), target) == ()


def test_codes_of_listeners_need_not_be_dense() -> None:
    frame, target = drawn(noise=12)
    sparse = select_features(frame, target, schema=described(frame), listener_of=LISTENER_OF * 7 + 3, seed=1)
    assert sparse == selected(frame, target)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.integers(0, 99))
def test_a_shadow_takes_all_its_rows_of_a_listener_from_one_other(codes: list[int], seed: int) -> None:
    listener_of = np.array(codes)
    taken = listener_of[_swapped(listener_of, seed)]
    givers = {listener: set(taken[listener_of == listener]) for listener in set(codes)}
    assert all(len(giver) == 1 for giver in givers.values())
    assert set().union(*givers.values()) == set(codes)
