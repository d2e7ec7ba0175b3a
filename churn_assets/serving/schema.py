"""The tables of the prediction store, the same on every database, and how a store becomes one of today's."""

import uuid
from collections.abc import Callable
from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    inspect,
    select,
)

from churn_assets.cutoffs import DAY, day_of
from churn_assets.errors import StoreError

METADATA = MetaData()
SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the type is called INTEGER."""

VERSIONS = Table(
    "churn_store_versions",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False, comment="Every version the store has had."),
    Column("identity", Text, nullable=False, comment="The first version's tells this store from every other."),
)

REQUESTS = Table(
    "churn_requests",
    METADATA,
    Column("request_id", Text, primary_key=True),
    Column("digest", Text, nullable=False, comment="SHA-256 of the body."),
    Column("answer", LargeBinary, nullable=False, comment="Body of the answer, zstd."),
)

PREDICTIONS = Table(
    "churn_predictions",
    METADATA,
    Column("sequence", SERIAL, Identity(), primary_key=True, comment="Order in which they were stored, ever growing."),
    Column("request_id", Text, ForeignKey(REQUESTS.c.request_id), nullable=False),
    Column("user_id", Text, nullable=False, index=True, comment="Indexed, so that a listener can be forgotten."),
    Column("day", Integer, nullable=False, comment="Last day before the cut-off, in days from 1970-01-01."),
    Column("as_of", BigInteger, nullable=False, comment="Cut-off, epoch milliseconds, data time."),
    Column("inference_timestamp", BigInteger, nullable=False, comment="Epoch milliseconds, wall time."),
    Column("churn_probability", Double, nullable=False),
    Column("churn_pred", Boolean, nullable=False),
    Column("risk_band", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, comment="Declaration of the features."),
    Column("at_risk", Boolean, nullable=False),
    Column("is_cold_start", Boolean, nullable=False),
    Column("knowledge", Double, nullable=False),
    Column("events", Integer, nullable=False),
    Column("features", Text, nullable=False, comment="Every declared feature by name, JSON."),
    Column("logs", LargeBinary, nullable=False, comment="The raw events, a JSON array, zstd."),
    UniqueConstraint("request_id", "user_id"),
    # Numbers are never given twice, not even after the newest row was forgotten: cursors and versions rely on it.
    sqlite_autoincrement=True,
)
Index("churn_predictions_by_day", PREDICTIONS.c.day, PREDICTIONS.c.sequence)

Upgrade = Callable[[Connection], None]


def data_day(as_of: int) -> date:
    """The day of data time that a prediction belongs to: the last one before its cut-off (epoch milliseconds)."""
    return day_of(-(-as_of // DAY) * DAY - DAY)


def _create(connection: Connection) -> None:
    METADATA.create_all(connection)


UPGRADES: tuple[Upgrade, ...] = (_create,)
"""What makes version n + 1 of version n. A change appends one; none is ever edited, and the first makes today's tables
only as long as it is the only one."""


def upgrade(connection: Connection, upgrades: tuple[Upgrade, ...] = UPGRADES) -> None:
    """Bring the store to the newest version, inside the caller's transaction; StoreError if it is newer than we are."""
    version = version_of(connection)
    if version > len(upgrades):
        message = (
            f"The prediction store has version {version}, and this release knows versions up to {len(upgrades)}: "
            "a newer release has written to it. Install that release, or set CHURN_STORE_URL to another store."
        )
        raise StoreError(message)
    for number, step in enumerate(upgrades[version:], version + 1):
        step(connection)
        connection.execute(insert(VERSIONS).values(version=number, identity=uuid.uuid4().hex))


def version_of(connection: Connection) -> int:
    """Version of the store's tables; 0 where there are none yet."""
    if not inspect(connection).has_table(VERSIONS.name):
        return 0
    return connection.execute(select(func.max(VERSIONS.c.version))).scalar() or 0


def identity_of(connection: Connection) -> str:
    """What tells this store from every other: numbers of rows mean nothing anywhere else."""
    return str(connection.execute(select(VERSIONS.c.identity).where(VERSIONS.c.version == 1)).scalar_one())
