"""A member of staff shows which follower they are, by a code that their terminal gave them."""

import pytest

from tayori.broadcast import linking
from tayori.ingest.wishes import CODE_REFUSED
from tayori.vault.roster import Credential
from tayori.warehouse import staff_links
from tayori.warehouse.engines import reading
from tests.broadcast.builders import handler
from tests.ingest.builders import followers, take_in
from tests.resident.builders import Door


def test_a_member_of_staff_shows_who_they_are_by_a_code(door: Door) -> None:
    """The code goes sealed like everything else; the ingest redeems it, once, for whom LINE's token named."""
    hanako = handler(door.office, "hanako", "responsible")
    door.follow(1)
    browser, _ = door.enter(1)
    page = browser.get("/staff")
    told = browser.submit(page.form("/staff"), code=linking.offer_link(door.office, hanako).lower())
    assert "符号を受け付けました" in told.text
    assert linked(door, hanako) == []
    assert take_in(door.office).wishes.applied == 1
    assert linked(door, hanako) == list(followers(door.office).values())
    assert "登録されています" in browser.get("/me").text
    assert "登録しました" in browser.get("/staff").text
    assert "登録しました" not in browser.get("/staff").text


def test_a_wrong_code_is_told(door: Door) -> None:
    """Whether it was right shows by the link alone: a minute later the page says that there is none, or no new one."""
    hanako = handler(door.office, "hanako", "responsible")
    door.follow(1)
    browser, _ = door.enter(1)
    for linked_before in (False, True):
        if linked_before:
            browser.submit(browser.get("/staff").form("/staff"), code=linking.offer_link(door.office, hanako))
            take_in(door.office)
            assert "登録しました" in browser.get("/staff").text
        door.clock.forward(seconds=1)
        told = browser.submit(browser.get("/staff").form("/staff"), code="AAAAAAAA")
        assert "符号を受け付けました" in told.text
        take_in(door.office)
        door.clock.forward(minutes=2)
        assert "登録できていません" in browser.get("/staff").text


@pytest.mark.parametrize("code", ["", "短い", "AB-CD", "A" * 17])
def test_what_is_no_code_goes_no_further(one_door: Door, code: str) -> None:
    """A code of another form is told at once, and nothing is handed in."""
    browser, _ = one_door.enter(1)
    assert "符号の形が違います" in browser.submit(browser.get("/staff").form("/staff"), code=code).text
    assert take_in(one_door.office).rows == 0


def test_codes_cannot_be_guessed(one_door: Door) -> None:
    """Five tries in five minutes, and each wrong one is refused and counted at the ingest."""
    browser, _ = one_door.enter(1)
    statuses = [browser.submit(browser.get("/staff").form("/staff"), code=f"AAAAAAA{n}").status for n in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert take_in(one_door.office).wishes.ignored == {CODE_REFUSED: 5}


def linked(door: Door, who: Credential) -> list[int]:
    with reading(door.office.warehouse) as connection:
        return list(staff_links.numbers_of(connection, [who.handler_id]).values())
