"""The writer's own statements do on both databases what SQLAlchemy's would."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from churn_assets.serving.database import Database, database
from churn_assets.serving.record import record
from churn_assets.serving.schema import PREDICTIONS, REQUESTS
from churn_assets.serving.statements import found_among, insert_into
from churn_assets_tests.serving.answers import answer, names


@pytest.fixture
def prepared(store_url: str) -> Database:
    found = database(store_url)
    found.prepare()
    return found


def test_rows_are_inserted_as_they_are_and_found_by_their_ids(prepared: Database) -> None:
    records = [record(answer(name)) for name in names("r", 3)]
    with prepared.writing() as connection:
        insert_into(connection, REQUESTS, [one.request for one in records])
        insert_into(connection, PREDICTIONS, [row for one in records for row in one.predictions])
        insert_into(connection, PREDICTIONS, [])

    with prepared.reading() as connection:
        found = found_among(connection, REQUESTS.c.request_id, ["r-2", "another", "r-0"])
        kept = [dict(row._mapping) for row in connection.execute(select(PREDICTIONS).order_by(PREDICTIONS.c.sequence))]

    assert sorted(found) == ["r-0", "r-2"]
    given = [dict(row) for one in records for row in one.predictions]
    assert [{name: row[name] for name in given[0]} for row in kept] == given
    prepared.close()


def test_what_the_database_refuses_is_sqlalchemys_error(prepared: Database) -> None:
    rows = [record(answer("twice")).request] * 2

    with prepared.engine.connect() as connection, pytest.raises(IntegrityError):
        insert_into(connection, REQUESTS, rows)
    prepared.close()
