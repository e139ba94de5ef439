"""Attacks on masking: what a person writes so that they read it and a rule does not."""

import re

import pytest

from tests.opinions.builders import masked

INVISIBLE = "\u00ad\u034f\u061c\u115f\u180e\u200b\u2060\u2066\u2069\u206a\u2800\u3164\ufe0f\ufeff\uffa0\U000e0020"
PHONES = (
    "0\ufe0f\u20e39\ufe0f\u20e30\ufe0f\u20e31\u20e32\u20e33\u20e34\u20e35\u20e36\u20e37\u20e38\u20e3",
    "⓪⑨⓪①②③④⑤⑥⑦⑧",
    "⓿❾⓿❶❷❸❹❺❻❼❽",
    "٠٩٠١٢٣٤٥٦٧٨",
    "०९०-१२३४-५६७८",
    "090-1234-\n5678",
    "090-12\n34-5678",
    "090-1234-\r\n5678",
    "○九○ー一二三四ー五六七八",
    "◯九◯一二三四五六七八",
    "０九０ー1234ー五六七八",
    "090〜1234〜5678",
    "090/1234/5678",
    "090,1234,5678",
    "090_1234_5678",
    "090=1234=5678",
    "090:1234:5678",
    "090˗1234˗5678",
    "090➖1234➖5678",
)
MAILS = (
    "taro.yamada@\nexample.com",
    "山田太郎＠例え.jp",
    "taro.yamada@example dot com",
    "taro.yamada @ example . com",
    "taro.yamadaアットマークexample.com",
    "taro.yamada★example.com",
    "taro.yamada(a)example.com",
    '"taro yamada"@example.com',
    "taro.yamada@example。com",
)
ADDRESSES = (
    "西新宿2〜8〜1",
    "西新宿2,8,1",
    "西新宿2・8・1",
    "西新宿2/8/1",
    "西新宿弐丁目八番壱号",
)
NUMBERS = (
    "マイナンバーは123456\n789012",
    "マイナンバーは一二三四五六七八九〇一二",
    "〒160の0022",
    "〒160-\n0022",
    "https://x.com/taro_yamada88",
)
NAMES = (
    ("区長様\nごみの件です。\nYamada Taro", "Taro"),
    ("意見です。\n\nTARO YAMADA\n", "YAMADA"),
    ("Yamada Taroと申します。ごみの件です。", "Yamada"),
    ("山 田 太 郎 と申します。ごみの件です。", "山"),
)


@pytest.mark.parametrize("written", PHONES)
def test_a_telephone_number_is_read_as_people_read_it(written: str) -> None:
    """Other scripts' digits, circles, keycaps, kanji, odd marks and broken lines hide no number."""
    left = masked(f"電話は{written}です")
    assert left == "電話は［電話番号］です"


@pytest.mark.parametrize("mark", INVISIBLE)
def test_what_takes_no_room_hides_nothing(mark: str) -> None:
    """A character that nobody sees may stand within a number and within a name."""
    assert masked(f"電話は090-12{mark}34-56{mark}78です") == "電話は［電話番号］です"
    assert "太" not in masked(f"山{mark}田太{mark}郎と申します。ごみの件です。")


@pytest.mark.parametrize("written", MAILS)
def test_a_mail_address_is_found_in_disguise(written: str) -> None:
    """Whoever writes an address so that machines do not collect it does not give it to analysis either."""
    assert masked(f"連絡は {written} まで") == "連絡は ［メールアドレス］ まで"


@pytest.mark.parametrize("written", ADDRESSES)
def test_a_house_number_is_found_between_odd_marks(written: str) -> None:
    """Behind a town of the ward, three numbers with one mark between them are somebody's door."""
    assert masked(f"{written}に住む者です") == "［住所］に住む者です"


@pytest.mark.parametrize("written", NUMBERS)
def test_numbers_and_accounts_of_one_person_are_found(written: str) -> None:
    """No digit of an Individual Number or postal code, and no name of an account is left."""
    assert not re.search(r"\d|[一二三四五六七八九]{3}|taro", masked(f"{written} の件です"))


@pytest.mark.parametrize(("letter", "name"), NAMES)
def test_names_in_letters_of_another_script_or_apart(letter: str, name: str) -> None:
    """A signature in Roman letters and a name with gaps are names."""
    assert name not in masked(letter)


def test_a_date_of_birth_with_its_particle() -> None:
    """「…日に生まれた」 is a date of birth like any other."""
    assert "5月3日" not in masked("平成元年5月3日に生まれた娘がいます")


@pytest.mark.parametrize(
    "text",
    [
        "西新宿1〜3丁目の公園",
        "開館は9:00〜17:00です",
        "2026/10/01に届きました",
        "歌舞伎町10〜20人ほど",
        "Thank you\nShinjuku City",
        "1.公園\n2.道路\n3.学校",
        "百二十三件、一二三の順",
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    """Hours, ranges, lists and dates are no numbers of a person."""
    assert "［" not in masked(text)
