"""Checksums of a folder: written when it is sealed, checked before anything in it is deserialised."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from churn_assets.errors import ArtifactError

MANIFEST = "manifest.json"
FORMAT = "churn_assets.model/1"

Checksums = Mapping[str, str]


@dataclass(frozen=True)
class Manifest:
    """SHA-256 of every file of a sealed folder by relative path, and the digest of that list itself."""

    files: Checksums

    @property
    def digest(self) -> str:
        """SHA-256 of the format and the list: two folders agree on it only if they hold the same bytes."""
        return digest_of({"format": FORMAT, "files": dict(self.files)})

    def write(self, folder: Path) -> None:
        """Store the manifest in `folder`."""
        data = {"format": FORMAT, "files": dict(self.files), "digest": self.digest}
        (folder / MANIFEST).write_text(json.dumps(data, indent=1, sort_keys=True))

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of `folder`; ArtifactError if there is none, or not one of ours, or it was edited."""
        try:
            data = json.loads((folder / MANIFEST).read_text())
            written, manifest = data["format"], cls(dict(data["files"]))
            is_whole = data["digest"] == manifest.digest
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise refusal(folder, f"its {MANIFEST} cannot be read ({error})") from error
        if written != FORMAT:
            raise refusal(folder, f"it has the format {written!r}, this release reads {FORMAT!r}")
        if not is_whole:
            raise refusal(folder, f"its {MANIFEST} does not match its own digest")
        return manifest


def seal(folder: Path) -> Manifest:
    """Write the manifest of everything in `folder`, replacing an older one."""
    manifest = Manifest({path: value for path, value in checksums(folder).items() if path != MANIFEST})
    manifest.write(folder)
    return manifest


def check_seal(folder: Path) -> Manifest:
    """The manifest of `folder`, once every file was found to be there, unchanged and expected; else ArtifactError."""
    manifest = Manifest.read(folder)
    found = {path: value for path, value in checksums(folder).items() if path != MANIFEST}
    if found != manifest.files:
        raise refusal(folder, _difference(manifest.files, found))
    return manifest


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder` by relative path; ArtifactError for links and other special files."""
    if not folder.is_dir():
        raise refusal(folder, "there is no such folder")
    entries = sorted(folder.rglob("*"))
    special = [entry.name for entry in entries if entry.is_symlink() or not (entry.is_file() or entry.is_dir())]
    if special:
        raise refusal(folder, f"it holds links or special files ({', '.join(special[:3])})")
    return {entry.relative_to(folder).as_posix(): checksum(entry) for entry in entries if entry.is_file()}


def checksum(file: Path) -> str:
    """SHA-256 of the bytes of `file`, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of(data: Mapping[str, object]) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def refusal(folder: Path, why: str) -> ArtifactError:
    """The error that says why the model in `folder` is not loaded, and how to go on."""
    return ArtifactError(
        f"The model in {folder} is refused before loading: {why}. Restore the folder from a backup, or go back to "
        "another version with `churn-assets model rollback`, or train again."
    )


def _difference(expected: Checksums, found: Checksums) -> str:
    changed = [
        f"{path} was changed" for path in sorted(expected.keys() & found.keys()) if expected[path] != found[path]
    ]
    missing = [f"{path} is missing" for path in sorted(expected.keys() - found.keys())]
    foreign = [f"{path} is not part of it" for path in sorted(found.keys() - expected.keys())]
    return ", ".join((changed + missing + foreign)[:5])
