"""A writer's connection is kept while all is well, given up when anything was wrong, and never half used."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text

from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.serving.database import Database, database
from churn_assets.serving.lane import Lane
from churn_assets.serving.record import record
from churn_assets.serving.schema import REQUESTS
from churn_assets.serving.statements import insert_into
from churn_assets_tests.serving.answers import answer
from churn_assets_tests.serving.postgres import PostgreSQL


@pytest.fixture
def prepared(store_url: str) -> Iterator[Database]:
    with database(store_url, patience_s=30) as found:
        found.prepare()
        yield found


def insert(lane: Lane, *names: str, is_rehearsal: bool = False) -> None:
    with lane.writing(is_rehearsal=is_rehearsal) as connection:
        insert_into(connection, REQUESTS, [record(answer(name)).request for name in names])


def count(kept_in: Database) -> int:
    with kept_in.reading() as connection:
        return connection.execute(select(func.count()).select_from(REQUESTS)).scalar_one()


def test_transactions_follow_each_other_on_one_connection(prepared: Database) -> None:
    lane = Lane(prepared)
    with lane.writing() as first:
        pass
    insert(lane, "r1")
    insert(lane, "r2", is_rehearsal=True)
    with lane.writing() as last:
        pass

    assert first is last
    assert count(prepared) == 1
    lane.close()
    assert first.closed


def test_a_refusal_is_told_leaves_nothing_and_ends_the_connection_alone(prepared: Database) -> None:
    lane = Lane(prepared)
    with lane.writing() as first:
        pass
    with pytest.raises(StoreError, match="refused a statement"):
        insert(lane, "r1", "r1")

    assert first.closed
    assert count(prepared) == 0
    insert(lane, "r2")
    assert count(prepared) == 1
    lane.close()


def test_whatever_breaks_off_a_transaction_takes_it_back(prepared: Database) -> None:
    lane = Lane(prepared)
    with pytest.raises(ZeroDivisionError):
        _broken_off(lane)

    with prepared.writing():
        """Nobody else is kept out."""
    assert count(prepared) == 0
    lane.close()


def _broken_off(lane: Lane) -> None:
    with lane.writing() as connection:
        insert_into(connection, REQUESTS, [record(answer("r1")).request])
        raise ZeroDivisionError


def test_others_may_write_between_the_transactions_of_a_lane(prepared: Database) -> None:
    lane = Lane(prepared)
    insert(lane, "r1")
    with prepared.writing() as connection:
        insert_into(connection, REQUESTS, [record(answer("r2")).request])
    insert(lane, "r3")

    assert count(prepared) == 3
    lane.close()


def test_a_connection_that_a_server_has_ended_costs_one_transaction(postgres: PostgreSQL) -> None:
    with database(postgres.new_schema(), patience_s=30) as kept_in:
        kept_in.prepare()
        lane = Lane(kept_in)
        with lane.writing() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with kept_in.reading() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

        with pytest.raises(StoreUnreachableError):
            insert(lane, "r1")
        insert(lane, "r1")
        assert count(kept_in) == 1
        lane.close()
