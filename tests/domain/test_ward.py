"""The ward's lists and the register: the closed world of what may be stored (L5, O4, I1)."""

from tayori.domain.register import register
from tayori.domain.ward import ward


def test_the_register_holds_the_papers_items_and_no_other() -> None:
    """The collected items are exactly those of the two papers; name and icon of the profile are off."""
    line = {item.term for item in register().collected("L")}
    assert line == {"LINEID", "生年", "性別", "居住地域", "配信を希望する情報ジャンル", "アンケートの回答"}
    letters = {item.term for item in register().collected("O")}
    assert letters == {
        "氏名",
        "郵便番号",
        "住所",
        "電話番号",
        "メールアドレス",
        "FAX番号",
        "意見等の内容",
        "回答内容",
    }


def test_an_item_stands_in_the_register_once() -> None:
    """No item is entered twice."""
    names = [item.item for item in register().items]
    assert len(names) == len(set(names))


def test_the_areas_are_the_ten_offices_and_outside() -> None:
    """Areas are the districts of the ward's ten 特別出張所, and 区外."""
    assert len(ward().areas) == 11
    assert ward().areas[11] == "区外"


def test_a_genre_is_found_by_term_or_number() -> None:
    """A genre may be named by its term or its number, and an unknown one is not found."""
    assert ward().genre_code("子育て") == ward().genre_code("1") == 1
    assert ward().genre_code("競馬") is None
