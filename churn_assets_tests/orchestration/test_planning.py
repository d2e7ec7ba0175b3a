"""What is done first, and in how few runs."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from churn_assets.resources.planning import AssetState, contiguous, plan, span_of

DAYS = tuple(f"2024-01-0{n}" for n in range(1, 7))


def state(asset: str, grain: str | None = "day", parents: tuple[str, ...] = (), **fields: object) -> AssetState:
    """A state with nothing to do, but for `fields`."""
    nothing: dict[str, object] = {"keys": DAYS, "materialised": DAYS, "missing": (), "stale": {}}
    return AssetState(asset=asset, grain=grain, parents=parents, **{**nothing, **fields})  # type: ignore[arg-type]


@given(st.sets(st.sampled_from(DAYS)))
def test_ranges_cover_exactly_the_keys_and_never_touch(keys: set[str]) -> None:
    spans = contiguous(keys, DAYS)

    covered = [day for first, last in spans for day in DAYS if first <= day <= last]
    assert covered == sorted(keys)
    assert all(DAYS.index(b[0]) - DAYS.index(a[1]) > 1 for a, b in pairwise(spans))


def test_a_changed_day_is_run_with_everything_made_from_it() -> None:
    raw = state("raw_logs", stale={DAYS[2]: "other files have landed"}, together=("bad", "raw_logs"))
    states = [raw, state("bad"), state("events", parents=("raw_logs",)), state("other", parents=("elsewhere",))]

    (work,) = plan(states)

    assert (work.assets, work.first, work.last) == (("raw_logs", "bad", "events"), DAYS[2], DAYS[2])
    assert work.why == "raw_logs: other files have landed"


def test_each_contiguous_range_is_one_run() -> None:
    works = plan([state("events", missing=(DAYS[0], DAYS[1], DAYS[4]))])

    assert [(work.first, work.last) for work in works] == [(DAYS[0], DAYS[1]), (DAYS[4], DAYS[4])]


def test_what_waits_for_an_upstream_asset_is_no_root_of_a_run() -> None:
    events = state("events", stale={DAYS[0]: "raw_logs changed"})
    gaps = state("gaps", parents=("events",), stale={DAYS[3]: "events changed"})

    works = plan([events, gaps])

    assert [(work.assets, work.first) for work in works] == [(("events", "gaps"), DAYS[0])]


def test_cutoffs_wait_for_the_days_and_tables_for_both() -> None:
    days = state("events", missing=DAYS[:1])
    cutoffs = state("user_features", "cutoff", ("events",), missing=DAYS[:1])
    table = state("training_set", None, ("user_features",), keys=("",), materialised=(), missing=("",))

    assert [work.assets for work in plan([days, cutoffs, table])] == [("events",)]
    assert [work.assets for work in plan([state("events"), cutoffs, table])] == [("user_features",)]
    assert [work.assets for work in plan([state("events"), table])] == [("training_set",)]


def test_what_cannot_be_made_for_the_whole_range_is_left_for_later() -> None:
    people = state("population", "cutoff", missing=DAYS)
    labels = state("churn_labels", "cutoff", ("population",), keys=DAYS[:2], materialised=(), missing=DAYS[:2])

    (work,) = plan([people, labels])

    assert work.assets == ("population",)


def test_tables_of_one_step_are_one_piece_of_work_whichever_of_them_is_missing_or_stale() -> None:
    both = ("bad", "raw_logs")
    bad = state("bad", missing=DAYS[3:], together=both)
    raw = state("raw_logs", missing=DAYS[3:], stale={DAYS[2]: "other files have landed"}, together=both)

    (work,) = plan([bad, raw])

    assert (set(work.assets), work.first, work.last) == (set(both), DAYS[2], DAYS[5])
    assert work.why == "bad: 3 not made yet; raw_logs: 3 not made yet, other files have landed"


def test_equal_ranges_of_independent_assets_share_a_run() -> None:
    works = plan([state("a", "cutoff", missing=DAYS), state("b", "cutoff", missing=DAYS)])

    assert [work.assets for work in works] == [("a", "b")]


def test_a_record_is_made_where_it_is_missing_and_never_again() -> None:
    features = state("features", "cutoff")
    kept = {DAYS[0]: "its contract was not checked", DAYS[3]: "its contract is broken"}
    scores = state("scores", "cutoff", ("features",), missing=DAYS[4:], stale=kept, is_record=True)

    assert [(work.assets, work.first, work.last) for work in plan([features, scores])] == [
        (("scores",), DAYS[4], DAYS[5])
    ]


def test_remaking_what_a_record_was_made_from_leaves_the_record_alone() -> None:
    features = state("features", "cutoff", stale=dict.fromkeys(DAYS, "its code changed"))
    scores = state("scores", "cutoff", ("features",), missing=DAYS[5:], is_record=True)
    beside = state("labels", "cutoff", ("features",))

    assert [work.assets for work in plan([features, beside, scores])] == [("features", "labels")]
    assert [work.first for work in plan([state("features", "cutoff"), scores])] == [DAYS[5]]


def test_the_cause_names_the_work_and_why() -> None:
    one, same = (plan([state("a", missing=DAYS)])[0] for _ in range(2))
    other = plan([state("a", stale=dict.fromkeys(DAYS, "its code changed"))])[0]

    assert one.cause == same.cause != other.cause
    assert (one.why, other.why) == ("a: 6 not made yet", "a: its code changed")


def test_the_span_of_what_several_tables_lack_holds_only_what_all_of_them_can_have() -> None:
    features = state("user_features", "cutoff", missing=(DAYS[1], DAYS[5]))
    labels = state("churn_labels", "cutoff", keys=DAYS[:4], stale={DAYS[3]: "population changed"})

    assert span_of([features, labels]) == (DAYS[1], DAYS[3])
    assert span_of([features]) == (DAYS[1], DAYS[5])
    assert span_of([state("population", "cutoff")]) is span_of([]) is None


def test_nothing_to_do_is_an_empty_plan() -> None:
    assert plan([state("events")]) == plan([]) == []
