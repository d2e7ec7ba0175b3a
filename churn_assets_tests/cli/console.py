"""The command line, called in this process the way that the installed script calls it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from churn_assets.cli.app import main

WIDE = {"COLUMNS": "250", "TERM": "dumb", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Lines of the output."""
        return self.out.splitlines()


@dataclass(frozen=True)
class Console:
    """A terminal whose working directory is `folder` and whose environment knows only `CHURN_*` settings given."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """CHURN_HOME of the commands."""
        return Path(str(self.settings.get("home", self.folder / "data")))

    def call(self, *arguments: str, **settings: object) -> Outcome:
        """Run `churn-assets` with `arguments`, and settings by their names."""
        with self.monkeypatch.context() as scene:
            scene.chdir(self.folder)
            scene.setattr(sys, "argv", ["churn-assets", *arguments])
            scene.delenv("DAGSTER_HOME", raising=False)
            told = {f"CHURN_{name.upper()}": str(value) for name, value in {**self.settings, **settings}.items()}
            for name, value in {**WIDE, **told}.items():
                scene.setenv(name, value)
            self.capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        said = self.capsys.readouterr()
        return Outcome(int(ended.value.code or 0), said.out, said.err)


def told_plainly(outcome: Outcome) -> str:
    """The message of a command that gave up, once it is known to be one line of our own and no stack trace."""
    assert outcome.code == 1
    assert "Traceback" not in outcome.err + outcome.out
    lines = outcome.err.strip().splitlines()
    assert [line for line in lines if line.startswith("churn-assets: ")] == lines[-1:]
    return lines[-1].removeprefix("churn-assets: ")
