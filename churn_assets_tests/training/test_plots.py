import struct
import sys
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from churn_assets.training.bootstrap import Resampling
from churn_assets.training.candidates import Candidate
from churn_assets.training.evaluation import Evaluation, evaluate
from churn_assets.training.misses import Reason
from churn_assets.training.plots import MODEL, OTHER, draw_all
from churn_assets_tests.training.listeners import mondays

NAMES = {"roc", "precision_recall", "calibration", "gains", "confusion", "importance", "misses"}
LARGEST = 30_000


@pytest.fixture(scope="module")
def evaluation(candidates: Mapping[str, Candidate], frame: pd.DataFrame) -> Evaluation:
    """A logistic model on the newest cut-off."""
    newest = frame[frame["cutoff"] == pd.Timestamp(mondays(9)[-1])]
    return evaluate(candidates["logistic"].model, newest, resampling=Resampling(replicates=20))


@pytest.fixture(scope="module")
def pictures(evaluation: Evaluation) -> Mapping[str, bytes]:
    """Every picture of it."""
    return draw_all(evaluation)


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_every_picture_is_a_png_small_enough_for_the_event_database(pictures: Mapping[str, bytes]) -> None:
    assert set(pictures) == NAMES
    for name, png in pictures.items():
        assert png.startswith(b"\x89PNG"), name
        assert 2_000 < len(png) < LARGEST, name
        assert min(size(png)) >= 300, name


def test_the_same_evaluation_draws_the_same_bytes(evaluation: Evaluation, pictures: Mapping[str, bytes]) -> None:
    assert draw_all(evaluation) == pictures


def test_another_evaluation_draws_another_curve(evaluation: Evaluation, pictures: Mapping[str, bytes]) -> None:
    flat = replace(evaluation.curves, recall=tuple(np.linspace(0, 1, len(evaluation.curves.recall))))
    redrawn = draw_all(replace(evaluation, curves=flat))
    assert redrawn["roc"] != pictures["roc"]
    assert redrawn["confusion"] == pictures["confusion"]


def test_many_features_with_long_names_and_many_misses_stay_small(evaluation: Evaluation) -> None:
    names = tuple((f"a_feature_with_quite_a_long_name_{n}", 1.0 / (n + 1)) for n in range(60))
    reasons = tuple(Reason(name, -1.25, "a rather long category" * 2) for name, _ in names[:3])
    misses = tuple(replace(miss, reasons=reasons) for miss in evaluation.misses)
    pictures = draw_all(replace(evaluation, importance=names, misses=misses))
    assert max(len(png) for png in pictures.values()) < LARGEST


def test_undefined_metrics_and_nothing_to_explain_are_drawn_too(
    candidates: Mapping[str, Candidate], frame: pd.DataFrame
) -> None:
    newest = frame[frame["cutoff"] == pd.Timestamp(mondays(9)[-1])].assign(churned=False)
    silent = evaluate(candidates["base_rate"].model, newest, resampling=Resampling(replicates=5))
    assert set(draw_all(silent)) == NAMES


def test_drawing_leaves_pyplot_alone(evaluation: Evaluation) -> None:
    loaded_before = "matplotlib.pyplot" in sys.modules
    draw_all(evaluation)
    assert ("matplotlib.pyplot" in sys.modules) == loaded_before


def colours(png: bytes) -> set[tuple[int, int, int]]:
    """Every colour of a picture."""
    image = Image.open(BytesIO(png)).convert("RGB")
    return {image.getpixel((x, y)) for x in range(image.width) for y in range(image.height)}


def distance(colour: tuple[int, int, int], name: str) -> int:
    """How far a colour is from a named one, at most in any channel."""
    return max(abs(have - int(name[at : at + 2], 16)) for have, at in zip(colour, (1, 3, 5), strict=True))


@pytest.mark.parametrize("named", [MODEL, OTHER])
def test_the_small_palette_keeps_the_colour_of_a_single_dot(named: str, evaluation: Evaluation) -> None:
    blue = [miss for miss in evaluation.misses if not miss.has_churned]
    red = [replace(miss, probability=0.001) for miss in evaluation.misses if miss.has_churned]
    picture = draw_all(replace(evaluation, misses=(*red[:1], *blue)))["misses"]
    assert min(distance(colour, named) for colour in colours(picture)) <= 5
