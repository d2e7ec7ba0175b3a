"""Models: reference rows and misses are left out of their sealed folders, which are sealed and registered anew.

A version's files are never changed where they lie. A copy is made beside them, sealed, and put in their place by one
transaction of MLflow's database, which says the new folder and the new digest: whoever opens the version finds either
the old folder with the old digest or the new one with the new.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

import sqlalchemy as sa

from churn_assets.errors import ArtifactError
from churn_assets.forgetting import misses
from churn_assets.forgetting.files import held_in, rewrite
from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.rows import count
from churn_assets.registry.artifact import EVALUATION, REFERENCE
from churn_assets.registry.manifest import MANIFEST, check_seal, seal
from churn_assets.registry.pyfunc import FOLDER
from churn_assets.registry.registry import DIGEST, ModelRegistry, tree_digest
from churn_assets.registry.relocation import ADDRESSES
from churn_assets.registry.tracking import MODEL

INSIDE = Path("data") / FOLDER
COPY = "-without-"
_COPY = re.compile(rf"{COPY}(\d+)$")


@dataclass(frozen=True)
class Registered:
    """A folder of a registered model, and the versions whose files it holds."""

    folder: Path
    address: str
    versions: tuple[str, ...]
    digests: frozenset[str]

    @property
    def model(self) -> Path:
        """The sealed folder."""
        return self.folder / INSIDE


@dataclass(frozen=True)
class ModelsPlace:
    """The versions of the registered model whose files lie on this machine."""

    registry: ModelRegistry
    listener: Listener
    known: misses.Known
    name: str = "models"

    def _folders(self) -> Sequence[Registered]:
        """As the registry says now: they move while they are cleared."""
        by_address: dict[str, list[tuple[str, str]]] = {}
        for version in self.registry.versions():
            by_address.setdefault(version.source, []).append((version.number, version.digest))
        found = []
        for address, versions in by_address.items():
            url = urlparse(address)
            if url.scheme in ("", "file"):
                numbers = tuple(number for number, _ in versions)
                folder = Path(unquote(url.path))
                found.append(Registered(folder, address, numbers, frozenset(digest for _, digest in versions)))
        return found

    @property
    def roots(self) -> Sequence[Path]:
        """The folders that are looked into here."""
        return [registered.folder for registered in self._folders()]

    def held(self) -> int:
        """Rows of the references, and misses, of the listener; those of left-over copies as well."""
        left_over = (file for folder in self._left_over() for file in folder.rglob(REFERENCE))
        rows = sum(self._rows(registered) for registered in self._folders())
        return rows + sum(count(file, self.listener) for file in left_over)

    def _rows(self, registered: Registered) -> int:
        rows = sum(held_in(file, self.listener) for file in _files(registered.model))
        evaluation = registered.model / EVALUATION
        return rows + (misses.count(evaluation, self.known) if evaluation.exists() else 0)

    def remove(self, journal: Journal) -> None:
        """Leave them out, and seal and register what is left."""
        for registered in self._folders():
            rows = self._rows(registered)
            if rows:
                self._note(registered, rows, journal)
                self._replace(registered)
        for folder in list(self._left_over()):
            shutil.rmtree(folder)

    def _note(self, registered: Registered, rows: int, journal: Journal) -> None:
        journal.removing(self.name, ", ".join(registered.versions), rows)
        reference = registered.model / REFERENCE
        if reference.exists() and count(reference, self.listener):
            for version in registered.versions:
                journal.seen_by(version)

    def _replace(self, registered: Registered) -> None:
        is_sound = _is_sound(registered)
        copy = _beside(registered.folder)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(registered.folder, copy)
        _clean(copy / INSIDE, self.listener, self.known)
        if is_sound:
            seal(copy / INSIDE)
        # What was refused before, for it was tampered with, must not be vouched for now: its digest stays wrong.
        digest = tree_digest(copy) if is_sound else None
        self._register(registered, copy, digest)
        shutil.rmtree(registered.folder)

    def _register(self, registered: Registered, copy: Path, digest: str | None) -> None:
        engine = sa.create_engine(self.registry.tracking.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for table, name in ADDRESSES:
                column: sa.ColumnClause[str] = sa.column(name)
                moved = sa.update(sa.table(table, column)).where(column == registered.address)
                connection.execute(moved.values({name: copy.as_uri()}))
            if digest is not None:
                connection.execute(_tag(registered.versions, digest))

    def _left_over(self) -> Iterator[Path]:
        """Folders beside those of versions that no version points to: a killed forgetting left them."""
        used = set(self.roots)
        for root in self.roots:
            name = _base(root)
            beside = (folder for folder in sorted(root.parent.iterdir()) if folder.is_dir() and _base(folder) == name)
            yield from (folder for folder in beside if folder not in used)


def _tag(versions: Sequence[str], digest: str) -> sa.Update:
    name, version, key, value = (sa.column(told, sa.Text) for told in ("name", "version", "key", "value"))
    tags = sa.table("model_version_tags", name, version, key, value)
    mine = sa.and_(name == MODEL, version.in_([int(number) for number in versions]), key == DIGEST)
    return sa.update(tags).where(mine).values(value=digest)


def _files(model: Path) -> list[Path]:
    """What a sealed folder keeps, but for the model itself: its parameters name nobody, and must stay what they are."""
    found = model.iterdir() if model.is_dir() else iter(())
    return sorted(file for file in found if file.is_file() and file.name != MANIFEST)


def _is_sound(registered: Registered) -> bool:
    """Whether the folder is what was registered."""
    try:
        check_seal(registered.model)
        return registered.digests == {tree_digest(registered.folder)}
    except ArtifactError:
        return False


def _beside(folder: Path) -> Path:
    """Where the next copy of a folder goes."""
    match = _COPY.search(folder.name)
    return folder.with_name(f"{_base(folder)}{COPY}{int(match[1]) + 1 if match else 1}")


def _base(folder: Path) -> str:
    """The name of a folder before it was ever copied."""
    return _COPY.sub("", folder.name)


def _clean(model: Path, listener: Listener, known: misses.Known) -> None:
    evaluation = model / EVALUATION
    for file in _files(model):
        if held_in(file, listener):
            rewrite(file, listener)
    if evaluation.exists() and misses.count(evaluation, known):
        misses.remove(evaluation, known)
