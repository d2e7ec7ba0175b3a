"""The prediction store carried over from a SQLite file: every prediction under the number that it has."""

from pathlib import Path

from sqlalchemy import func, select

from churn_assets.databases.copying import copy_all, reading, replacing
from churn_assets.errors import StoreError
from churn_assets.serving.database import database
from churn_assets.serving.schema import PREDICTIONS
from churn_assets.serving.store import open_store


def copy_store(file: Path, url: str) -> int:
    """Copy the store in a SQLite file into the empty one at `url`; how many rows there are, none if there is no file.

    The copy is the same store: whoever has read up to a number of the one goes on in the other. StoreError if the
    other has predictions already.
    """
    open_store(url).close()
    if not file.exists():
        return 0
    open_store(f"sqlite:///{file.resolve()}").close()  # brings it to today's version
    with database(url) as kept_in, kept_in.reading() as connection:
        if connection.execute(select(func.count()).select_from(PREDICTIONS)).scalar():
            message = (
                f"The prediction store {kept_in.name} has predictions already: nothing was copied. Name an empty one."
            )
            raise StoreError(message)
    with reading(file) as source, replacing(url) as target:
        return copy_all(source, target)
