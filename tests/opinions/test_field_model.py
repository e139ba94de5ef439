"""The field model speaks where it is sure, and what is said of it is said of letters that nothing was chosen on."""

import os
from pathlib import Path
from random import Random

import numpy as np
import pytest

from bench.analysis.fields import added, known, learnt, of_texts
from tayori.opinions.field_model import RIGHT, calibration_error, learn, parts, speaks_from
from tests.opinions.builders import dice

CORPUS = Path(os.environ.get("TAYORI_OPINION_TEXTS", "corpus-is-not-here"))
HOUSE, STREET = ("雨漏り", "家賃", "建替え", "入居"), ("街灯", "舗装", "段差", "歩道")


def pairs(count: int, chance: Random) -> list[tuple[str, str]]:
    """Short texts of two fields that their words tell apart."""
    drawn = [(chance.choice([("住宅", HOUSE), ("道路", STREET)])) for _ in range(count)]
    return [(f"{at}番、{''.join(chance.sample(words, 2))}の話。", field) for at, (field, words) in enumerate(drawn)]


def test_the_limit_is_the_least_chance_that_is_right_often_enough() -> None:
    """Of what is said from there on, so much is right; where that is never so, there is none."""
    chances = np.linspace(1, 0, 40)
    right = np.array([True] * 20 + [False] * 20)
    limit = speaks_from(chances, right, 0.95)
    assert limit is not None
    assert right[chances >= limit].mean() >= 0.95
    assert right[chances >= limit - 0.03].mean() < 0.95
    assert speaks_from(chances, ~right, 0.95) is None


def test_chances_that_come_true_have_no_error() -> None:
    """Nine of ten at 0.9 are exact; all of ten at 0.9, a tenth off."""
    chances = np.full(10, 0.9)
    assert calibration_error(chances, np.arange(10) > 0) == pytest.approx(0)
    assert calibration_error(chances, np.full(10, fill_value=True)) == pytest.approx(0.1)


def test_the_model_tells_how_right_it_is_on_letters_that_chose_nothing() -> None:
    """Seven tenths teach, and the rest by halves: no letter that is reported on taught, or chose the limit."""
    taught, chosen_on, told_of = parts(np.array(["住宅", "道路"] * 200))
    assert (len(taught), len(chosen_on), len(told_of)) == (280, 60, 60)
    assert sorted([*taught, *chosen_on, *told_of]) == list(range(400))


def test_fields_that_nothing_tells_apart_are_left_open() -> None:
    """With labels by chance there is no model, or one that hardly speaks."""
    chance = dice(2)
    texts = [text for text, _ in pairs(400, chance)]
    model = learn(texts, [chance.choice(["甲", "乙"]) for _ in texts])
    assert model is None or sum(field is not None for field in model.fields(texts)) < 40


def test_too_few_letters_teach_nothing() -> None:
    """Below 200 letters, or with one field only."""
    texts = pairs(400, dice(3))
    assert learn([text for text, _ in texts[:150]], [field for _, field in texts[:150]]) is None
    assert learn([text for text, _ in texts], ["道路"] * 400) is None


@pytest.mark.slow
def test_letters_of_another_seed_get_their_field_as_published() -> None:
    """Dummy letters that nothing was chosen on: three of four fields that it adds are right, at least."""
    model = learnt(known(21, 2_500))
    assert model is not None
    found = added("fields", model, known(22, 1_000))
    assert found["fields_added"] >= 0.1
    assert found["fields_added_right"] >= 0.75


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs opinion texts, given by TAYORI_OPINION_TEXTS")
def test_what_it_says_of_texts_it_never_saw_is_right_as_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the texts at hand teach and choose; of the other half it is right as often as it was asked to be."""
    monkeypatch.setenv("TAYORI_OPINION_TEXTS", str(CORPUS))
    found = of_texts()
    assert found["fields_texts_said"] >= 0.1
    assert found["fields_texts_right"] >= RIGHT
    assert found["fields_texts_calibration_error"] <= 0.12
