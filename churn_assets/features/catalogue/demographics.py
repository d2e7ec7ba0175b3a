"""Who the listener is, as far as the log tells."""

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import REGISTRATION, TS, first, latest
from churn_assets.features.declaration import FeatureGroup, amount, category, moves_with_the_calendar
from churn_assets.features.expressions import CUTOFF, LOG_START, LOOKBACK, Expression, Field, least, only_if, where
from churn_assets.ingest.tables import BROWSERS, DEVICES, OPERATING_SYSTEMS

FIRST_REGISTRATION = first(REGISTRATION)
FIRST_EVENT = first(TS)
KNOWN_SINCE = least(FIRST_REGISTRATION, FIRST_EVENT)
"""Registration can be later than the first event, and missing."""

AGE_GROUPS = ((30, "under 1 month"), (90, "1 to 3 months"), (365, "3 to 12 months"))
OLDEST_GROUP = "over 1 year"


def _age_group(age_days: Expression) -> Expression:
    group: Expression | str = OLDEST_GROUP
    for limit, name in reversed(AGE_GROUPS):
        group = where(age_days < limit, name, group)
    return only_if(age_days >= 0, group)


class Demographics(FeatureGroup):
    """Who the listener is: as of the latest event before the cut-off."""

    gender = category("Gender as registered.", latest(Field("gender")))
    region = category("State(s) of the location.", latest(Field("region")))
    device = category("Kind of device of the latest event.", latest(Field("device")), DEVICES)
    os = category("Operating system of the latest event.", latest(Field("os")), OPERATING_SYSTEMS)
    browser = category("Browser of the latest event.", latest(Field("browser")), BROWSERS)
    tenure_days = moves_with_the_calendar(
        amount(
            "Days from the registration (or the first event, if that is earlier) to the cut-off.",
            only_if(FIRST_REGISTRATION >= 0, (CUTOFF - KNOWN_SINCE) / DAY),
            nullable=True,
        )
    )
    account_age_group = moves_with_the_calendar(
        category(
            "How long the account has existed.", _age_group(tenure_days), (*(n for _, n in AGE_GROUPS), OLDEST_GROUP)
        )
    )
    history_days = moves_with_the_calendar(
        amount(
            "Days of the lookback that exist for this listener: fewer where the log or the account is younger.",
            least(LOOKBACK, (CUTOFF - LOG_START) // DAY, CUTOFF // DAY - KNOWN_SINCE // DAY),
            at_least=1,
        )
    )
