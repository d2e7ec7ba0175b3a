"""Contracts as blocking asset checks."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from churn_assets.contracts.contract import Contract
from churn_assets.contracts.privacy import MASK
from churn_assets.contracts.validation import Verdict, judge
from churn_assets.lake.lake import Scan
from churn_assets.resources.metadata import markdown_table
from churn_assets.resources.storage import EngineResource, LakeResource

CHECK = "contract"
FIRST_KEY = "first_partition"
LAST_KEY = "last_partition"


def contract_check(contract: Contract, partitions: dg.PartitionsDefinition | None = None) -> dg.AssetChecksDefinition:
    """A check that holds the partitions of the run against the contract; if they break it, nothing downstream runs.

    Started without partitions, it judges the whole table.
    """

    @dg.asset_check(
        asset=dg.AssetKey(contract.table),
        name=CHECK,
        blocking=True,
        description=f"Types, nulls, ranges, allowed values and the key of {contract.table}: one row is {contract.row}.",
    )
    def check(
        context: dg.AssetCheckExecutionContext, storage: LakeResource, computing: EngineResource
    ) -> dg.AssetCheckResult:
        keys = run_keys(context.run.tags, partitions)
        lake = storage.lake
        scan = lake.scan(contract) if keys is None else lake.scan(contract, keys)
        verdict = judge(scan, computing.engine)
        return dg.AssetCheckResult(
            passed=verdict.is_kept,
            severity=dg.AssetCheckSeverity.ERROR,
            description=summary(contract, verdict),
            metadata={**_span(scan), **_findings(verdict)},
        )

    return check


def run_keys(tags: Mapping[str, str], partitions: dg.PartitionsDefinition | None) -> Sequence[str] | None:
    """Partition keys of a run by its tags; None if it has none."""
    if partitions is None:
        return None
    if "dagster/partition" in tags:
        return [tags["dagster/partition"]]
    first, last = (tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end"))
    if first is None or last is None:
        return None
    return partitions.get_partition_keys_in_range(dg.PartitionKeyRange(first, last))


def summary(contract: Contract, verdict: Verdict) -> str:
    """The verdict in a sentence."""
    if verdict.is_kept:
        return f"{verdict.rows:,} rows of {contract.table} keep their contract."
    rules = "; ".join(f"{rule}: {count:,}" for rule, count in verdict.broken.items())
    return f"{contract.table} breaks its contract ({verdict.rows:,} rows checked). Broken by: {rules}."


def _span(scan: Scan) -> dict[str, Any]:
    if not scan.contract.partition or not scan.keys:
        return {}
    return {"partitions": len(scan.keys), FIRST_KEY: scan.keys[0], LAST_KEY: scan.keys[-1]}


def _findings(verdict: Verdict) -> dict[str, Any]:
    findings: dict[str, Any] = {"rows_checked": verdict.rows}
    if verdict.broken:
        findings["broken_rules"] = dg.MetadataValue.md(markdown_table(["rule", "rows"], list(verdict.broken.items())))
    if verdict.sample:
        names = list(verdict.sample[0])
        rows = [[row[name] for name in names] for row in verdict.sample]
        findings["sample"] = dg.MetadataValue.md(f"{markdown_table(names, rows)}\n\nPersonal columns show {MASK}.")
    return findings
