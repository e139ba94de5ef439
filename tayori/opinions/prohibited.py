"""Finds prohibited matters about a person in a letter (P5) without taking every topic for a fact.

Level 1: a topic, nothing happens. Level 2: a fact about the writer or their kin: masked in the copy for analysis,
the desk is told. Level 3: a fact about a named third party: the letter stays out of analysis and is still counted.
The letter itself is kept whole and answered in every case.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Final

from tayori.opinions.phrases import Hit, PhraseBook
from tayori.opinions.spans import Span, overlaps, rules, terms
from tayori.opinions.tokens import Tokeniser, Tokens

INNOCENT: Final = "innocent"


class Level(IntEnum):
    """How near a letter comes to a prohibited fact about somebody."""

    NONE = 0
    TOPIC = 1
    OWN = 2
    THIRD_PARTY = 3


@dataclass(frozen=True, slots=True)
class Matters:
    """What a letter touches: the highest level, the lists it touched per level, and the spans to mask."""

    level: Level
    lists: frozenset[str]
    spans: tuple[Span, ...]


# What says, after the word, that somebody is or has it: です, を受けて, の会員, と診断, されたことがある.
_BEING: Final = (
    r"です|でした|でして|である|であり|だ(?:[。!、]|$|った|と|から|し)|な(?:の|ん)で"
    "|だそう|らしい|みたい|で[、,]|ゆえ|出身|二世"
)
_BELONGING: Final = (
    "の(?:お子さんを(?:育て|持)|後遺症|手術|発作|被害に|リハビリ|ため|身|者|会員|信者|信徒|患者|出身|親|母|父|疑い|診断|治療|宣告|家庭|世帯|判決|経験|過去|息子|娘|子|夫|妻|兄|弟|姉|妹|祖母|祖父|孫"
    "|長男|長女|次男|次女|ある(?:息子|娘|子|夫|妻|母|父|家族))"
)
_HAVING: Final = (
    "[をにでがとも](?:、|長年|現在|今も|以前|昔|既に|すでに|ずっと)?"
    "(?:受け|患|わずら|抱え|持っ|持ち|持つ|罹|かか|なり|なっ|なる|苦し|悩|通院|入院|療養|治療|闘病|亡くな|死|服役|逮捕|信仰|信じ|入信|入会"
    "|診断|宣告|あり|あっ|ある|ござい|出て|され|した|して|取得|所属|入っ|ばれ|休|倒れ|手術|働|歩|外出|寝|介護|動け|不自由|困|経験|遭|捕ま|乗れ|暮らし|徘徊|通え)"
    "|にい(?:ます|る|た|ました)"
)
_DONE: Final = "と(?:診断|宣告|告知|言われて)|陽性|され(?:た|て|まし)|した(?:ことが|経験)|し(?:て|まし)"
_ASSERTED = re.compile(
    rf"(?:[1-5一二三四五]|半年|者|員|歴|患者|籍|出身|教徒|信者|病|症)?(?:{_BEING}|{_BELONGING}|{_HAVING}|{_DONE})",
    re.MULTILINE,
)
# "がんの治療を受ける人": people in general, unless the sentence names its subject.
_OF_OTHERS = re.compile(
    r"[^。\n、]{0,12}?(?:事件|記事|報道|人|方|方々|患者|者|区民|住民|世帯|家庭|場合|ケース|とき)(?:が|は|へ|に|の|も|を|向け|と|、)"
)
# A word that goes on as a compound (障害者|福祉) or is negated is a topic.
_GOES_ON = re.compile(
    "の?(?:問題|対策|支援|制度|窓口|講演会|講座|検診|予防|防止|抑止|啓発|施設|政策|相談|手続|申請|手当|自由|歴史|方々|方への|皆|行事|団体)"
    "|の(?:子ども|子供|児童|生徒|患者|人|世帯|家庭|家族)(?:たち|達|さん|様)?(?:へ|向け|の(?:支援|就学|教育|助成|居場所|相談|ため)|が使え)"
)
_DENIED = re.compile(r"[^。\n]{0,12}?(?:では(?:ない|ありません|なく)|じゃない|を問わず|に関係なく|とは無関係)")
# 信者 also means a fan: この店の信者.
_ADMIRERS: Final = frozenset({"信者", "信徒"})
_ADMIRED = re.compile(r"(?:(?:この|あの|その)[^、。\n]{1,8}|店|街|作家|アイドル|選手|チーム|ブランド)の\Z")
_SENTENCE_END: Final = "。!?\n"
_KIN_AFTER: Final = 12


def matters(tokens: Tokens, people: Iterable[Span], tokeniser: Tokeniser) -> Matters:
    """Judge every listed word of a letter by who stands beside it; `people` are the spans masked as names."""
    hits = list(_book(tokeniser).find(tokens))
    innocent = [Span(hit.begin, hit.end, INNOCENT) for hit in hits if hit.listed == INNOCENT]
    names = list(people)
    level, lists, spans = Level.NONE, set[str](), list[Span]()
    for hit in hits:
        if hit.listed == INNOCENT or overlaps(hit.begin, hit.end, innocent):
            continue
        found = _level(tokens, hit, names)
        lists.add(hit.listed)
        level = max(level, found)
        if found > Level.TOPIC:
            spans.append(Span(hit.begin, hit.end, hit.listed))
    return Matters(level, frozenset(lists), tuple(spans))


def list_terms() -> dict[str, str]:
    """The lists by name with the term the paper or the Act uses."""
    return {name: str(row["term"]) for name, row in _lists().items()}


def _level(tokens: Tokens, hit: Hit, people: list[Span]) -> Level:
    """Who a word is about, read from its sentence alone."""
    text = tokens.text
    if hit.phrase in _ADMIRERS and _ADMIRED.search(text, max(0, hit.begin - 12), hit.begin):
        return Level.TOPIC
    if _GOES_ON.match(text, hit.end) or _DENIED.match(text, hit.end) or not _ASSERTED.match(text, hit.end):
        return Level.TOPIC
    begin, end = _sentence(text, hit.begin, hit.end)
    kin_near = _of_kin(tokens, begin, hit.begin) or _of_kin(tokens, hit.end, min(end, hit.end + _KIN_AFTER))
    if kin_near or _of_writer(text, begin, hit.begin):
        return Level.OWN
    named = [person for person in people if begin <= person.begin and person.end <= hit.begin]
    if named:
        return Level.OWN if _says_own_name(text, named[-1].end) else Level.THIRD_PARTY
    in_general = _has_other_subject(text[begin : hit.begin]) or _OF_OTHERS.match(text, hit.end)
    return Level.TOPIC if in_general else Level.OWN


def _sentence(text: str, begin: int, end: int) -> tuple[int, int]:
    """Where the sentence around a word begins and ends."""
    first = max(text.rfind(mark, 0, begin) for mark in _SENTENCE_END) + 1
    ends = [at for mark in _SENTENCE_END if (at := text.find(mark, end)) >= 0]
    return first, min(ends, default=len(text))


# Pronouns are dropped tokens, so they are read from the text.
_WRITER = re.compile(
    r"(?:私|わたし|わたくし|僕|俺|自分|当方|小生|我が家|わが家|うち|(?<![一-龥])家)(?:自身)?(?:に?[はがもの、]|たち|達)"
)
# "Children" and "families" are people in general until the sentence brings them home.
_HOUSEHOLD = re.compile(
    "うちの|わが|我が|私の|上の子|下の子|育ててい|育ててお|がおり|がいて|がいます|と暮らして(?:い|お)ま|です(?:。|$)|でした"
)
_OTHERS_KIN = re.compile(r"(?:さん|様|氏|近所|隣|他人|よそ)の")


def _of_writer(text: str, begin: int, end: int) -> bool:
    return bool(_WRITER.search(text, begin, end))


def _of_kin(tokens: Tokens, begin: int, end: int) -> bool:
    """Whether the writer's kin, and nobody else's, are named between two places of the text."""
    first, last = bisect_left(tokens.begins, begin), bisect_left(tokens.begins, end)
    near = frozenset(tokens.words[first:last])
    own = near & _words_of("kin") or (
        near & _words_of("any_kin") and _HOUSEHOLD.search(tokens.text, begin, end + _KIN_AFTER)
    )
    return bool(own) and not _OTHERS_KIN.search(tokens.text, begin, end)


@cache
def _words_of(role: str) -> frozenset[str]:
    return frozenset(terms("attributes", role))


def _says_own_name(text: str, end: int) -> bool:
    return text.startswith(("と申し", "といい", "と言い", "です"), end)


def _has_other_subject(before: str) -> bool:
    """Whether somebody or something else is the subject: a sentence without one speaks of its writer."""
    return bool(
        re.search(
            r"[一-龥ァ-ヶー々A-Za-z0-9)」](?:は|が|では|には|も)(?!、?私)|者|人々|方々|(?:場合|とき|時|たら|れば|なら)",
            before,
        )
    )


@cache
def _lists() -> dict[str, dict[str, object]]:
    lists = rules("attributes")["lists"]
    if not isinstance(lists, dict):
        raise TypeError("rules/attributes.yaml: lists is not a table")
    return lists


_BOOKS: Final[dict[str, PhraseBook]] = {}


def _book(tokeniser: Tokeniser) -> PhraseBook:
    """The lists cut into tokens, once a process."""
    if "book" not in _BOOKS:
        listed = [(word, name) for name, row in _lists().items() for word in _words(row)]
        _BOOKS["book"] = PhraseBook([*listed, *((word, INNOCENT) for word in terms("attributes", INNOCENT))], tokeniser)
    return _BOOKS["book"]


def _words(row: dict[str, object]) -> list[str]:
    words = row["words"]
    return [str(word) for word in words] if isinstance(words, list) else []


def lists_of_words() -> dict[str, dict[str, object]]:
    """The lists by name: term, basis (which clause) and words."""
    return _lists()


def is_task(text: str, end: int) -> bool:
    """Whether a listed word that ends here goes on as the name of a task or topic (障害者|支援), or is denied."""
    return bool(_GOES_ON.match(text, end) or _DENIED.match(text, end))
