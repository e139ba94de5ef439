"""Fields by the ward's duties, and words that enough letters share."""

import pytest

from tayori.opinions.themes import theme_rules
from tayori.opinions.words import counted, theme_words
from tests.opinions.builders import fact


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("保育園の待機児童が多く、認可保育園に入れません。", "子育て・保育"),
        ("粗大ごみの収集が遅く、集積所が汚れています。", "ごみ・リサイクル"),
        ("駅前の放置自転車を撤去して駐輪場を作ってください。", "自転車"),
        ("遊具が壊れた公園の砂場を直してください。", "公園・みどり"),
        ("避難所の備蓄と防災無線について。", "防災"),
        ("路上喫煙と吸い殻のポイ捨てがひどい。", "喫煙・路上の迷惑"),
    ],
)
def test_a_letter_gets_the_field_its_words_speak_for(text: str, field: str) -> None:
    """The words of the ward's duties decide."""
    assert fact(text).theme == field


@pytest.mark.parametrize(
    "text", ["", "いつもありがとうございます。", "保育園と図書館と公園と防災について。", "Thank you."]
)
def test_a_letter_without_a_clear_field_waits_for_a_person(text: str) -> None:
    """No word, or several fields alike: 分類保留, never a guess."""
    assert fact(text).theme == theme_rules().undecided


def test_words_come_from_outside_the_masks() -> None:
    """A resident's name, address or number is never a theme word, masks neither."""
    found = fact("氏名：杉並 太郎\n百人町1-20-3の野良猫に困っています。［電話番号］")
    assert found.terms == ("野良猫",)


def test_stored_copies_give_the_same_words_as_the_letter() -> None:
    """A report made later from masked copies says what one made at once would say."""
    found = fact("田中さんの隣の公園の遊具が壊れ、野良猫が集まっています。")
    assert fact(found.masked_text).terms == found.terms


@pytest.mark.parametrize(
    "text",
    [
        "新宿区役所御中、担当課御中、関係者各位、区長様",
        "盛夏の候、ますますご清栄のこととお慶び申し上げます。いつもお世話になっております。",
        "残暑お見舞い申し上げます。お忙しいところ恐縮ですが、どうぞご自愛ください。追伸",
        "八十、二十年、三回、十二、Ⅷ、四十五分、３００人",
    ],
)
def test_greetings_addressees_and_numbers_are_no_words(text: str) -> None:
    """Every letter has them, in whatever script; a label made of them says nothing."""
    assert not fact(text).terms


def test_a_number_within_a_word_is_a_word() -> None:
    """What is counted may be the matter itself."""
    assert fact("一人暮らしで、第三者の二人乗りが困ります。").terms == ("一人暮らし", "二人乗り", "第三者")


def test_a_word_needs_k_different_letters() -> None:
    """One letter that repeats a word, or k-1 letters that share it, do not make a theme word."""
    letters = [(f"k{at % 9}", "動物", ["野良猫", "餌"]) for at in range(40)]
    letters += [(f"k{at}", "動物", ["鳩"]) for at in range(10)]
    assert [entry.words for entry in theme_words(counted(letters), k=10)] == [("鳩",)]


def test_the_same_letters_give_the_same_words_in_any_order() -> None:
    """Ties fall in the order of code points, not of arrival."""
    letters = [(f"k{at}", theme, ["甲", "乙", f"語{at % 3}"]) for at in range(30) for theme in ("動物", "防災")]
    assert theme_words(counted(letters), k=5) == theme_words(counted(letters[::-1]), k=5)
