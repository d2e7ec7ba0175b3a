"""The reference page of the assets, generated from the definitions: `docs/reference/assets.md`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import cast

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetNode
from dagster._core.definitions.metadata.metadata_value import ObjectMetadataValue

from churn_assets.contracts.contract import Column, Contract
from churn_assets.contracts.privacy import PERSONAL
from churn_assets.ingest.tables import QUARANTINED_LINES, RAW_LOGS
from churn_assets.resources.lake_asset import AFTER, MATURE, POSSIBLE, RECENT, RECORD, SERVED
from churn_assets.resources.lake_io import CONTRACT
from churn_assets.resources.metadata import column_rules
from churn_assets.resources.partitions import ONE_DAY, Reach, reach
from churn_assets.resources.stages import STAGES
from churn_assets.serving.tables import PREDICTION_LOG, SERVED_EVENTS

HEADER = """# Assets

Generated from the definitions by `make docs`. Every table lies below `<home>/lake/<asset>/` as Parquet,
[readable with anything](../how-to/read-tables.md); a partition is one folder, `day=2026-05-31` or `cutoff=2026-06-01`.
Days are UTC days, cut-offs 00:00 UTC. *Made from* says what is read and, with the default settings, which days of it or
cut-offs between which days, counted from the partition's own day. *Checks* in bold block what is downstream until they
pass; the others only warn. Columns marked *personal* are masked in previews, samples and logs.
"""
GRAINS = {"day": "one a day", "cutoff": "one a cut-off", None: "none: one table"}
WHEN = {
    MATURE: "only where the whole label window has landed",
    RECENT: "the newest `CHURN_REPORT_DAYS`",
    SERVED: "the newest `CHURN_REPORT_DAYS`, and every day that predictions were served for",
}
ONCE = "a record of what was said: never made again by itself"
OUTSIDE = {
    RAW_LOGS.table: "the landing folder",
    QUARANTINED_LINES.table: "the landing folder",
    PREDICTION_LOG.table: "the prediction store",
    SERVED_EVENTS: "the prediction store; it writes to the landing folder",
}
"""What assets without upstream assets are made from."""
FEATURES = "features"
"""What a row of the columns' table is called that stands for every declared feature."""


@dataclass(frozen=True)
class _Asset:
    """One asset of the graph, with what the page says of it."""

    node: BaseAssetNode
    step: timedelta
    """Days from one cut-off to the next."""
    features: frozenset[str]

    @property
    def name(self) -> str:
        return self.node.key.to_user_string()

    @cached_property
    def contract(self) -> Contract | None:
        found = self.node.metadata.get(CONTRACT)
        return cast("Contract", found.instance) if isinstance(found, ObjectMetadataValue) else None

    @property
    def row(self) -> str:
        """What one row is; nothing where the asset is no table."""
        return self.contract.row if self.contract else ""

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that no two rows share."""
        return self.contract.key if self.contract else ()

    @property
    def width(self) -> timedelta:
        """Days that one of its partitions stands for."""
        return self.step if self.contract and self.contract.partition == "cutoff" else ONE_DAY


def asset_page(defs: dg.Definitions, step: timedelta, features: Iterable[str]) -> str:
    """The page of every asset as Markdown, in the order of the flow; `step` is the time from one cut-off to the next.

    Where a table has every one of `features`, they are told once, on their own page.
    """
    graph, named = defs.resolve_asset_graph(), frozenset(features)
    order = [key for level in graph.toposorted_asset_keys_by_level for key in sorted(level)]
    order.sort(key=lambda key: _place(graph.get(key).group_name))
    assets = {key: _Asset(graph.get(key), step, named) for key in order}
    blocking = {key for key in graph.asset_check_keys if graph.get_check_spec(key).blocking}
    sections = (_section(asset, assets, blocking) for asset in assets.values())
    return HEADER + _index(assets.values()) + "".join(sections)


def _place(group: str | None) -> int:
    """Where the stages come in the flow; groups that are no stage of `churn-assets run` come last."""
    groups = list(dict.fromkeys(group for stage in STAGES.values() for group in stage))
    return groups.index(group) if group in groups else len(groups)


def _index(assets: Iterable[_Asset]) -> str:
    rows = [f"| {a.node.group_name} | [`{a.name}`](#{a.name}) | {_grain(a)} | {a.row} |" for a in assets]
    return "\n".join(["", "| group | asset | partitions | one row is |", "|---|---|---|---|", *rows, ""])


def _grain(asset: _Asset) -> str:
    return GRAINS[asset.contract.partition] if asset.contract else "none"


def _section(asset: _Asset, assets: Mapping[dg.AssetKey, _Asset], blocking: set[dg.AssetCheckKey]) -> str:
    facts = {
        "group": asset.node.group_name,
        "one row is": asset.row,
        "partitions": _partitions(asset),
        "made from": "; ".join(_sources(asset, assets)) or OUTSIDE.get(asset.name, ""),
        "key": ", ".join(f"`{name}`" for name in asset.key),
        "checks": _checks(asset, blocking),
    }
    table = [f"| {name} | {text} |" for name, text in facts.items() if text]
    parts = ["", f"## {asset.name}", "", asset.node.description or "", "", "| | |", "|---|---|", *table, ""]
    return "\n".join([*parts, *_columns(asset)])


def _partitions(asset: _Asset) -> str:
    """How an asset is split, and which of its partitions are made when."""
    rules = [WHEN.get(str(asset.node.metadata.get(POSSIBLE))), ONCE if RECORD in asset.node.metadata else None]
    return " ".join([_grain(asset), *(f"({rule})" for rule in rules if rule)])


def _checks(asset: _Asset, blocking: set[dg.AssetCheckKey]) -> str:
    return ", ".join(f"**{key.name}**" if key in blocking else key.name for key in sorted(asset.node.check_keys))


def _sources(asset: _Asset, assets: Mapping[dg.AssetKey, _Asset]) -> Iterator[str]:
    """Every upstream asset, and which of its partitions a partition is made from."""
    waits = cast("Sequence[str]", asset.node.metadata.get(AFTER, ()))
    for key in sorted(asset.node.parent_keys):
        parent = assets[key]
        link = f"[`{parent.name}`](#{parent.name})"
        if parent.name in waits:
            yield f"{link}, only once it is done"
        elif None in (asset.node.partitions_def, parent.node.partitions_def):
            yield link if parent.node.partitions_def is None else f"{link}, all partitions"
        else:
            yield f"{link}, {_span(asset, parent)}"


def _span(asset: _Asset, parent: _Asset) -> str:
    mapping = asset.node.partition_mappings.get(parent.node.key)
    found = reach(mapping, asset.width, upstream=parent.width)
    is_same = mapping is None and asset.width == parent.width
    return "the same partition" if is_same else _days(found)


def _days(found: Reach) -> str:
    """A reach in words, counted from the partition's own day."""
    first, last = found.first.days, found.last.days
    match first, last:
        case (low, high) if high < 0:
            return f"{-low} to {-high} days before"
        case (low, high) if low >= 0:
            return f"the day to {high} days after"
        case (low, 0):
            return f"{-low} days before to the day itself"
        case (low, high):
            return f"{-low} days before to {high} {'day' if high == 1 else 'days'} after"


def _columns(asset: _Asset) -> Sequence[str]:
    if asset.contract is None:
        return []
    # Only a table of all features tells them as one: events have a gender and a device of their own.
    told = asset.features if asset.features <= set(asset.contract.names) else frozenset()
    own = [column for column in asset.contract.columns if column.name not in told]
    rows = [f"| `{c.name}` | {c.type.value} | {_allowed(c)} | {c.description}{_personal(c)} |" for c in own]
    if len(own) < len(asset.contract.columns):
        rows.append(f"| *{FEATURES}* | | | [Every declared feature](features.md). |")
    return ["| column | type | allowed | what it is |", "|---|---|---|---|", *rows, ""]


def _allowed(column: Column) -> str:
    rules = ", ".join(column_rules(column))
    return f"{rules} or null".strip() if column.nullable else rules


def _personal(column: Column) -> str:
    return " *personal*" if column.name in PERSONAL else ""
