"""Telephone numbers, mail addresses, postal codes and numbers that stand for one person, in a normalised text.

Every rule reads a whole run of digits at once, so no rule can take a part and leave the rest readable.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from tayori.opinions.spans import Span, overlaps

DASH: Final = r"\-‐‑‒–—―−ー─━˗⁃➖⸺⸻゠"  # for use inside a character class
_ZERO: Final = "〇零○◯"
_KANJI: Final = f"{_ZERO}一二三四五六七八九0-9"
_GAP: Final = rf"[ ()・.\n{DASH}]{{0,3}}"  # mail programs break lines within numbers
_DOT: Final = r"(?:\.\n?| \. | dot |ドット|。)"

_MAIL = re.compile(
    rf"(?:[A-Za-z0-9._%+-]{{1,64}}|\"[^\"\n]{{1,64}}\") ?(?:@|\(at\)|\[at\]| at ) ?\n?[A-Za-z0-9-]+"
    rf"(?:{_DOT}[A-Za-z0-9-]+)*{_DOT}[A-Za-z]{{2,}}(?![A-Za-z])"
    rf"|[A-Za-z0-9._%+-]*[一-龥]{{0,6}}@[A-Za-z0-9-]*[ぁ-ヶー一-龥][A-Za-z0-9ぁ-ヶー一-龥-]*\.[A-Za-z]{{2,}}"
)
# Who hides the sign from machines hides it from us too, unless the domain ends as one does.
_HIDDEN_MAIL = re.compile(
    rf"[A-Za-z0-9][A-Za-z0-9._%+-]{{1,63}} ?(?:\(a\)|アット(?:マーク)?|[★☆●◎■▲◆#*]) ?"
    rf"[A-Za-z0-9-]+(?:{_DOT}[A-Za-z0-9-]+)*{_DOT}(?:com|jp|net|org|info)(?![A-Za-z])"
)
_HANDLE = re.compile(
    r"\b(?:x|twitter|facebook|instagram|threads|tiktok|line|note|ameblo|linkedin)\.(?:com|net|me|jp)/[!-.0-~/]+"
)
_ACCOUNT = re.compile(r"@(?<![A-Za-z0-9_.@]@)[A-Za-z0-9_]{3,}")
# Look-behinds stand after the first digit, not before it: so the search can leap from digit to digit.
# Digits as scanners misread them (O for 0, l or I for 1) count only inside a run that is mostly digits.
_PHONE = re.compile(rf"[0O](?<![0-9][0O])(?<![0-9][{DASH}][0O])[1-9lI](?:{_GAP}[0-9OolI]){{8,9}}(?![{DASH}]?[0-9])")
_ABROAD = re.compile(rf"\+\d{{1,3}}(?:{_GAP}\d){{8,12}}(?!\d)")
_LOCAL = re.compile(rf"\d(?<![0-9{DASH}].)\d{{3}} ?[{DASH}] ?\d{{4}}(?![0-9{DASH}])")
_EXTENSION = re.compile(r"(?<=内線)[ ::]{0,2}\d{2,5}")
_KANJI_PHONE = re.compile(rf"[{_ZERO}0](?<![0-9].)[{_KANJI}](?:[ ()の{DASH}]{{0,2}}[{_KANJI}]){{8,9}}(?![0-9])")
_KANJI_LONG = re.compile(rf"[{_ZERO}一二三四五六七八九](?:[ {DASH}]?[{_ZERO}一二三四五六七八九]){{8,}}")
# One odd mark twice, between groups as a number has them: 090/1234/5678.
_ODD_PHONE = re.compile(r"0[1-9]\d{0,3}([/,_=:~〜*])\d{1,4}\1\d{4}(?!\d)")
_POSTAL = re.compile(
    rf"[〒\d](?:(?<=〒) ?\d{{3}} ?[{DASH}の]? ?\n?\d{{4}}(?!\d)"
    rf"|(?<![0-9].)(?<![0-9][{DASH}].)\d{{2}}[{DASH}][\dOolI]\d{{3}}"
    rf"(?![0-9]|[{DASH}]\d|[ ]?(?:円|人|名|件|万|千|個|台|本|点|字|文字|kg|g|m)))"
)
_KANJI_POSTAL = re.compile(rf"(?<=〒)[ ]?[{_KANJI}]{{3}}[ の{DASH}]{{0,2}}[{_KANJI}]{{4}}(?![{_KANJI}])")
_TWELVE = re.compile(rf"\d(?<![0-9{DASH}].)\d{{3}}[ \n{DASH}]?\d\d\n?\d\d[ \n{DASH}]?\d{{4}}(?![{DASH} ]?\d)")
_CARD = re.compile(rf"\d(?<!\d\d)\d{{3}}(?:[ {DASH}]?\d{{4}}){{3}}(?!\d)")
_CUE = (
    "被保険者番号|被保険者証|受給者番号|受給者証|保険者番号|保険証|記号番号|記号|免許証|免許番号|パスポート|旅券|口座|普通預金|年金番号|整理番号|"
    "お客様番号|顧客番号|証明書番号|手帳番号|学籍番号|会員番号|在留カード|登録番号|利用者番号|カード番号|住民票コード|受付番号|"
    "LINE ?ID|ID|番号"
)
_CUED = re.compile(
    rf"(?:{_CUE})(?:の?番号)?(?:は|が|を|[::]|\()?[ ]?(?:第(?=\d))?"
    rf"((?=[A-Za-z0-9_{DASH} ]*\d)[A-Za-z0-9_][A-Za-z0-9_{DASH}]{{2,}}"
    rf"(?:[ {DASH}]\d{{2,}})*号?)"
)
_RESIDENCE_CARD = re.compile(r"[A-Z](?<![A-Za-z0-9].)[A-Z]\d{7}(?:\d[A-Z]{2})?(?![A-Za-z0-9])")
_PLATE = re.compile(rf"\d(?<=[一-龥 ].)\d{{1,2}} ?[ぁ-ん] ?(?:\d{{2}}|・・|・\d)[{DASH}]?\d{{2}}(?!\d)")
_SMALL_PLATE = re.compile(rf"[一-龥]{{1,4}}[区市町村] ?[ぁ-ん] ?\d{{2}}[{DASH}]?\d{{2}}(?!\d)")
_PLATE_OFFICE = re.compile(r"[一-龥]{1,4} ?\Z")
_LONG = re.compile(rf"\d(?<![A-Za-z0-9.,{DASH}].)(?:[ {DASH}]?\d){{8,}}(?![A-Za-z0-9.,]|[ ]?(?:円|人|件|万|億))")
# Where no seven digits stand together, no number of a person can.
_DENSE = re.compile(rf"[0O\d](?:{_GAP}[0-9OolI]){{6}}")
_LINK = re.compile(r"https?://[!-~]+")
_DATE_LIKE = re.compile(rf"(?:19|20)\d\d[ {DASH}]?(?:0?[1-9]|1[0-2])[ {DASH}]?[0-3]?\d")
_MISREAD_SHARE: Final = 6


def contact_spans(text: str) -> Iterator[Span]:
    """Find every way to reach or identify one person by mail, telephone or number, the surest kinds first."""
    yield from (Span(*match.span(), "email") for match in _HIDDEN_MAIL.finditer(text))
    yield from (Span(*match.span(), "id_number") for match in _HANDLE.finditer(text))
    if "@" in text or "at" in text:
        yield from (Span(*match.span(), "email") for match in _MAIL.finditer(text))
        yield from (Span(*match.span(), "id_number") for match in _ACCOUNT.finditer(text))
    if "〒" in text or _DENSE.search(text):
        links = [Span(*match.span(), "link") for match in _LINK.finditer(text)] if "http" in text else []
        for look in _DENSE_RULES:
            yield from (span for span in look(text) if not overlaps(span.begin, span.end, links))
    yield from _numbers(text)


def is_my_number(digits: str) -> bool:
    """Whether twelve digits carry the check digit of an Individual Number (番号法施行令 8 条, 総務省令)."""
    weights = [n + 1 if n <= 6 else n - 5 for n in range(1, 12)]  # noqa: PLR2004 the ordinance's own formula
    total = sum(int(digit) * weight for digit, weight in zip(reversed(digits[:11]), weights, strict=True))
    rest = total % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        yield Span(*match.span(), "id_number")
    for match in _TWELVE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        cued = any(word in text[max(0, match.start() - 20) : match.start()] for word in ("マイナンバー", "個人番号"))
        yield Span(*match.span(), "my_number" if cued or is_my_number(digits) else "id_number")


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        if _mostly_digits(text, match):
            yield Span(*match.span(), "phone")
    for match in _ABROAD.finditer(text):
        yield Span(*match.span(), "phone")
    for match in _LOCAL.finditer(text):
        if not _years(match[0]):
            yield Span(*match.span(), "phone")


def _mostly_digits(text: str, match: re.Match[str]) -> bool:
    if not re.search("[OolI]", match[0]):
        return True
    around = text[max(0, match.start() - 1) : match.start()] + text[match.end() : match.end() + 1]
    return len(re.findall(r"\d", match[0])) >= _MISREAD_SHARE and not re.search("[A-Za-z]", around)


def _has_phone_digits(written: str) -> bool:
    return len(re.findall(r"\d", written)) in {10, 11}


def _years(written: str) -> bool:
    """Whether two groups of four digits are a span of years, such as 2024-2025."""
    return all(year.startswith(("19", "20")) for year in re.findall(r"\d{4}", written))


def _postal_codes(text: str) -> Iterator[Span]:
    return (Span(*match.span(), "postal_code") for match in _POSTAL.finditer(text))


def _numbers(text: str) -> Iterator[Span]:
    """Numbers that a word announces, and short ones of a shape of their own."""
    if "内線" in text:
        yield from (Span(*match.span(), "phone") for match in _EXTENSION.finditer(text))
    if "〒" in text:
        yield from (Span(*match.span(), "postal_code") for match in _KANJI_POSTAL.finditer(text))
    yield from (Span(*match.span(), "phone") for match in _KANJI_PHONE.finditer(text))
    yield from (Span(*match.span(), "phone") for match in _ODD_PHONE.finditer(text) if _has_phone_digits(match[0]))
    yield from (Span(*match.span(), "id_number") for match in _KANJI_LONG.finditer(text))
    yield from (Span(*match.span(1), "id_number") for match in _CUED.finditer(text))
    yield from (Span(*match.span(), "id_number") for match in _RESIDENCE_CARD.finditer(text))
    yield from (Span(*match.span(), "id_number") for match in _SMALL_PLATE.finditer(text))
    for match in _PLATE.finditer(text):
        office = _PLATE_OFFICE.search(text, max(0, match.start() - 6), match.start())
        yield Span(office.start() if office else match.start(), match.end(), "id_number")


def _long_numbers(text: str) -> Iterator[Span]:
    """The net under all rules: nine digits in a row that are no date and no amount."""
    for match in _LONG.finditer(text):
        if not _DATE_LIKE.match(match[0]):
            yield Span(*match.span(), "id_number")


_DENSE_RULES: Final[tuple[Callable[[str], Iterator[Span]], ...]] = (_cards, _phones, _postal_codes, _long_numbers)
