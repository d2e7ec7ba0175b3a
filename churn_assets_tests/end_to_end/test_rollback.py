"""A new decision and its undoing on a running service."""

from churn_assets.registry.tables import CHAMPION_MODEL
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.cli.console import Console, told_plainly
from churn_assets_tests.end_to_end.service import Service, succeeded


def at(console: Console, service: Service) -> Console:
    """The terminal with the settings of another service."""
    return Console(console.folder / "elsewhere", console.monkeypatch, console.capsys, service.told)


def test_without_a_predecessor_nothing_is_rolled_back(copy: Service, console: Console) -> None:
    (console.folder / "elsewhere").mkdir()

    message = told_plainly(at(console, copy).call("model", "rollback"))

    assert message == "No champion came before 1: `churn-assets model` shows the history."
    assert copy.registry.champion().number == "1"


def test_a_rollback_puts_the_first_champion_back_and_keeps_why(copy: Service, console: Console) -> None:
    (console.folder / "elsewhere").mkdir()
    terminal = at(console, copy)
    assert succeeded(copy).number == "2"

    undone = terminal.call("model", "rollback", "--reason", "It was worse.")
    shown = terminal.call("model")

    assert undone.out == "Champion is version 1 again; version 2 was rolled back.\n"
    assert copy.registry.champion().number == "1"
    assert [record.kind for record in copy.history.records()] == ["promotion", "promotion", "rollback"]
    assert "It was worse." in shown.out


def test_scores_are_records_that_no_later_decision_remakes(copy: Service, console: Console) -> None:
    (console.folder / "elsewhere").mkdir()
    scored, decided = (
        {path: body for path, body in copy.files().items() if path.startswith(contract.table)}
        for contract in (CHURN_SCORES, CHAMPION_MODEL)
    )
    succeeded(copy)

    assert at(console, copy).call("run").code == 0

    after = copy.files()
    assert {path: after[path] for path in scored} == scored
    assert decided.keys() <= after.keys()
