"""An answer of the API, back to the events that it was sent, and to the log lines that have them."""

import pytest

from churn_assets.cutoffs import DAY
from churn_assets.errors import LineageError
from churn_assets.lineage.trace import Trace
from churn_assets_tests.lineage.planted import COPY, CUTOFF, FILE, SEEN, SONGS, USER, sent_by_api, traced_in
from churn_assets_tests.orchestration.tiny import Site
from churn_assets_tests.serving.sites import keep


@pytest.fixture(scope="module")
def answered(shared_site: Site) -> Site:
    """The service after two requests: one about the planted listener, one about two listeners."""
    keep(shared_site, sent_by_api(shared_site, "one"), sent_by_api(shared_site, "two", "first", "second"))
    return shared_site


@pytest.fixture(scope="module")
def traced(answered: Site) -> Trace:
    return traced_in(answered, request_id="one")


def test_the_events_are_those_that_were_sent_before_the_cut_off_at_their_places(traced: Trace) -> None:
    seen = traced.events[["position", "song"]].itertuples(index=False, name=None)

    assert list(seen) == [(0, SONGS[3]), (1, SONGS[5]), (4, "Sent Only")]


def test_they_are_found_in_the_log_files_and_the_one_that_no_file_has_is_told(traced: Trace) -> None:
    lines = list(traced.lines[["file", "line", "is_used"]].itertuples(index=False, name=None))

    assert lines == [*((FILE, number, True) for number in SEEN), (COPY, 2, False)]
    assert "1 of the events that were sent stand in no log file that was ingested, in the store alone." in traced.notes
    assert "2 of 5 events that were sent lie outside of the days that it could see." in traced.notes


def test_prediction_features_and_model_are_those_of_the_store(traced: Trace) -> None:
    said = traced.prediction

    assert (said.origin, said.request_id, said.user_id, said.cutoff.date()) == ("answer", "one", "1042", CUTOFF)
    assert traced.features["recency_days"] == 3.0
    assert traced.model is not None
    assert traced.model.version.number == said.model_version
    assert traced.made_again == pytest.approx(said.churn_probability, abs=1e-12)
    assert traced.aggregates == {}


def test_one_of_several_listeners_of_a_request_must_be_named(answered: Site) -> None:
    with pytest.raises(LineageError, match=r"was about several listeners \(first, second\): name one of them"):
        traced_in(answered, request_id="two")

    assert traced_in(answered, request_id="two", user="second").prediction.user_id == "second"


def test_a_listener_that_the_request_was_not_about_is_refused(answered: Site) -> None:
    with pytest.raises(LineageError, match=r"was about others than 'third' \(first, second\)"):
        traced_in(answered, request_id="two", user="third")


def test_a_request_that_nobody_made_is_refused(answered: Site) -> None:
    with pytest.raises(LineageError, match=r"knows no request 'three'.*CHURN_STORE_URL"):
        traced_in(answered, request_id="three")


def test_what_a_prior_was_blended_into_is_made_again_with_it(site: Site) -> None:
    from dataclasses import replace

    answer = sent_by_api(site, "hardly-known")
    (kept,) = answer.predictions
    little = {**kept.features, "total_sessions": 1.0}
    cold = replace(kept, features=little, knowledge=0.2, is_cold_start=True)
    never = replace(kept, features=dict.fromkeys(little), knowledge=0.0, user_id="never heard")
    keep(site, replace(answer, predictions=(cold, never)))

    known = traced_in(site, request_id="hardly-known", user="1042")
    unknown = traced_in(site, request_id="hardly-known", user="never heard")

    assert known.made_again is not None
    assert unknown.made_again is not None
    assert 0 < known.made_again < 1
    assert known.made_again != pytest.approx(kept.churn_probability, abs=1e-6)
    assert any("20% is the model's own word" in note for note in known.notes)


def test_an_event_that_was_exported_is_found_in_the_file_that_the_export_wrote(site: Site) -> None:
    from dataclasses import replace

    answer = sent_by_api(site, "exported", USER)
    (kept,) = answer.predictions
    keep(site, replace(answer, predictions=(replace(kept, inference_timestamp=kept.as_of + DAY),)))
    site.run(["served_events"])
    site.catch_up()

    found = traced_in(site, request_id="exported")

    by_song = found.lines[found.lines["is_used"]].set_index("song")
    assert by_song.loc["Sent Only", "file"].startswith("served/")
    assert by_song.loc["Sent Only", "line"] == 1
    assert by_song.loc[SONGS[3], "file"] == FILE
