"""What a materialisation says of its origin, partition by partition.

Dagster gives all partitions of a run one data version. A late row then either makes every day of a
range look changed, or (without versions) every re-ingested file does. The version of our partitions is
the hash of their content, so the IO manager reports each partition itself, with its own version and the
provenance tags that Dagster would have written, and `UNREPORTED` keeps Dagster from reporting them again.
"""

from collections.abc import Mapping

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
    DEFAULT_DATA_VERSION,
    NULL_EVENT_POINTER,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from dagster._core.storage.tags import BACKFILL_ID_TAG

UNREPORTED: Mapping[str, bool] = {SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True}
"""Metadata of an output whose materialisations the IO manager reports. A test pins that each comes exactly once."""


def origin_tags(context: dg.OutputContext) -> dict[str, str]:
    """Tags of what the output is made by and from: code version, and of each input the version and newest event."""
    step = context.step_context
    # A later output of this step that is made from this one must see the materialisation that follows.
    step.wipe_input_asset_version_info(context.asset_key)
    node = step.job_def.asset_layer.get(context.asset_key)
    tags = {CODE_VERSION_TAG: node.code_version or context.run_id}
    for parent in sorted(node.parent_keys):
        info = step.maybe_fetch_and_get_input_asset_version_info(parent)
        version = info.data_version if info and info.data_version else DEFAULT_DATA_VERSION
        tags[get_input_data_version_tag(parent)] = version.value
        tags[get_input_event_pointer_tag(parent)] = str(info.storage_id) if info else NULL_EVENT_POINTER
    backfill = step.get_tag(BACKFILL_ID_TAG)
    return tags | ({BACKFILL_ID_TAG: backfill} if backfill else {})


def content_tags(sha256: str) -> dict[str, str]:
    """Tags of what a partition holds."""
    return {DATA_VERSION_TAG: sha256, DATA_VERSION_IS_USER_PROVIDED_TAG: "true"}
