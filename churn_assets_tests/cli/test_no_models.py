"""The commands about models before there is a model."""

from pathlib import Path

import pytest

from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets_tests.cli.console import Console, told_plainly


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of an MLflow store without a model."""
    return prepare(tracking_below(tmp_path_factory.mktemp("home") / "mlflow")).url


@pytest.fixture
def beside(console: Console, empty_store: str) -> Console:
    """A terminal whose MLflow store is that one."""
    return Console(console.folder, console.monkeypatch, console.capsys, {"mlflow_url": empty_store})


def test_model_says_that_there_is_none_and_how_to_get_one(beside: Console) -> None:
    said = beside.call("model")

    assert said.code == 0
    assert said.lines == [
        "champion: none yet; `churn-assets run` trains one",
        "challenger: none yet; `churn-assets run` trains one",
    ]


def test_rollback_says_that_nobody_came_before(beside: Console) -> None:
    message = told_plainly(beside.call("model", "rollback"))

    assert message == "No champion came before the first: `churn-assets model` shows the history."


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("champion", "No model has been promoted yet: run `churn-assets run`"),
        ("challenger", "No model has been trained yet: run `churn-assets run`"),
        ("3", "There is no version '3' of the model 'churn'; registered: none yet."),
    ],
)
def test_the_card_of_a_model_that_is_not_there_says_what_to_do(version: str, said: str, beside: Console) -> None:
    assert told_plainly(beside.call("model", "card", version)).startswith(said)


def test_a_folder_is_no_mlflow_store(console: Console, tmp_path: Path) -> None:
    message = told_plainly(console.call("model", mlflow_url=tmp_path / "mlruns"))

    assert "CHURN_MLFLOW_URL" in message
