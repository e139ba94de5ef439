"""やさしい日本語: a writer is warned of kanji without a reading and of long sentences; nothing is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.domain.plain_japanese import LONGEST_SENTENCE, warnings_of


@pytest.mark.parametrize(
    "text",
    [
        "避難所（ひなんじょ）に いきます。",
        "避難所(ひなんじょ)に いきます。",
        "ごはんを 食べる（たべる）。",
        "コンビニ（こんびに）は あいています。",
        "12月（がつ）1日（ついたち）",
        "ひらがなだけの ぶんです。",
        "",
    ],
)
def test_an_easy_text_gives_no_warning(text: str) -> None:
    """Every kanji with its reading behind it, short sentences."""
    assert warnings_of(text) == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("避難所に いきます。", "避難所"),
        ("避難所（ひなんじょ）と 学校です。", "学校"),
        ("学校（school）です。", "学校"),
        ("区役所（くやくしょ）の前です。", "前"),
        ("佐々木さん", "佐々木"),
    ],
)
def test_kanji_without_a_reading_are_named(text: str, word: str) -> None:
    """The warning names the word, once, however often it stands there."""
    told = warnings_of(text + text)
    assert len(told) == 1
    assert f"「{word}」に読み方がありません" in told[0]


@given(st.integers(1, 80), st.integers(0, 3))
def test_a_sentence_has_its_border(length: int, before: int) -> None:
    """40 letters pass, 41 do not; readings are not counted, and each sentence counts for itself."""
    sentence = "あ" * (length - 1) + "。"
    told = warnings_of("みじかい。" * before + "本（ほん）\n" + sentence)
    assert len(told) == (length > LONGEST_SENTENCE)
    assert warnings_of(sentence, longest=length) == ()
