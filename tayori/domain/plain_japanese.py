"""やさしい日本語: what a writer is warned about. Advice, never a refusal: a name may have to stand as it is.

After the guideline of 出入国在留管理庁 and 文化庁 (在留支援のためのやさしい日本語ガイドライン, 2020): short
sentences, and every kanji with its reading behind it in parentheses, as in 避難所（ひなんじょ）.
"""

import re
from collections.abc import Iterator
from typing import Final

EASY: Final = "やさしい日本語"
LONGEST_SENTENCE: Final = 40  # letters, readings not counted
_KANJI: Final = r"[々〇〆一-鿿㐀-䶿豈-﫿]"
_READING: Final = re.compile(r"[（(][ぁ-ゖァ-ヺー・ 　]+[）)]")
_BARE: Final = re.compile(rf"{_KANJI}+(?![ぁ-ゖァ-ヺー]{{0,4}}[（(][ぁ-ゖァ-ヺー・ 　]+[）)])(?!{_KANJI})")
_SENTENCE_END: Final = re.compile(r"(?<=[。！？!?])|\n")


def warnings_of(text: str, *, longest: int = LONGEST_SENTENCE) -> tuple[str, ...]:
    """Give what would make a text hard to read, as sentences for the writer; none where it is easy."""
    return (*_unread(text), *_long(text, longest))


def _unread(text: str) -> Iterator[str]:
    """Warn of each run of kanji that no reading follows; up to four kana may stand between (食べる（たべる）)."""
    for word in dict.fromkeys(_BARE.findall(text)):
        yield f"「{word}」に読み方がありません。「{word}（よみかた）」のように書いてください。"


def _long(text: str, longest: int) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(_READING.sub("", text)):
        length = len(sentence.strip())
        if length > longest:
            yield f"「{sentence.strip()[:10]}…」の文は {length} 文字です。{longest} 文字以内に分けてください。"
