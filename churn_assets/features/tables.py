"""Contracts of the feature tables; their feature columns follow from the catalogue."""

from churn_assets.contracts.contract import Column, Contract, integer, text, timestamp
from churn_assets.features.aggregates import ITEM_OPERATORS, Aggregate, Grain, Operator, distinct_measures
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.ingest.tables import DAY, USER_ID

CUTOFF = timestamp("cutoff", "Cut-off: features see what lies before it, labels what lies at or after it.")

MEASURES = distinct_measures(
    a for a in CATALOGUE.aggregates if a.grain is Grain.EVENT and a.operator not in ITEM_OPERATORS
)
"""What is kept per listener and day: the event aggregates of the catalogue, whatever their window."""
ITEMS = {
    item: f"{item}s"
    for item in sorted(
        {a.value.text() for a in CATALOGUE.aggregates if a.operator in ITEM_OPERATORS and a.value is not None}
    )
}
"""The event fields whose distinct values are counted, and the column that counts those of a gap."""
STATES = tuple(
    sorted({a.value.text() for a in MEASURES.values() if a.operator is Operator.CHANGES and a.value is not None})
)
"""The event fields whose changes are followed."""
BASE_COLUMNS = (
    timestamp("first_ts", "First event of the day."),
    timestamp("last_ts", "Last event of the day."),
    integer("events", "Events of the day.", at_least=1),
    text("latest_page", "Page of the latest event of the day."),
    integer("cancellations", "Cancellation confirmations of the day."),
)


def _measure_column(name: str, aggregate: Aggregate) -> Column:
    description = f"Of the day: {aggregate.operator} {aggregate.name}".rstrip() + (
        f", {aggregate.condition.name}." if aggregate.condition else "."
    )
    match aggregate.operator:
        case Operator.LATEST:
            return text(name, description, nullable=True)
        case Operator.FIRST | Operator.LAST | Operator.LAST_CHANGE:
            return timestamp(name, description, nullable=True)
        case _:
            return integer(name, description)


def _measure_columns() -> tuple[Column, ...]:
    base = {column.name for column in BASE_COLUMNS}
    return tuple(_measure_column(name, measure) for name, measure in MEASURES.items() if name not in base)


LISTENER_DAYS = Contract(
    table="listener_days",
    row="a listener's day: the aggregates that features and labels are sums of",
    partition="day",
    order=("user_id",),
    key=("user_id",),
    columns=(
        DAY,
        USER_ID,
        *BASE_COLUMNS,
        *_measure_columns(),
        *(
            text(f"first_{state}", f"Value of {state} at the first event of the day.", nullable=True)
            for state in STATES
        ),
    ),
)

LISTENER_ITEM_GAPS = Contract(
    table="listener_item_gaps",
    row="how many of a listener's songs, artists and pages of the day were met last so many days before",
    partition="day",
    order=("user_id", "gap_days"),
    key=("user_id", "gap_days"),
    columns=(
        DAY,
        USER_ID,
        integer(
            "gap_days",
            "Days since the items were met before; null if not within the lookback.",
            nullable=True,
            at_least=1,
        ),
        *(integer(name, f"Distinct values of {item} of the day with this gap.") for item, name in ITEMS.items()),
    ),
)

USER_FEATURES = Contract(
    table="user_features",
    row="a listener seen in the lookback of a cut-off, with every declared feature",
    partition="cutoff",
    order=("user_id",),
    key=("user_id",),
    columns=(CUTOFF, USER_ID, *(feature.column for feature in CATALOGUE.features)),
)
