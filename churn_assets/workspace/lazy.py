"""Tables as lazy Ibis expressions on DuckDB: what is not asked for is never read."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from churn_assets.contracts.contract import Contract, Type
from churn_assets.lake.engine import without_progress_bar
from churn_assets.lake.lake import FILE, Lake
from churn_assets.lake.mounted import readable
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import ibis.expr.types as ir

HIVE_TYPES = {Type.TIMESTAMP: "TIMESTAMP", Type.DATE: "DATE"}


@dataclass(frozen=True)
class LazyTables:
    """The tables of a lake as views of one in-memory DuckDB, so that they can be joined with each other."""

    settings: Settings
    lake: Lake

    @cached_property
    def backend(self) -> Any:
        """The Ibis backend, bounded in threads and memory as the settings say; its time zone is UTC."""
        import ibis

        settings = self.settings
        limits = {"threads": settings.threads, "memory_limit": settings.memory_limit}
        backend = ibis.duckdb.connect(temp_directory=str(settings.home / "spill"), **limits)
        backend.raw_sql("SET TimeZone = 'UTC'")
        without_progress_bar(backend.con)
        return backend

    def table(self, contract: Contract) -> "ir.Table":
        """The table, of which there must be a partition; each execution looks at those that are there by then."""
        self.backend.raw_sql(f"CREATE OR REPLACE VIEW {contract.table} AS {self._select(contract)}")
        return self.backend.table(contract.table)

    @cached_property
    def _root(self) -> str:
        return readable(self.lake, self.backend.con)

    def _select(self, contract: Contract) -> str:
        folder = f"{self._root}/{contract.table}".replace("'", "''")
        names = ", ".join(contract.names)
        if contract.partition is None:
            return f"SELECT {names} FROM read_parquet('{folder}/{FILE}', hive_partitioning = false)"
        kind = HIVE_TYPES[contract.column(contract.partition).type]
        files = f"'{folder}/{contract.partition}=*/{FILE}'"
        hive = f"hive_partitioning = true, hive_types = {{'{contract.partition}': {kind}}}"
        return f"SELECT {names} FROM read_parquet({files}, {hive})"
