"""A new decision and its undoing on a running service."""

from datetime import UTC, datetime

from churn_assets.registry.evidence import Evidence
from churn_assets.registry.promotion import Decision
from churn_assets.registry.registry import ModelVersion
from churn_assets.registry.tables import CHAMPION_MODEL
from churn_assets.registry.tracking import MODEL
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.cli.console import Console, told_plainly
from churn_assets_tests.end_to_end.service import HELD_OUT, Service

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def succeeded(service: Service) -> ModelVersion:
    """A second version, with the files of the first, promoted over it."""
    registry = service.registry
    first, client = registry.champion(), registry.tracking.client()
    tags = client.get_model_version(MODEL, first.number).tags
    created = client.create_model_version(MODEL, first.source, first.run_id, tags)
    first_day, last_day = (datetime.fromisoformat(day).date() for day in HELD_OUT)
    evidence = Evidence(str(created.version), first.rung, 0.5, 9, 3, 0, first_day, last_day, first.number, ())
    service.history.carry_out(Decision(is_promoted=True, reason="A test.", evidence=evidence), at=NOW)
    return registry.champion()


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
