"""The field of dummy letters whose field is known: by the dictionary alone, and with the model beside it.

The model learns and chooses its limit on the letters of one seed. What is reported is of letters that nothing was
chosen on: those of another seed, those of kinds with sentences of their own, those of matters that it never saw, and
the texts at hand with ten themes, half of them shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from bench.analysis.speed import texts_folder
from bench.analysis.topics import labelled
from sandbox.letters.letters import Mailbag
from tayori.opinions.facts import Analyst, Letter
from tayori.opinions.field_model import FieldModel, calibration_error, learn
from tayori.opinions.themes import theme_rules

LETTERS: Final = 4_000
SEED: Final = 11
ANOTHER_SEED: Final = 12
SPLIT: Final = 3  # the seed of the two halves of the texts at hand
ARGUING: Final = frozenset({"request", "complaint"})  # kinds whose sentences the other kinds seldom use
ALIKE: Final[Mapping[str, frozenset[str]]] = {
    "健康・保健": frozenset({"健康・医療", "国民健康保険・年金"}),
    "商店街・観光": frozenset({"産業・しごと・観光"}),
    "地域活動・施設": frozenset({"地域・町会・施設"}),
    "学校・教育": frozenset({"教育・学校"}),
    "広報・区政・デジタル": frozenset({"広報・デジタル", "区政・区議会・選挙"}),
    "文化・催し・スポーツ": frozenset({"文化・スポーツ・生涯学習"}),
    "窓口・手続き": frozenset({"戸籍・住民票・窓口", "職員・応対", "税・使用料", "国民健康保険・年金"}),
    "自転車・交通": frozenset({"自転車", "道路・交通"}),
    "道路・公園・みどり": frozenset({"道路・交通", "公園・みどり"}),
    "防災・防犯": frozenset({"防災", "防犯・治安"}),
    "障害・生活の支え": frozenset({"障害者福祉", "生活の支援"}),
    "騒音・生活環境": frozenset({"環境・公害", "喫煙・路上の迷惑", "動物"}),
}
"""The fields that stand for a theme of the dummy letters, where the two name it differently."""


@dataclass(frozen=True, slots=True)
class Known:
    """A masked dummy letter, the field that the dictionary gave it, and what is known of it."""

    text: str
    field: str
    truth: frozenset[str]
    topic: str
    kind: str

    @property
    def waits(self) -> bool:
        """Whether the dictionary left it open."""
        return self.field == theme_rules().undecided

    @property
    def decided(self) -> bool:
        """Whether the dictionary gave it a field."""
        return self.field not in {theme_rules().undecided, theme_rules().withheld}


def measure(folder: Path) -> Mapping[str, float]:
    """Give what share of letters has a field, how many of those are right, and how well chances are calibrated.

    `fields_chosen_on_…` is of the letters that the limit was chosen on, all others of letters that chose nothing;
    `fields_texts_…` is left out where the texts at hand are not. The folder stays empty.
    """
    del folder
    shown, others = known(SEED), known(ANOTHER_SEED)
    decided = [one for one in others if one.decided]
    figures = {
        "fields_decided": round(len(decided) / len(others), 4),
        "fields_right": round(sum(one.field in one.truth for one in decided) / len(decided), 4),
    }
    if (model := learnt(shown)) is not None:
        figures |= added("fields_chosen_on", model, shown) | added("fields", model, others)
        figures |= {"fields_calibration_error": _calibration(model, [(one.text, one.field) for one in decided])}
    if (model := learnt([one for one in shown if one.kind in ARGUING])) is not None:
        figures |= added("fields_other_sentences", model, [one for one in others if one.kind not in ARGUING])
    unseen = {max(one.topic for one in shown if one.truth == truth) for truth in {one.truth for one in shown}}
    if (model := learnt([one for one in shown if one.topic not in unseen])) is not None:
        figures |= added("fields_unseen_topics", model, [one for one in others if one.topic in unseen])
    return figures | (of_texts() if texts_folder().is_dir() else {})


def known(seed: int, count: int = LETTERS) -> list[Known]:
    """Dummy letters of a seed, masked and given a field by the dictionary."""
    written, analyst = list(Mailbag(count, seed=seed, until=date(2026, 10, 31)).letters()), Analyst()
    facts = analyst.facts(
        Letter(number, one.received_on, one.channel, one.department, one.kind, one.opinion)
        for number, one in enumerate(written, 1)
    )
    return [
        Known(fact.masked_text, fact.theme, ALIKE.get(theme, frozenset({theme})), one.answers.topic, one.kind)
        for fact, one in zip(facts, written, strict=True)
        for theme in [one.answers.theme]
    ]


def learnt(letters: Sequence[Known]) -> FieldModel | None:
    """The model that the letters with a field teach."""
    decided = [one for one in letters if one.decided]
    return learn([one.text for one in decided], [one.field for one in decided])


def added(name: str, model: FieldModel, letters: Sequence[Known]) -> dict[str, float]:
    """What share of the open letters the model gives a field, and how many of those are right."""
    waiting = [one for one in letters if one.waits]
    given = model.fields([one.text for one in waiting])
    right = [said in one.truth for said, one in zip(given, waiting, strict=True) if said is not None]
    found = {f"{name}_added": round(len(right) / max(1, len(waiting)), 4)}
    return found | ({f"{name}_added_right": round(sum(right) / len(right), 4)} if right else {})


def _calibration(model: FieldModel, labelled_texts: Sequence[tuple[str, str]]) -> float:
    said = model.likeliest([text for text, _ in labelled_texts])
    right = np.array([name == label for (name, _), (_, label) in zip(said, labelled_texts, strict=True)])
    return round(calibration_error(np.array([chance for _, chance in said]), right), 4)


def of_texts() -> dict[str, float]:
    """The texts at hand: half of them teach and choose, the other half is reported on."""
    texts, themes = labelled()
    letters = (Letter(number, date(2026, 11, 1), "file", None, None, text) for number, text in enumerate(texts, 1))
    pairs = [(fact.masked_text, theme) for fact, theme in zip(Analyst().facts(letters), themes, strict=True)]
    order = np.random.default_rng(SPLIT).permutation(len(pairs))
    shown, held_back = ([pairs[at] for at in part] for part in np.array_split(order, 2))
    model = learn([text for text, _ in shown], [theme for _, theme in shown])
    if model is None:
        return {}
    given = model.fields([text for text, _ in held_back])
    right = [said == theme for said, (_, theme) in zip(given, held_back, strict=True) if said is not None]
    return {
        "fields_texts_said": round(len(right) / len(held_back), 4),
        "fields_texts_right": round(sum(right) / max(1, len(right)), 4),
        "fields_texts_calibration_error": _calibration(model, held_back),
    }
