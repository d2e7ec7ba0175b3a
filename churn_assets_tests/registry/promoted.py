"""Histories with versions in them."""

from churn_assets.registry.history import History
from churn_assets_tests.registry.killed import AT, promotion
from churn_assets_tests.registry.tiny import register


def with_versions(history: History, count: int) -> History:
    """`history` with so many versions registered, none promoted."""
    for _ in range(count):
        register(history.registry)
    return history


def promoted(history: History, *numbers: str) -> History:
    """`history` with versions registered and promoted in this order."""
    with_versions(history, len(numbers))
    champion = None
    for number in numbers:
        history.carry_out(promotion(number, champion), at=AT)
        champion = number
    return history
