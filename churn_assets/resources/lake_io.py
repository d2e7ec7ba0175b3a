"""How assets read and write the lake.

An asset of ours is a function from scans to a product. `lake_asset` gives it everything that follows
from its contract (name, columns, IO manager, one run per range of partitions), Dagster gives it its
inputs as `Scan`s (the files of the upstream partitions that this run needs and that are there), and it
returns a `Product`: what to write, and what to say of it afterwards:

    @lake_asset(Table(SESSIONS, group="ingest", code_version="1", description="…"), calendar.days)
    def sessions(events: Scan) -> Product:
        return Product(Recipe(SESSIONS, lambda t: make_sessions(t["events"]), by_day(events)))

`Product.content` is a `Recipe` (evaluated by the engine for the partitions of the run, in one pass),
`StagedFiles` (finished Parquet files to be put in their places), `Amended` (a whole table made from what it held
before), or an Arrow table or pandas frame of
whole rows (split by the partition column, and cast to the types of the contract). `Product.report` adds
metadata: it is called once everything is written and gives them by partition key (WHOLE for a table
without partitions); show plots on the last key only, as `charts.charted` does.

Files are written beside and renamed, so that readers never see half a partition. Each partition is
reported once, with its own metadata and its content hash as data version (see `provenance`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.definitions.metadata.metadata_value import ObjectMetadataValue

from churn_assets.contracts.contract import Contract
from churn_assets.errors import OvertakenError
from churn_assets.lake.engine import Engine, Written, describe
from churn_assets.lake.lake import WHOLE, Lake, Scan, Seen
from churn_assets.lake.recipe import Recipe
from churn_assets.registry.lock import exclusive
from churn_assets.resources.metadata import Metadata, table_metadata
from churn_assets.resources.progress import listener
from churn_assets.resources.provenance import content_tags, origin_tags
from churn_assets.resources.storage import EngineResource, LakeResource

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MOST_OVERTAKEN = 20
"""How often an amended table is made anew because another machine was faster."""
CONTRACT = "churn_assets/contract"
"""Metadata key by which an asset's definition carries the name of its table."""


@dataclass(frozen=True)
class StagedFiles:
    """Finished Parquet files, on the lake's file system, by the partition key that each becomes."""

    contract: Contract
    files: Mapping[str, Path]


@dataclass(frozen=True)
class Amended:
    """A whole table made from what it holds, no writer losing a row of another.

    `lock` is held from reading to writing; writers on other machines are told apart by the version that was read,
    where the lake's store can do so (`lake/conditions.py`).
    """

    lock: Path
    rows: "Callable[[], pa.Table]"


@dataclass(frozen=True)
class Landed:
    """What `Product.report` sees: the files that were written, the lake they are in, an engine to query them with."""

    scan: Scan
    lake: Lake
    engine: Engine


Report = Callable[[Landed], Mapping[str, Metadata]]
"""Gives further metadata by partition key, once everything is written."""


def _nothing(_landed: Landed) -> Mapping[str, Metadata]:
    return {}


@dataclass(frozen=True)
class Product:
    """What an asset hands over: what to write, and what to say of it once it is written."""

    content: "Recipe | StagedFiles | Amended | pa.Table | pd.DataFrame"
    report: Report = _nothing


class LakeIOManager(dg.ConfigurableIOManager):
    """Reads and writes the partitions of a run; a range of 150 days is one call."""

    storage: dg.ResourceDependency[LakeResource]
    computing: dg.ResourceDependency[EngineResource]

    def load_input(self, context: dg.InputContext) -> Scan:
        """The upstream partitions that the run's partitions are made from, as far as they are in the lake.

        Raises MissingPartitionError if a table without partitions is not there. Whether every day is there
        is for the asset to say, which knows its exact window (`windows.require_days`).
        """
        contract = _contract(context.upstream_output)
        if not context.has_asset_partitions:
            return self.storage.lake.scan(contract)
        return self.storage.lake.find(contract, context.asset_partition_keys)

    def handle_output(  # type: ignore[override]  # Dagster takes generators too, its annotation does not
        self, context: dg.OutputContext, obj: Product
    ) -> Iterator[dg.AssetMaterialization]:
        """Write every partition of the run, then report each with its own metadata and data version."""
        contract = _contract(context)
        keys = list(context.asset_partition_keys) if context.has_asset_partitions else [WHOLE]
        done = self._write(contract, obj.content, keys)
        lake = self.storage.lake
        said = obj.report(Landed(lake.scan(contract, keys), lake, self.computing.engine))
        origin = origin_tags(context)
        for written in done:
            yield dg.AssetMaterialization(
                context.asset_key,
                partition=written.key or None,
                metadata={**table_metadata(contract, written, lake), **said.get(written.key, {})},
                tags=origin | content_tags(written.sha256),
            )

    def _write(self, contract: Contract, content: Any, keys: Sequence[str]) -> list[Written]:
        lake = self.storage.lake
        match content:
            case Recipe():
                return self.computing.maker.write(content, keys, lake, _progress_of(contract))
            case StagedFiles():
                return [_adopt(lake, contract, key, content.files[key]) for key in keys]
            case Amended():
                return [_amend(lake, contract, content)]
            case _:
                return [_write_table(lake, contract, key, table) for key, table in _split(contract, content, keys)]


def _progress_of(contract: Contract) -> Callable[[str, int], None]:
    told = listener()
    return lambda key, rows: told.on_partition(contract.table, key, rows)


def _adopt(lake: Lake, contract: Contract, key: str, staged: Path) -> Written:
    written = describe(key, staged)
    lake.adopt(contract, key, staged)
    listener().on_partition(contract.table, key, written.rows)
    return written


def _split(contract: Contract, content: Any, keys: Sequence[str]) -> "Iterator[tuple[str, pa.Table]]":
    """A table or frame of whole rows by partition, typed as its contract says."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from churn_assets.contracts.arrow import arrow_schema

    schema = arrow_schema(contract, with_partition=True)
    rows = content if isinstance(content, pa.Table) else pa.Table.from_pandas(content, schema, preserve_index=False)
    rows = rows.select(schema.names).cast(schema)
    for key in keys:
        wanted = pa.scalar(key).cast(schema.field(contract.partition).type) if contract.partition else None
        part = rows if wanted is None else rows.filter(pc.equal(rows[contract.partition], wanted))
        yield key, part.drop_columns([contract.partition]) if contract.partition else part


def _amend(lake: Lake, contract: Contract, content: Amended) -> Written:
    """Write what the rows that are there become; again, from what is there by then, if another machine was faster."""
    with exclusive(content.lock):
        for _ in range(MOST_OVERTAKEN):
            seen = lake.seen(contract)
            ((_, rows),) = _split(contract, content.rows(), [WHOLE])
            try:
                return _write_table(lake, contract, WHOLE, rows, over=seen)
            except OvertakenError:
                continue
    raise OvertakenError(f"{contract.table} is written by other machines all the time: run this again.")


def _write_table(lake: Lake, contract: Contract, key: str, rows: "pa.Table", over: Seen | None = None) -> Written:
    import pyarrow.parquet as pq

    with lake.replacing(contract, key, over=over) as path:
        pq.write_table(rows.replace_schema_metadata(None), path, compression="zstd")
        written = describe(key, path)
    listener().on_partition(contract.table, key, written.rows)
    return written


def _contract(context: dg.OutputContext | None) -> Contract:
    """The contract that `lake_asset` put into the definition."""
    assert context is not None
    carried = (context.definition_metadata or {})[CONTRACT]
    assert isinstance(carried, ObjectMetadataValue)
    assert isinstance(carried.instance, Contract)
    return carried.instance
