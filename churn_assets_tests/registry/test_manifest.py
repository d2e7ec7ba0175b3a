from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_assets.errors import ArtifactError
from churn_assets.registry.manifest import MANIFEST, check_seal, digest_of, seal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.json").write_text("[1, 2]")
    (tmp_path / "card.md").write_text("# Card")
    seal(tmp_path)
    return tmp_path


def test_a_sealed_folder_is_accepted_and_lists_its_files(folder: Path) -> None:
    assert set(check_seal(folder).files) == {"card.md", "model/weights.json"}


def test_sealing_twice_changes_nothing(folder: Path) -> None:
    assert seal(folder) == check_seal(folder)


@pytest.mark.parametrize("name", ["card.md", "model/weights.json", MANIFEST])
def test_every_flipped_byte_is_noticed(folder: Path, name: str) -> None:
    original = (folder / name).read_bytes()
    for position in range(len(original)):
        changed = bytearray(original)
        changed[position] ^= 1
        (folder / name).write_bytes(changed)
        with pytest.raises(ArtifactError, match="refused before loading"):
            check_seal(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "card.md").unlink()

    with pytest.raises(ArtifactError, match=r"card\.md is missing"):
        check_seal(folder)


def test_a_foreign_file_is_named(folder: Path) -> None:
    (folder / "model" / "extra.pkl").write_bytes(b"")

    with pytest.raises(ArtifactError, match=r"model/extra\.pkl is not part of it"):
        check_seal(folder)


def test_a_link_is_refused_even_if_its_target_is_right(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "card.md"
    (folder / "card.md").rename(elsewhere)
    (folder / "card.md").symlink_to(elsewhere)

    with pytest.raises(ArtifactError, match="links or special files"):
        check_seal(folder)


def test_the_manifest_of_another_folder_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "card.md").write_text("# Other")
    seal(other)
    (folder / MANIFEST).write_bytes((other / MANIFEST).read_bytes())

    with pytest.raises(ArtifactError, match=r"card\.md was changed"):
        check_seal(folder)


def test_the_format_of_another_release_is_refused(folder: Path) -> None:
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace("churn_assets.model/1", "churn_assets.model/9"))

    with pytest.raises(ArtifactError, match=r"format 'churn_assets\.model/9'"):
        check_seal(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", "[1", "\x00", '{"format": 1, "files": 3, "digest": 4}'])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / MANIFEST).write_text(content)

    with pytest.raises(ArtifactError, match="refused before loading"):
        check_seal(folder)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="refused before loading"):
        check_seal(tmp_path / "nowhere")


@given(st.dictionaries(st.text(), st.text()))
@settings(deadline=None)
def test_a_digest_does_not_depend_on_the_order_of_keys(data: dict[str, str]) -> None:
    assert digest_of(data) == digest_of(dict(reversed(data.items())))
