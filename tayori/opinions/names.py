"""Names of people in a read text: the dictionary's name tokens plus what Japanese says around a name.

A name is masked when something beside it says that it is one (an honorific, a title, a given name, a label,
brackets, kin, "と申します"); a family name alone is masked unless it is a place, an office holder or a word.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from tayori.opinions.spans import Span, rules, terms
from tayori.opinions.tokens import PERSONAL, Tag, Tokens

_LONGEST_RUN: Final = 4
_GIVEN_WORD = re.compile(r"[一-龥々]{1,3}|[ぁ-ん]{2,4}|[ァ-ヶー]{2,5}")
_JOINT: Final = frozenset({" ", "・", "=", ". ", "."})
_INTRODUCED = re.compile(r" ?(?:と(?:申|言い|いい|いう者)|です(?![がのね])|\(?[0-9]{2}歳|拝|より\s*$)", re.MULTILINE)
_SELF = re.compile(r"(?:私|わたし|わたくし|僕|名前)(?:は|、|,| )? ?$")
_CALLED_SO = re.compile(r"(?:担当(?:者|の方|の人|職員)?|名前|氏名|相手)は、?\Z")
_SO = re.compile(r"です|でした|と(?:いう|名乗|言)|。")
_OWNER = re.compile(r"(?:の|・|、|,|:|が|は)? ?\(?$")
_ENGLISH = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Miss)\.? ?[A-Z][a-z]+(?: [A-Z][a-z]+)?"
    r"|(?<=[Mm]y name is )[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,2}"
    r"|(?<=I am )[A-Z][a-z]+ [A-Z][a-z]+|(?<=I'm )[A-Z][a-z]+ [A-Z][a-z]+"
    r"|(?<=[Ss]incerely,\n)[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,2}"
    r"|(?<=[Rr]egards,\n)[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,2}"
    r"|\b[A-Z][A-Za-z]+ [A-Z][A-Za-z]+(?= ?と(?:申|いい|言い))"
)
# The last line of a letter, if it is two words and no greeting: Yamada Taro.
_ROMAN_SIGNATURE = re.compile(
    r"\n[ *]*(?!Thank|Best|Kind|Warm|Yours|Dear|Shinjuku|Tokyo)([A-Z][A-Za-z]+,? [A-Z][A-Za-z]+)[ *.]*\s*\Z"
)
# Names that the dictionary takes for places or words, where the sentence says what they are.
_FAMILY: Final = "(?<![一-龥ァ-ヶー々])([一-龥々]{1,4}|[ァ-ヶー]{2,8})"
_FOREIGN: Final = "([ァ-ヶー]{2,8}(?:[・ =][ァ-ヶー]{1,8}){1,3})"
_FIELDS: Final = "電話|住所|連絡|携帯|年齢|性別|男性|女性|会社|主婦|無職|職業|郵便|生年|メール"
_CALL: Final = "に(?:お電話|おかけ|ご?連絡)|までご?連絡|まで(?:お電話|お願い)"
_TITLE: Final = "さん|さま|様|氏"
_HEARSAY: Final = "と(?:いう|名乗る|かいう|おっしゃる|言う)(?:名の)?(?:方|人|職員|者|係|担当)"
_CALLING: Final = rf"です。[^\n]{{0,3}}(?:よろしく|お世話)|\)(?:{_CALL})"
_SAID: Final = tuple(
    (re.compile(hint), re.compile(pattern))
    for hint, pattern in (
        ("と申し", r"([一-龥](?: [一-龥]){2,5})(?= ?と申し)"),
        (rf"と申しま|{_CALLING}", rf"{_FAMILY}(?=と申し(?:ます|ました)|{_CALLING})"),
        ("私は", r"(?<=私は)([^、。\n]{2,12}?)(?=と(?:いい|言い|申し)(?:、|ます))"),
        ("生まれの", r"(?<=生まれの)(?!男|女|者|娘|息|長|次|三|夫|妻|母|父|子)([一-龥々]{1,4})(?=です)"),
        (" [ァ-ヶー]", r"([ァ-ヶー]{2,5} [ァ-ヶー]{2,5})(?=です|といい|と申し)"),
        (_HEARSAY, rf"{_FAMILY}(?={_HEARSAY})"),
        (
            rf"[ァ-ヶー](?:{_TITLE}|くん|ちゃん|先生|と申し|といい)",
            rf"{_FOREIGN}(?={_TITLE}|くん|ちゃん|先生|と申し|といい)",
        ),
        (
            rf"\n[一-龥]{{1,3}}\n?(?:{_TITLE}|と申し)",
            rf"(?<![一-龥々])((?:[一-龥]\n[一-龥]{{1,3}}|[一-龥]{{1,2}}\n[一-龥])\n?)(?={_TITLE}|と申し)",
        ),
        ("と申し", r"(?<![一-龥々])([一-龥]{2}\n[一-龥ぁ-ん]{1,3})(?=と申し)"),
        (
            "表札|名札|名刺|ネームプレート",  # what is written there, in brackets
            (
                r"(?:表札|名札|名刺|ネームプレート)[^。\n「」]{0,6}「(?![^」]*[課係部所室区会園]」)"
                r"([一-龥々]{1,4}|[ァ-ヶー]{2,8}|[ぁ-ん]{2,5})」"
            ),
        ),
        ("@", r"(?<![ぁ-ん])([ぁ-ん]{2,5})(?=@[A-Za-z0-9_]{3,} ?さん)"),  # a name with an account of the net
    )
)
"""What stands somewhere in a text with such a name (quick to look for), and the name with what is around it."""
# A label without a colon: 投書者 木下 恵子. What follows may be the next label of an empty form.
_UNMARKED = re.compile(
    rf"(?:氏名|お名前|投書者|差出人|代理人|記入者|申請者|届出人) +"
    rf"(?!{_FIELDS})([一-龥々]{{1,4}}(?: (?!{_FIELDS})[一-龥々ぁ-ん]{{1,4}})?)"
    r"(?=[ \n、。(〒]|$)"
)
_SIGNED = re.compile(rf"{_FAMILY}(?=・(?:会社員|主婦|学生|無職|自営業|パート)|拝$|両名|様方|夫妻)", re.MULTILINE)
_SIGNED_BY: Final = ("・会社員", "・主婦", "・学生", "・無職", "・自営業", "・パート", "拝", "両名", "様方", "夫妻")
_SIGNATURE = re.compile(
    r"^[ *]*([一-龥々]{1,4} [一-龥々ぁ-ん]{1,4}|[ァ-ヶー]{2,6} [ァ-ヶー]{2,6}|[ぁ-ん]{2,5} [ぁ-ん]{2,5})"
    r"[ *]*(?:\(\d年\) *)?$"
    r"|^[ *]*([一-龥々]{0,3}[ぁ-ん]{2,5})(?=(?: ?\(\d年\)|より) *$)"
    r"|\n *(?!かしこ|けいぐ|いじょう)([ぁ-ん]{2,4})(?=\s*\Z)",
    re.MULTILINE,
)
_CLOSING = re.compile(r"(?:^|[。\n ])\(([一-龥々]{1,4})\)", re.MULTILINE)
# A family name that is a place too, at the end of a line that is an address: 榎町99 上野.
_AFTER_ADDRESS = re.compile(r"(?:[町目番号室-][0-9]{0,4}|[0-9]号室?) +([一-龥々]{1,3})$", re.MULTILINE)
_SHORT: Final = 40
_ENGLISH_HINTS: Final = (
    "と申",
    "といい",
    "と言い",
    "Mr",
    "Ms",
    "Dr",
    "Miss",
    "Prof",
    "name is",
    "I am",
    "I'm",
    "egards",
    "incerely",
)


def name_spans(tokens: Tokens) -> Iterator[Span]:
    """Find names: of writers, kin, neighbours and staff; never places, offices or holders of public office."""
    text = tokens.text
    if ":" in text:
        yield from (Span(*match.span(1), "name") for match in _labels().finditer(text))
    if any(hint in text for hint in _ENGLISH_HINTS):
        yield from (Span(*match.span(), "name") for match in _ENGLISH.finditer(text))
    if signed := _ROMAN_SIGNATURE.search(text):
        yield Span(*signed.span(1), "name")
    yield from _written(tokens)
    yield from _honoured(tokens)
    at = 0
    while at < len(tokens.tags):
        if tokens.tags[at] in PERSONAL:
            last = _with_given_word(tokens, at, _run_end(tokens, at))
            if _is_name(tokens, at, last):
                yield Span(tokens.begins[at], tokens.ends[last], "name")
            at = last
        at += 1


def _written(tokens: Tokens) -> Iterator[Span]:
    """Names told by what is written around them alone, whatever the dictionary takes them for."""
    text = tokens.text
    patterns = [pattern for hint, pattern in _SAID if hint.search(text)]
    patterns.append(_UNMARKED)
    if any(word in text for word in _SIGNED_BY):
        patterns.append(_SIGNED)
    if "\n" in text or len(text) < _SHORT:
        patterns.append(_SIGNATURE)
    for match in (match for pattern in patterns for match in pattern.finditer(text)):
        yield Span(*match.span(match.lastindex or 0), "name")
    doubtful = _words("gazetteer", "place_names") | _words("names", "ambiguous")
    for match in _AFTER_ADDRESS.finditer(text):
        if match[1] in doubtful:
            yield Span(*match.span(1), "name")
    for match in _CLOSING.finditer(text) if "(" in text else ():
        at = tokens.ending_at(match.end(1))
        if match[1] in doubtful or (at >= 0 and tokens.tags[at] == Tag.PLACE and not match[1].endswith(_AREAS)):
            yield Span(*match.span(1), "name")


_AREAS: Final = ("町", "区", "市", "都", "県", "駅")


def _run_end(tokens: Tokens, first: int) -> int:
    """Index of the last name token of the run that begins at `first`: 小林 健一, グエン・バン・アン."""
    last = first
    while (
        last + 1 < len(tokens.tags)
        and last - first + 1 < _LONGEST_RUN
        and tokens.tags[last + 1] in PERSONAL
        and _joined(tokens, last)
    ):
        last += 1
    return last


def _with_given_word(tokens: Tokens, first: int, last: int) -> int:
    """A family name, one space and a short word are a full name too: 井上 勇気."""
    if first != last or tokens.tags[first] != Tag.SURNAME or last + 1 == len(tokens.tags):
        return last
    apart = tokens.text[tokens.ends[last] : tokens.begins[last + 1]] == " "
    if re.match(_FIELDS, tokens.words[last + 1]):
        return last
    return last + 1 if apart and _GIVEN_WORD.fullmatch(tokens.words[last + 1]) else last


def _joined(tokens: Tokens, index: int) -> bool:
    between = tokens.text[tokens.ends[index] : tokens.begins[index + 1]]
    return between == "" or between in _JOINT


def _honoured(tokens: Tokens) -> Iterator[Span]:
    """Whatever stands before an honorific and is no role: 大久保さん, よこがわのりこさん, aki さん."""
    honorifics, roles = _words("names", "honorifics"), _words("names", "roles")
    posts, towns = _words("names", "posts"), _words("gazetteer", "towns")
    for at in range(1, len(tokens.words)):
        if tokens.tags[at - 1] == Tag.PLACE and _stands_next(tokens, at - 1, posts):
            before = tokens.words[at - 1]
            if (
                before not in towns
                and not before.endswith(_AREAS)
                and not _office_before(tokens.text, tokens.begins[at - 1])
            ):
                yield Span(tokens.begins[at - 1], tokens.ends[at - 1], "name")
        if tokens.words[at] in honorifics and tokens.touches(at - 1):
            before = tokens.words[at - 1]
            if tokens.tags[at - 1] not in _NAMEABLE or before in roles or _part_of_role(tokens, at - 1):
                continue
            if tokens.tags[at - 1] == Tag.WORD and (tokens.words[at] == "先生" or before.endswith(_CALLINGS)):
                continue
            begin = tokens.begins[_leftmost(tokens, at - 1)]
            if not _office_before(tokens.text, begin):
                yield Span(begin, tokens.ends[at - 1], "name")


_NAMEABLE: Final = frozenset({Tag.WORD, Tag.PLACE, *PERSONAL})


_CALLINGS: Final = tuple("者員屋店所士師官長係生医書")


def _part_of_role(tokens: Tokens, index: int) -> bool:
    """Whether the word and the one before it together name a role: 工事|業者, 事務|所."""
    if tokens.tags[index] in PERSONAL or index == 0 or not tokens.touches(index - 1):
        return False
    return tokens.words[index - 1] + tokens.words[index] in _words("names", "roles")


def _leftmost(tokens: Tokens, index: int) -> int:
    """Index of the first token of the name that ends at `index`: names the dictionary lacks come in pieces."""
    first = index
    while first > 0 and index - first + 1 < _LONGEST_RUN and _belongs(tokens, first - 1):
        first -= 1
    return first


def _belongs(tokens: Tokens, index: int) -> bool:
    if tokens.tags[index] not in _NAMEABLE or tokens.words[index] in _beside_names():
        return False
    return tokens.touches(index) or (tokens.tags[index] in PERSONAL and _joined(tokens, index))


def _is_name(tokens: Tokens, first: int, last: int) -> bool:
    """Whether a run of name tokens names a private person here."""
    text, begin, end = tokens.text, tokens.begins[first], tokens.ends[last]
    word = text[begin:end]
    following = tokens.words[last + 1] if tokens.touches(last) else ""
    if _in_office(tokens, last) or _office_before(text, begin):
        return False
    titled = _stands_next(tokens, last, _words("names", "titles"))
    if _CALLED_SO.search(text, max(0, begin - 8), begin) and _SO.match(text, end):
        return True
    if following in _endings() or (word in _words("gazetteer", "place_names") and not titled):
        return _bracketed(text, begin, end) and not following
    if word.isascii():
        return False  # English words such as "may" are names to the dictionary; honorifics are seen elsewhere
    if titled or (_no_word(word) and _stands_next(tokens, last, _words("names", "duties"))):
        return True
    if _full_name(tokens, first, last) or _bracketed(text, begin, end) or _alone(text, begin, end):
        return True
    if _introduced(text, begin, end) or _of_kin(tokens, first):
        return True
    return _bare_family_name(tokens, first, last, word)


def _stands_next(tokens: Tokens, index: int, words: frozenset[str]) -> bool:
    """Whether one of these words follows at once, also one that the dictionary cuts in two behind a name: 係|長."""
    if not tokens.touches(index):
        return False
    if tokens.words[index + 1] in words:
        return True
    return tokens.touches(index + 1) and tokens.words[index + 1] + tokens.words[index + 2] in words


def _full_name(tokens: Tokens, first: int, last: int) -> bool:
    return last > first and tokens.tags[first] == Tag.SURNAME and tokens.tags[last] in {Tag.GIVEN, Tag.PERSON, Tag.WORD}


def _bracketed(text: str, begin: int, end: int) -> bool:
    return text[begin - 1 : begin] in {"(", "「", "【"} and text[end : end + 1] in {")", "」", "】"} and begin > 0


def _alone(text: str, begin: int, end: int) -> bool:
    """Whether the name has a line to itself, as a signature has."""
    line_begin = text.rfind("\n", 0, begin) + 1
    line_end = text.find("\n", end)
    line = text[line_begin : len(text) if line_end < 0 else line_end]
    return "\n" in text and len(line.strip(" ")) == end - begin


def _introduced(text: str, begin: int, end: int) -> bool:
    return bool(_INTRODUCED.match(text, end) and (text[end : end + 2] != "です" or _SELF.search(text[:begin])))


def _of_kin(tokens: Tokens, first: int) -> bool:
    """Whether a word of kin owns the name: 娘の花子, 長男・健太."""
    if first == 0 or tokens.words[first - 1] not in _words("names", "kin"):
        return False
    return bool(_OWNER.fullmatch(tokens.text[tokens.ends[first - 1] : tokens.begins[first]]))


def _in_office(tokens: Tokens, last: int) -> bool:
    """Whether a public office follows the name, also a former one: 若林区長, 前|知事."""
    offices = _words("gazetteer", "public_offices")
    if tokens.touches(last) and tokens.words[last + 1] in {"前", "元", "現", "新", "副"}:
        last += 1
    return tokens.touches(last) and tokens.words[last + 1] in offices


def _office_before(text: str, begin: int) -> bool:
    return bool(_offices().search(text, max(0, begin - 8), begin))


def _bare_family_name(tokens: Tokens, first: int, last: int, word: str) -> bool:
    if first != last or tokens.tags[first] != Tag.SURNAME or not _no_word(word):
        return False
    if first > 0 and tokens.touches(first - 1) and tokens.tags[first - 1] != Tag.SUFFIX:
        return False  # the tail of a longer word: 新|大久保
    return not tokens.touches(last)


def _no_word(name: str) -> bool:
    """Whether a family name is nothing else, as 森 and 高木 are."""
    return len(name) > 1 and name not in _words("names", "ambiguous")


@cache
def _words(table: str, key: str) -> frozenset[str]:
    return frozenset(terms(table, key))


@cache
def _beside_names() -> frozenset[str]:
    """Words that may touch a name and are no part of it: 隣人渡辺さん, 課長田中氏."""
    return _words("names", "roles") | _words("names", "kin") | _words("names", "titles")


@cache
def _endings() -> frozenset[str]:
    return frozenset(str(rules("gazetteer")["place_endings"]).replace(" ", "").split("|"))


@cache
def _offices() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(terms('gazetteer', 'public_offices'))})(?:の|・|、)?\Z")


@cache
def _labels() -> re.Pattern[str]:
    words = "|".join(sorted(terms("names", "labels"), key=len, reverse=True))
    name = r"([^\n:、,。(〒\[［]{1,30}?)"
    ends = r"(?= *(?:\n|$|[、,。(〒]|  |住所|電話|TEL|様))"
    return re.compile(rf"(?:{words}) ?(?:\([^)\n]{{1,8}}\))? ?: ?{name}{ends}")
