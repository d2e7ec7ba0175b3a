import subprocess
import sys
from pathlib import Path

import churn_assets.training

HEAVY = ("mlflow", "sklearn", "catboost", "shap", "evidently", "matplotlib", "scipy.stats", "scipy.optimize", "pandera")
PACKAGE = Path(churn_assets.training.__file__).parent


def modules() -> list[str]:
    """Every module of the stage but the one that Dagster loads."""
    names = [file.relative_to(PACKAGE).with_suffix("").parts for file in PACKAGE.rglob("*.py")]
    return [".".join(("churn_assets.training", *parts)) for parts in names if parts[-1] not in {"__init__", "assets"}]


def test_importing_the_stage_loads_no_heavy_library() -> None:
    script = "; ".join(
        [*(f"import {name}" for name in modules()), f"import sys; print([n for n in {HEAVY} if n in sys.modules])"]
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_pure_modules_know_nothing_of_dagster() -> None:
    pure = [file for file in PACKAGE.rglob("*.py") if file.name != "assets.py"]
    assert len(pure) > 25
    assert not [file.name for file in pure if "dagster" in file.read_text()]


def test_nothing_is_pickled() -> None:
    for file in PACKAGE.rglob("*.py"):
        assert not {"pickle", "joblib", "cloudpickle"} & set(imported(file.read_text())), file.name


def imported(source: str) -> list[str]:
    """First names of the modules that a source imports."""
    lines = [line.split() for line in source.splitlines() if line.strip().startswith(("import ", "from "))]
    return [words[1].split(".")[0] for words in lines]
