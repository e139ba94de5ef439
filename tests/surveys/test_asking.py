"""P5: a survey never asks for what may not be asked; what it may ask is read strictly."""

from typing import Any

import pytest

from tayori.desk.surveys import check, publish
from tayori.domain.surveys import read_survey
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.opinions.asking import prohibited_asked
from tests.ingest.builders import rows
from tests.support.handlers import a_handler
from tests.surveys.builders import LIBRARY, a_survey

NEVER = {
    "特記事項5(1)": [
        "あなたの信仰している宗教は何ですか",
        "支持政党を教えてください",
        "支持する政党はどこですか",
        "尊敬する人物はだれですか",
        "労働組合に入っていますか",
        "あなたの思想・信条に近いものを選んでください",
        "ご家庭の宗教は何ですか",
        "無宗教ですか",
        "創価学会の会員ですか",
    ],
    "特記事項5(2)": [
        "本籍地はどこですか",
        "出身地を教えてください",
        "国籍を選んでください",
        "同和地区に住んでいますか",
        "生活保護を受けていますか",
        "あなたの人種を教えてください",
        "性的指向についてお聞きします",
        "在留資格の種類は何ですか",
    ],
    "特記事項5(3)": [
        "前科はありますか",
        "逮捕されたことがありますか",
        "犯罪の経歴があれば教えてください",
        "補導されたことはありますか",
        "薬物を使ったことがありますか",
    ],
    "個人情報の保護に関する法律2条3項": [
        "持病はありますか",
        "障害の有無を教えてください",
        "病名を書いてください",
        "通院していますか",
        "要介護の度合いはどれですか",
        "健診結果はどうでしたか",
    ],
}
ALLOWED = [
    "図書館をどのくらい使いますか",
    "寺町通りの街灯は明るいですか",
    "犯罪抑止の取組をご存じですか",
    "がん検診の案内は分かりやすいですか",
    "障害者福祉センターの場所をご存じですか",
    "宗教法人の境内の樹木について",
    "生活保護制度の案内は分かりやすいですか",
    "部落会（町会）の行事に参加しますか",
    "信教の自由についての講座があれば聞きたいですか",
    "認知症カフェを知っていますか",
    "特殊詐欺の対策をしていますか",
    "国籍を問わず参加できる催しに行きたいですか",
    "お住まいの地域はどこですか",
    "教会通りの歩道は歩きやすいですか",
    "祭りの音は気になりますか",
    "子育て支援センターに満足していますか",
    "ごみの分別で困ることは何ですか",
    "防災訓練に参加しましたか",
]


@pytest.mark.parametrize(("basis", "text"), [(basis, text) for basis, texts in NEVER.items() for text in texts])
def test_what_may_not_be_asked_is_found_with_its_clause(basis: str, text: str) -> None:
    """In a question or in a choice, whatever stands around it; the clause is named."""
    assert basis in {found.basis for found in prohibited_asked([("q: ask", text)])}


@pytest.mark.parametrize("text", ALLOWED)
def test_what_may_be_asked_is_left_alone(text: str) -> None:
    """A place, a task of the ward, an institution: words that only look like it."""
    assert prohibited_asked([("q: ask", text)]) == []


PLACES: dict[str, dict[str, Any]] = {
    "title": {"title": "支持政党の調査"},
    "purpose": {"purpose": "宗教ごとに集計します。"},
    "q: ask": {"questions": [{"id": "q", "ask": "前科はありますか", "kind": "text"}]},
    "q: b": {
        "questions": [{"id": "q", "ask": "選んでください", "kind": "choice", "choices": {"a": "本", "b": "仏教徒"}}]
    },
    "q: high": {
        "questions": [{"id": "q", "ask": "どれほどですか", "kind": "scale", "from": 1, "to": 3, "high": "信仰があつい"}]
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_every_text_of_a_survey_is_looked_at(sqlite_office: Office, place: str) -> None:
    """Title, purpose, question, choice and the ends of a scale; nothing of it is published."""
    definition = a_survey(**PLACES[place])
    assert place in {found.place for found in check(definition).asked}
    by = a_handler(sqlite_office, "approver", "approver")
    with pytest.raises(Refused, match="may not be asked"):
        publish(sqlite_office, by, definition)
    assert rows(sqlite_office, "SELECT COUNT(*) FROM survey") == [(0,)]


def q(**changes: object) -> dict[str, Any]:
    return {"questions": [{"id": "q", "ask": "問", "kind": "choice", "choices": {"a": "一", "b": "二"}} | changes]}


WRONG: dict[str, Any] = {
    "no table": [],
    "something missing": {name: value for name, value in LIBRARY.items() if name != "purpose"},
    "something unknown": a_survey(reward="図書カード"),
    "a word for true": a_survey(anonymous="yes"),
    "no questions": a_survey(questions=[]),
    "a name with a path in it": a_survey(name="../x"),
    "a name too long": a_survey(name="a" * 32),
    "an empty title": a_survey(title=" "),
    "no day": a_survey(closes_on="soon"),
    "a kind that does not exist": a_survey(**q(kind="photo")),
    "one choice": a_survey(**q(choices={"a": "一"})),
    "choices alike": a_survey(**q(choices={"a": "一", "b": "一"})),
    "a required question": a_survey(**q(required=True)),
    "two of one id": a_survey(questions=[*q()["questions"], *q()["questions"]]),
    "a scale that goes down": a_survey(questions=[{"id": "q", "ask": "問", "kind": "scale", "from": 5, "to": 1}]),
    "a scale too wide": a_survey(questions=[{"id": "q", "ask": "問", "kind": "scale", "from": 0, "to": 100}]),
    "bands that do not begin": a_survey(questions=[{"id": "q", "ask": "問", "kind": "number", "bands": [1, 5]}]),
    "bands that go down": a_survey(questions=[{"id": "q", "ask": "問", "kind": "number", "bands": [0, 9, 5]}]),
    "days turned": a_survey(
        questions=[{"id": "q", "ask": "問", "kind": "date", "first": "2026-02-01", "last": "2026-01-01"}]
    ),
    "text in an anonymous one": a_survey(anonymous=True, questions=[{"id": "q", "ask": "問", "kind": "text"}]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_definition_that_is_none_is_refused_by_place_and_rule(name: str) -> None:
    """Nothing is guessed or repaired."""
    with pytest.raises(BadInput):
        read_survey(WRONG[name])


@pytest.mark.parametrize(
    ("question", "written", "code"),
    [
        ("often", "a", "a"),
        ("often", "z", None),
        ("likes", "5", "5"),
        ("likes", "6", None),
        ("books", "0", "0"),
        ("books", "7", "5"),
        ("books", "999", "10"),
        ("books", "-1", None),
        ("books", "７", None),
        ("books", "1.5", None),
        ("last", "2026-11-03", "2026-11"),
        ("last", "2026-12-01", None),
        ("last", "yesterday", None),
        ("wish", "料理の本", "料理の本"),
        ("wish", "あ" * 101, None),
        ("wish", "一行\n二行", None),
    ],
)
def test_an_answer_becomes_its_code_or_is_none(question: str, written: str, code: str | None) -> None:
    """Numbers become bands and days months (P3): no more is kept than is counted."""
    answers, wrong = read_survey(LIBRARY).answers({question: written})
    assert answers == ({question: code} if code is not None else {})
    assert wrong == ([] if code is not None else [question])
