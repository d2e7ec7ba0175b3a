"""The prediction store, on SQLite and on a real PostgreSQL: a listener's part of it goes, others' stays."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from churn_assets.errors import StoreUnreachableError
from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.store import StorePlace, without
from churn_assets.serving.database import database
from churn_assets.serving.reader import snapshot
from churn_assets.serving.store import open_store
from churn_assets_tests.forgetting.planted import USER, WORDS
from churn_assets_tests.forgetting.search import found
from churn_assets_tests.forgetting.site import answers
from churn_assets_tests.serving.conftest import store_url

__all__ = ["store_url"]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A pending forgetting."""
    journal = Journal(tmp_path / "home")
    journal.begin(USER, datetime(2026, 1, 1, tzinfo=UTC))
    return journal


def test_their_predictions_and_answers_go_and_others_stay(store_url: str, journal: Journal) -> None:
    alone, other, batch = answers()
    with open_store(store_url) as store:
        for one in (alone, other, batch):
            store.keep(one).result()
        place = StorePlace(store_url, Listener(USER))

        assert place.held() == 2
        place.remove(journal)

        assert place.held() == 0
        assert journal.removed == {"prediction store": 2}
        assert store.find("alone") is None
        assert store.find("other") == other
        kept = store.find("batch")
    assert kept is not None
    assert [one.user_id for one in kept.predictions] == ["1", "2"]
    assert kept.digest == batch.digest
    told = json.loads(batch.answer)
    told["predictions"] = [one for one in told["predictions"] if one["userId"] != USER]
    assert json.loads(kept.answer) == told


def test_numbers_are_not_given_twice_although_the_newest_row_went(store_url: str, journal: Journal) -> None:
    alone, other, _ = answers()
    with open_store(store_url) as store:
        for one in (other, alone):
            store.keep(one).result()
        with snapshot(store_url) as state:
            before = state.newest
        StorePlace(store_url, Listener(USER)).remove(journal)
        store.keep(answers()[2]).result()

    with snapshot(store_url) as state:
        assert [one.sequence > before for one in state.received_after(before)] == [True] * 3


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, journal: Journal) -> None:
    place = StorePlace(f"sqlite:///{tmp_path / 'none.db'}", Listener(USER))

    assert place.held() == 0
    place.remove(journal)

    assert not (tmp_path / "none.db").exists()


def test_nothing_is_left_in_the_bytes_of_the_file(tmp_path: Path, journal: Journal) -> None:
    folder = tmp_path / "store"
    url = f"sqlite:///{folder / 'predictions.db'}"
    with open_store(url) as store:
        for one in answers():
            store.keep(one).result()
        StorePlace(url, Listener(USER)).remove(journal)

        assert found([folder], WORDS) == set()


def test_a_store_that_somebody_reads_cannot_be_written_anew_and_can_later(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'predictions.db'}"
    with open_store(url) as store, database(url, patience_s=0.1) as kept_in:
        store.keep(answers()[1]).result()
        with snapshot(url) as state:
            assert state.newest
            store.keep(answers()[0]).result()
            with pytest.raises(StoreUnreachableError, match="prediction store"):
                kept_in.compact()
        kept_in.compact()


def test_the_answer_to_one_listener_has_no_part_to_be_taken_out() -> None:
    answer = b'{"userId":"7","churn_probability":0.5}'

    assert without(answer, Listener("7")) == answer
