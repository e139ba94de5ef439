"""The field of dummy letters whose field is known: by the dictionary alone, and with the model beside it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from sandbox.letters.letters import Mailbag
from tayori.opinions.facts import Analyst, Letter
from tayori.opinions.field_model import learn
from tayori.opinions.themes import theme_rules

LETTERS: Final = 4_000
SEED: Final = 11
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


def measure(folder: Path) -> Mapping[str, float]:
    """Give what share of letters has a field, how many of those are right, and how well chances are calibrated.

    The folder stays empty.
    """
    del folder
    written = list(Mailbag(LETTERS, seed=SEED, until=date(2026, 10, 31)).letters())
    analyst, rules = Analyst(), theme_rules()
    facts = [
        analyst.fact(Letter(number, one.received_on, one.channel, one.department, one.kind, one.opinion))
        for number, one in enumerate(written, 1)
    ]
    truth = [ALIKE.get(one.answers.theme, frozenset({one.answers.theme})) for one in written]
    decided = [at for at, fact in enumerate(facts) if fact.theme not in {rules.undecided, rules.withheld}]
    waiting = [at for at, fact in enumerate(facts) if fact.theme == rules.undecided]
    model = learn([facts[at].masked_text for at in decided], [facts[at].theme for at in decided])
    if model is None:
        return {"fields_decided": round(len(decided) / len(facts), 4)}
    given = model.fields([facts[at].masked_text for at in waiting])
    said = [(at, name) for at, name in zip(waiting, given, strict=True) if name is not None]
    return {
        "fields_decided": round(len(decided) / len(facts), 4),
        "fields_right": round(sum(facts[at].theme in truth[at] for at in decided) / len(decided), 4),
        "fields_added": round(len(said) / max(1, len(waiting)), 4),
        "fields_added_right": round(sum(name in truth[at] for at, name in said) / max(1, len(said)), 4),
        "fields_held_back_right": model.figures["right"],
        "fields_calibration_error": model.figures["calibration_error"],
    }
