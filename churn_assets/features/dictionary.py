"""The data dictionary page, generated from the declarations: `docs/reference/features.md`."""

from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Catalogue, Feature, FeatureGroup

HEADER = """# Features

Generated from `churn_assets/features/catalogue/` by `make docs`; edit the declarations, not this page.

Every behavioural feature is computed over the lookback (90 days before the cut-off by default) and sees only events
with `ts` before the cut-off. An undefined ratio is null. Nights and weekends are UTC. Fingerprint of the whole
declaration: `{fingerprint}`; {count} features.
"""


def dictionary(catalogue: Catalogue = CATALOGUE) -> str:
    """The page as Markdown: one table a group, one row a feature."""
    header = HEADER.format(fingerprint=catalogue.fingerprint, count=len(catalogue.features))
    return header + "".join(_section(group) for group in catalogue.groups)


def _section(group: type[FeatureGroup]) -> str:
    lines = [
        f"\n## {group.__name__}\n\n{group.__doc__}\n",
        "| feature | kind | values | meaning |",
        "|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_row, group.features)]) + "\n"


def _row(feature: Feature) -> str:
    calendar = " Moves with the calendar alone: its drift never causes a retraining." if feature.is_calendar else ""
    return f"| `{feature.name}` | {feature.kind} | {_values(feature)} | {feature.description}{calendar} |"


def _values(feature: Feature) -> str:
    """The allowed values in words."""
    null = ", or null" if feature.nullable else ""
    if feature.values is not None:
        return ", ".join(f"`{value}`" for value in feature.values) + null
    match feature.at_least, feature.at_most:
        case None, None:
            return ("any text" if feature.column.type == "string" else "any number") + null
        case low, None:
            return f"{low:g} or more" + null
        case low, high:
            return f"{low:g} to {high:g}" + null
