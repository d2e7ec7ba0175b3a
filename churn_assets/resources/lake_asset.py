"""The decorator of every asset that is a table of the lake."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import dagster as dg
from dagster._core.definitions.metadata.metadata_value import ObjectMetadataValue

from churn_assets.contracts.contract import Contract
from churn_assets.resources.lake_io import CONTRACT, Product
from churn_assets.resources.metadata import column_schema
from churn_assets.resources.provenance import UNREPORTED

LAKE_IO = "lake_io"
OWNER = "team:churn"
POSSIBLE = "churn_assets/possible"
"""Metadata key that says which partitions can be made; `state` reads it. Without it, those that have landed."""
MATURE = "mature"
"""Value of POSSIBLE: only cut-offs whose label window has landed."""
RECENT = "recent"
"""Value of POSSIBLE: only the newest days before the data clock, as many as reports are made for."""
SERVED = "served"
"""Value of POSSIBLE: the same days, and every other one that predictions were served for."""
NEWEST = "newest"
"""Value of POSSIBLE: only the newest cut-off that has landed, and what is there."""
ON_REQUEST = "on request"
"""Value of POSSIBLE: none is missing before somebody asked for it."""
RECORD = "churn_assets/record"
"""Metadata key of a table that is a record of what was said at the time: nothing upstream makes it stale."""
AFTER = "churn_assets/after"
"""Metadata key of the tables that one comes after without reading them: what they hold makes it never stale."""


@dataclass(frozen=True)
class Table:
    """How a table of the lake appears in Dagster: its contract, group, code version, and what it is made with."""

    contract: Contract
    group: str
    code_version: str
    description: str
    kinds: frozenset[str] = frozenset({"duckdb", "parquet"})
    possible: str | None = None
    is_record: bool = False
    after: tuple[str, ...] = ()
    """Tables that it comes after without reading them; they make it never stale."""

    @property
    def key(self) -> dg.AssetKey:
        """The asset's key: the name of the table."""
        return dg.AssetKey(self.contract.table)

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of the definition: columns, and the contract itself for the IO manager and the check."""
        metadata: dict[str, Any] = {
            "dagster/column_schema": column_schema(self.contract),
            "row": f"One row is {self.contract.row}.",
            CONTRACT: ObjectMetadataValue(self.contract),
        }
        rules = ({POSSIBLE: self.possible} if self.possible else {}) | ({RECORD: True} if self.is_record else {})
        return metadata | rules | ({AFTER: list(self.after)} if self.after else {})

    @property
    def out(self) -> dg.AssetOut:
        """The table as one output of a multi-asset."""
        return dg.AssetOut(
            key=self.key,
            dagster_type=Product,
            description=self.description,
            group_name=self.group,
            code_version=self.code_version,
            owners=[OWNER],
            kinds=set(self.kinds),
            tags=self.tags,
            metadata=self.metadata,
            io_manager_key=LAKE_IO,
            backfill_policy=None,
        )

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the asset."""
        return {"stage": self.group, "grain": self.contract.partition or "table"}


def lake_asset(
    table: Table,
    partitions: dg.PartitionsDefinition | None = None,
    reads: Mapping[str, dg.PartitionMapping] | None = None,
) -> Callable[[Callable[..., Product]], dg.AssetsDefinition]:
    """Make a function from scans (one parameter an upstream table, named after it) to a product an asset.

    `reads` holds the partition mappings of those upstream tables that are not read key by key.
    """

    def decorate(function: Callable[..., Product]) -> dg.AssetsDefinition:
        @wraps(function)
        def compute(*args: Any, **kwargs: Any) -> dg.Output[Product]:
            return unreported(function(*args, **kwargs))

        vars(compute)["__signature__"] = _as_dagster_reads(function)
        return dg.asset(
            key=table.key,
            description=table.description,
            group_name=table.group,
            code_version=table.code_version,
            owners=[OWNER],
            kinds=set(table.kinds),
            tags=table.tags,
            metadata=table.metadata,
            io_manager_key=LAKE_IO,
            partitions_def=partitions,
            ins={name: dg.AssetIn(partition_mapping=mapping) for name, mapping in (reads or {}).items()},
            deps=[dg.AssetKey(name) for name in table.after],
            backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        )(compute)

    return decorate


def _as_dagster_reads(function: Callable[..., Any]) -> inspect.Signature:
    """The signature with an output returned and no keyword-only parameters, which Dagster takes for no inputs."""
    signature = inspect.signature(function)
    parameters = [p.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD) for p in signature.parameters.values()]
    return signature.replace(parameters=parameters, return_annotation=dg.Output[Product])


def unreported(product: Product, output: str = "result") -> dg.Output[Product]:
    """A product as an output whose materialisations the IO manager reports, not Dagster."""
    return dg.Output(product, output_name=output, metadata=UNREPORTED)
