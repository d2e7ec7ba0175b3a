"""Runs that have not moved for a while."""

from datetime import UTC, datetime, timedelta

import dagster as dg
from sqlalchemy import text


def aged(instance: dg.DagsterInstance, age: timedelta) -> None:
    """Let every run have moved so long ago for the last time."""
    moved = datetime.now(UTC).replace(tzinfo=None) - age
    with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.execute(text("UPDATE runs SET update_timestamp = :moved"), {"moved": moved})
