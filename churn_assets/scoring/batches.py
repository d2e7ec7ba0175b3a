"""Scores of any number of listeners: batch after batch of a cut-off's rows, into the file of its partition."""

import uuid
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from churn_assets.cutoffs import midnight
from churn_assets.lake.lake import Lake, Scan
from churn_assets.scoring.bands import RiskBands
from churn_assets.scoring.score import Moment, score
from churn_assets.scoring.tables import CHURN_SCORES

if TYPE_CHECKING:
    import pyarrow as pa

    from churn_assets.features.schema import FeatureSchema
    from churn_assets.registry.registry import LoadedModel

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH_ROWS = 50_000
"""Listeners that are scored at once, on each thread: their features, contributions and reasons take 150 MB."""


@dataclass(frozen=True)
class Scorer:
    """A champion that scores what is declared as `schema`, `threads` batches at once."""

    loaded: "LoadedModel"
    schema: "FeatureSchema"
    bands: RiskBands
    moment: Moment
    threads: int = 1

    def stage(self, features: Scan, population: Scan, lake: Lake) -> Mapping[str, Path]:
        """Score the at-risk listeners of every cut-off of `features`; gives files in the lake's staging folder.

        What was staged is removed if anything fails. FingerprintError if the model was trained on another declaration.
        """
        known = dict(population.files)
        staged: dict[str, Path] = {}
        try:
            for key, path in features.files:
                staged[key] = lake.staging() / f"{uuid.uuid4().hex}.parquet"
                self._write(staged[key], at_risk(path, known[key], self.schema.names), key)
        except BaseException:
            for file in staged.values():
                file.unlink(missing_ok=True)
            raise
        return staged

    def _write(self, to: Path, batches: Iterable["pa.Table"], key: str) -> None:
        import pyarrow.parquet as pq

        from churn_assets.contracts.arrow import arrow_schema

        schema = arrow_schema(CHURN_SCORES)
        with pq.ParquetWriter(to, schema, compression="zstd") as writer:
            for table in _ahead(lambda rows: self._scored(rows, key, schema), batches, threads=self.threads):
                writer.write_table(table)

    def _scored(self, rows: "pa.Table", key: str, schema: "pa.Schema") -> "pa.Table":
        import pyarrow as pa

        frame = rows.to_pandas().assign(cutoff=midnight(date.fromisoformat(key)), at_risk=True)
        scores = score(frame, self.loaded, schema=self.schema, bands=self.bands, moment=self.moment)
        return pa.Table.from_pandas(scores, schema, preserve_index=False).replace_schema_metadata(None)


def at_risk(features: Path, population: Path, names: Iterable[str]) -> Iterator["pa.Table"]:
    """The rows of a file of features whose listeners are at risk, `user_id` and `names`, in order, as tables."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    known = pq.read_table(population, columns=["user_id", "at_risk"], partitioning=None)
    wanted = known.filter(known["at_risk"])["user_id"].combine_chunks()
    ids = wanted.to_pylist()
    with pq.ParquetFile(features) as file:
        columns = ["user_id", *names]
        yield file.schema_arrow.empty_table().select(columns)
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            # Both are in order of listeners, so that those of a batch are a stretch of those at risk.
            first, end = bisect_left(ids, batch["user_id"][0].as_py()), bisect_right(ids, batch["user_id"][-1].as_py())
            yield pa.Table.from_batches([batch]).filter(pc.is_in(batch["user_id"], wanted.slice(first, end - first)))


def _ahead(work: Callable[[Item], Result], items: Iterable[Item], *, threads: int) -> Iterator[Result]:
    """What `work` gives for each item, in order, on so many threads; few items are waiting at any time."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
