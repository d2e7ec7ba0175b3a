"""Compiled queries: compiled once, found again only by what determines them, never trusted when damaged."""

import json
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from churn_assets.features.batch import Horizon, user_features
from churn_assets.features.daily import listener_days
from churn_assets.lake.queries import KEPT, Queries, code_version, origin_of
from churn_assets_tests.features.memory_batch import memory_batch

AN_HOUR_NS = 3600 * 10**9
MAKE = "listener_days of version 1"
WRITING = """
import json, sys
from pathlib import Path
from churn_assets.cutoffs import epoch_ms
from churn_assets.features.batch import Horizon
from churn_assets.features.recipes import user_features_recipe
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS
from churn_assets.ingest.tables import SESSIONS
from churn_assets.lake.engine import Engine
from churn_assets.lake.lake import Lake, Scan

folder = Path(sys.argv[1])
scans = {contract.table: Scan(contract, ()) for contract in (LISTENER_DAYS, SESSIONS, LISTENER_ITEM_GAPS)}
engine = Engine(1, "500MB", folder / "spill", folder / "queries")
(written,) = engine.write(user_features_recipe(scans, Horizon(90, 0)), ["2024-01-01"], Lake(folder / "lake"))
print(json.dumps([written.sha256, *({"ibis", "pandas", "fsspec"} & sys.modules.keys())]))
"""


class Compiler:
    """Gives a query, and counts how often it was asked to."""

    def __init__(self, query: str = "SELECT 1") -> None:
        self.query, self.times = query, 0

    def __call__(self) -> str:
        self.times += 1
        return self.query


@pytest.fixture
def queries(tmp_path: Path) -> Queries:
    return Queries(tmp_path / "queries")


def kept(queries: Queries) -> list[Path]:
    assert queries.folder is not None
    return sorted(queries.folder.iterdir())


def test_a_query_is_compiled_once(queries: Queries) -> None:
    compiler = Compiler("SELECT 'ü\r\n\r'")

    found = [queries.of("t", MAKE, compiler) for _ in range(3)]

    assert (found, compiler.times) == ([compiler.query] * 3, 1)


def test_a_query_of_another_table_or_origin_is_another(queries: Queries) -> None:
    asked = [("t", MAKE), ("t", "listener_days of version 2"), ("u", MAKE)]

    found = [queries.of(table, origin, Compiler(f"SELECT {n}")) for n, (table, origin) in enumerate(asked)]

    assert found == ["SELECT 0", "SELECT 1", "SELECT 2"]


@pytest.mark.parametrize(("folder", "origin"), [(True, None), (False, MAKE)])
def test_without_a_folder_or_an_origin_every_query_is_compiled(
    queries: Queries, *, folder: bool, origin: str | None
) -> None:
    compiler = Compiler()

    for _ in range(2):
        (queries if folder else Queries(None)).of("t", origin, compiler)

    assert compiler.times == 2
    assert not (queries.folder or Path()).exists()


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-1], lambda text: text + ";", lambda _: "", lambda _: "DROP\xff"]
)
def test_a_damaged_query_is_compiled_again_and_mended(queries: Queries, damage: Callable[[str], str]) -> None:
    queries.of("t", MAKE, Compiler())
    (path,) = kept(queries)
    whole = path.read_text()
    path.write_text(damage(whole), encoding="latin-1")

    found = queries.of("t", MAKE, Compiler())

    assert (found, path.read_text()) == ("SELECT 1", whole)


def test_only_the_owner_may_read_or_write_what_will_be_run(queries: Queries) -> None:
    queries.of("t", MAKE, Compiler())
    (path,) = kept(queries)

    assert [stat.S_IMODE(p.stat().st_mode) for p in (path.parent, path)] == [0o700, 0o600]


def test_the_oldest_queries_of_a_table_are_forgotten(queries: Queries) -> None:
    queries.of("other", MAKE, Compiler())
    for n in range(KEPT + 3):
        queries.of("t", str(n), Compiler(f"SELECT {n}"))

    compiler = Compiler()
    for n in range(3, KEPT + 3):
        queries.of("t", str(n), compiler)

    assert len(kept(queries)) == KEPT + 1
    assert compiler.times == 0


def test_the_origin_is_the_function_and_its_arguments() -> None:
    horizons = [Horizon(90, 0), Horizon(30, 0), Horizon(90, 1)]

    origins = [origin_of(listener_days), *(origin_of(partial(user_features, horizon=h)) for h in horizons)]

    assert None not in origins
    assert len(set(origins)) == 4
    assert origin_of(partial(user_features, horizon=Horizon(30, 0))) == origins[2]


def test_an_origin_that_cannot_be_told_is_none() -> None:
    unnamed = object()

    assert origin_of(lambda tables: tables["events"]) is None
    assert origin_of(partial(lambda tables, n: tables[n], n="events")) is None
    assert origin_of(partial(user_features, horizon=unnamed)) is None
    assert origin_of(memory_batch) is None
    assert origin_of(Compiler()) is None


def test_any_change_of_the_code_is_another_version(tmp_path: Path) -> None:
    versions = []
    for n, (name, text) in enumerate([("a.py", "x = 1"), ("a.py", "x = 2"), ("b.py", "x = 1"), ("deep/a.py", "x = 1")]):
        path = tmp_path / str(n) / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        versions.append(code_version(tmp_path / str(n), time.time_ns() + AN_HOUR_NS))

    assert None not in versions
    assert len(set(versions)) == 4


def test_code_that_was_changed_since_it_was_loaded_has_no_version(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")

    assert code_version(tmp_path, time.time_ns() - AN_HOUR_NS) is None


def test_a_process_that_finds_its_query_imports_neither_ibis_nor_pandas(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITING, str(tmp_path)]

    first, second = (json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(2))

    assert "ibis" in first
    assert second == first[:1]
