import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_assets.errors import ArtifactError
from churn_assets.registry.artifact import pack
from churn_assets.registry.pyfunc import REQUIRED, _load_pyfunc, requirements, signature
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.training.model import ChurnModel
from churn_assets_tests.registry.tiny import CATBOOST, ROOT, SCHEMA, listeners, parts, register, trained

PLAIN_MLFLOW = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import mlflow
import pandas as pd
assert not [name for name in sys.modules if name.startswith("churn_assets")]
model = mlflow.pyfunc.load_model("models:/churn@champion")
frame = pd.read_parquet(sys.argv[1])
answer = model.predict(frame)
print(json.dumps({
    "probability": answer["churn_probability"].tolist(), "pred": answer["churn_pred"].tolist(),
    "inputs": model.metadata.signature.inputs.input_names(),
}))
"""


def test_plain_mlflow_loads_and_scores_the_champion_without_pickle(registry: ModelRegistry, tmp_path: Path) -> None:
    model = trained(CATBOOST)
    registry.point(CHAMPION, register(registry, model).number)
    frame = listeners(30)[list(SCHEMA.names)]
    frame.to_parquet(tmp_path / "rows.parquet")
    safe = {"MLFLOW_TRACKING_URI": registry.tracking.url, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    environment = os.environ | safe | {"PYTHONPATH": str(ROOT)}

    program = [sys.executable, "-c", PLAIN_MLFLOW, str(tmp_path / "rows.parquet")]
    ran = subprocess.run(program, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    np.testing.assert_allclose(answer["probability"], model.predict(frame), rtol=1e-12)
    assert answer["pred"] == model.predict_label(frame).tolist()
    assert answer["inputs"] == list(SCHEMA.names)


def test_nothing_stored_is_a_pickle_and_nothing_lands_outside_the_store(
    registry: ModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    register(registry, trained(CATBOOST))

    stored = {file.suffix for file in (registry.tracking.folder / "artifacts").rglob("*") if file.is_file()}
    assert stored <= {"", ".json", ".cbm", ".md", ".png", ".parquet", ".yaml", ".txt"}
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["model/logistic.json", "model/model.json", "evaluation.json", "reference.parquet"])
def test_a_changed_file_is_refused_before_anything_is_deserialised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pack(parts(), tmp_path / "packed")
    content = (tmp_path / "packed" / name).read_bytes()
    (tmp_path / "packed" / name).write_bytes(content[:-1])
    monkeypatch.setattr(ChurnModel, "load", lambda _: pytest.fail("deserialised"))

    with pytest.raises(ArtifactError, match=f"{name} was changed"):
        _load_pyfunc(str(tmp_path / "packed"))


def test_the_answer_keeps_the_index_of_the_question(tmp_path: Path) -> None:
    pack(parts(), tmp_path / "packed")
    frame = listeners(3).set_index(pd.Index(["a", "b", "c"]))

    answer = _load_pyfunc(str(tmp_path / "packed")).predict(frame)

    assert list(answer.index) == ["a", "b", "c"]
    assert list(answer.columns) == ["churn_probability", "churn_pred"]


def test_the_signature_follows_from_the_declared_features() -> None:
    inputs = signature(SCHEMA).inputs.to_dict()

    assert [(column["name"], column["type"]) for column in inputs] == [
        ("recency_days", "double"),
        ("thumbs_up_share", "double"),
        ("device", "string"),
    ]


def test_requirements_are_pinned_to_what_is_installed() -> None:
    assert [line.split("==")[0] for line in requirements()] == list(REQUIRED)
    assert f"pandas=={pd.__version__}" in requirements()


def test_a_pack_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    unwritable = replace(parts(), plots={"no/such": b""})

    with pytest.raises(FileNotFoundError):
        pack(unwritable, tmp_path / "packed")

    assert not (tmp_path / "packed").exists()
