"""Reception settings on the page: shown, set, cleared, stopped, erased, and nothing of it at LINE (L1, L5, L13, P4)."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import insert

from tayori.domain.evidence import Purpose
from tayori.domain.identifiers import RunId
from tayori.domain.register import register
from tayori.domain.towns import towns
from tayori.domain.ward import ward
from tayori.ingest.own_page import SHOWN
from tayori.ingest.wishes import CAUSE
from tayori.line.login import ASKED
from tayori.retention.erase import erase_leavers
from tayori.warehouse import audit
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.broadcasts import broadcast
from tests.ingest.builders import an_event, deliver, rows, take_in
from tests.resident.browser import Browser
from tests.resident.builders import Door
from tests.support.builders import START, a_line_id
from web.resident.entering import ASKED_FOR

STORED = "SELECT birth_year, sex, area, purpose_version FROM reception_settings"
GENRES = "SELECT genre FROM genre_choice ORDER BY genre"
PAGES = ("/settings", "/me", "/me/download", "/me/download.json", "/erase", "/staff")
EVERYTHING: dict[str, Any] = {"genre": [1, 11], "area": "3", "birth_year": "1985", "sex": "1"}


def a_resident(door: Door, person: int = 1) -> Browser:
    """Give the browser of somebody who follows, is logged in, and has set everything."""
    door.follow(person)
    browser, page = door.enter(person)
    browser.submit(page.form("/settings"), **EVERYTHING)
    take_in(door.office)
    door.clock.forward(seconds=20)
    return browser


def openings(door: Door) -> list[audit.AuditRow]:
    with reading(door.office.warehouse) as connection:
        return [line for line in audit.lines(connection) if line.object == SHOWN]


def test_what_is_set_on_the_page_stands_in_the_warehouse(door: Door) -> None:
    """L1: chosen on the page, sealed in the inbox, put by the next ingest, shown as what is held."""
    door.follow(1)
    browser, page = door.enter(1)
    assert page.status == 200
    assert "選んでいません" in page.text
    done = browser.submit(page.form("/settings"), **EVERYTHING)
    assert "受け付けました" in done.text
    assert "反映しているところです" in done.text
    assert rows(door.office, STORED) == []
    take_in(door.office)
    assert rows(door.office, STORED) == [(1985, 1, 3, "2026-11")]
    assert rows(door.office, GENRES) == [(1,), (11,)]
    again = browser.get("/settings")
    assert "反映しているところです" not in again.text
    assert "1985年（昭和60年）" in again.text


def test_what_was_applied_is_no_longer_said_to_be_on_its_way(one_door: Door) -> None:
    """Real clocks tell microseconds and the warehouse keeps milliseconds; "being applied" ends all the same."""
    one_door.clock.forward(microseconds=123_456)
    browser = a_resident(one_door, 70)
    assert "反映しているところです" not in browser.get("/settings").text


def test_everything_is_voluntary(door: Door) -> None:
    """L1: a form with nothing chosen is taken like any other, and stores nothing but the confirmation."""
    door.follow(1)
    browser, page = door.enter(1)
    form = page.form("/settings")
    assert [name for name, value in form.fields if value] == ["token"]
    assert "受け付けました" in browser.submit(form).text
    take_in(door.office)
    assert rows(door.office, STORED) == [(None, None, None, "2026-11")]
    assert rows(door.office, GENRES) == []


@pytest.mark.parametrize(
    ("item", "stored", "genres"),
    [
        ("birth_year", (None, 1, 3), 2),
        ("sex", (1985, None, 3), 2),
        ("area", (1985, 1, None), 2),
        ("genres", (1985, 1, 3), 0),
    ],
)
def test_each_item_is_cleared_in_one_tap(door: Door, item: str, stored: tuple[object, ...], genres: int) -> None:
    """L1: clearing is as easy as setting, and leaves the rest as it is."""
    browser = a_resident(door)
    done = browser.submit(browser.get("/settings").form("/settings/clear", item=item))
    assert "消しました" in done.text
    take_in(door.office)
    assert rows(door.office, "SELECT birth_year, sex, area FROM reception_settings") == [stored]
    assert len(rows(door.office, GENRES)) == genres


def test_two_items_cleared_before_the_ingest_are_both_gone(door: Door) -> None:
    """What was just handed in is what the next tap goes on from, whether it stands in the warehouse yet or not."""
    browser = a_resident(door)
    page = browser.submit(browser.get("/settings").form("/settings/clear", item="sex"))
    browser.submit(page.form("/settings/clear", item="area"))
    take_in(door.office)
    assert rows(door.office, "SELECT birth_year, sex, area FROM reception_settings") == [(1985, None, None)]


def test_all_is_stopped_in_one_tap(door: Door) -> None:
    """L1: every genre and every attribute goes, the friendship stays."""
    browser = a_resident(door)
    assert "すべての配信を止めました" in browser.submit(browser.get("/settings").form("/stop")).text
    take_in(door.office)
    assert rows(door.office, STORED) == [(None, None, None, "2026-11")]
    assert rows(door.office, GENRES) == []
    assert rows(door.office, "SELECT left_at FROM person") == [(None,)]


def test_to_be_erased_needs_no_blocking(door: Door) -> None:
    """The wish is kept sealed, the page says what happens when, the session forgets; the ingest marks the leaver."""
    browser = a_resident(door)
    form = browser.get("/erase").form("/erase")
    done = browser.submit(form)
    assert "消去を受け付けました" in done.text
    assert "今夜" in done.text
    assert take_in(door.office).wishes.applied == 1
    assert rows(door.office, "SELECT left_cause FROM person") == [(CAUSE,)]
    assert rows(door.office, GENRES) == []
    for again in (browser.submit(form), browser.get("/settings"), browser.get("/me")):
        assert "消去を受け付けました" in again.text
    assert take_in(door.office).rows == 0
    _, page = door.enter(1)
    assert "消去の手続き中" in page.text


def test_settings_may_come_before_the_follow_is_known(door: Door) -> None:
    """Who is not known yet is told so; what they set waits sealed, and stands as soon as the follow is there."""
    browser, page = door.enter(1)
    assert "友だち登録をまだ確認できていません" in page.text
    browser.submit(page.form("/settings"), **EVERYTHING)
    take_in(door.office)
    assert rows(door.office, "SELECT 1 FROM person") == []
    assert "1件" in browser.get("/me").text
    door.follow(1)
    assert rows(door.office, STORED) == [(1985, 1, 3, "2026-11")]
    assert "榎町" in browser.get("/settings").text


def test_who_is_erased_meanwhile_is_shown_nothing(door: Door) -> None:
    """A session outlives its person: the page holds nothing any more, and what is handed in creates nobody."""
    browser = a_resident(door)
    deliver(door.office, an_event("unfollow", 1, at=10_000_000))
    take_in(door.office)
    assert "消去の手続き中" in browser.get("/settings").text
    erase_leavers(door.office, RunId("night"), bytes(32))
    page = browser.get("/settings")
    assert "友だち登録をまだ確認できていません" in page.text
    assert "榎町" not in page.text.split("お住まいの地域")[1][:20]
    browser.submit(page.form("/settings"), **EVERYTHING)
    take_in(door.office)
    assert rows(door.office, "SELECT 1 FROM person") == []


def test_each_opening_is_a_line_of_the_log_under_a_name_that_dies(door: Door) -> None:
    """I5, P7: who opened what for which purpose, one person, named by a pseudonym; another person has another one."""
    first, before = a_resident(door), len(openings(door))
    first.get("/settings")
    first.get("/me")
    a_resident(door, 2).get("/settings")
    lines = openings(door)
    assert len(lines) > before + 2
    assert {(line.actor, line.action, line.purpose, line.count) for line in lines} == {
        ("door:resident", "open", Purpose.RECEPTION, 1)
    }
    names = {line.subject for line in lines}
    assert None not in names
    assert len(names) == 2
    assert all(a_line_id(1).encode() not in bytes(name or b"") for name in names)


def test_nobody_is_opened_without_a_session(one_door: Door) -> None:
    """The page opens exactly the one whom the token names: without it, nothing, whatever the address says."""
    one_door.follow(1)
    before = len(openings(one_door))
    browser = one_door.browser()
    for path in (
        "/settings",
        "/me",
        "/me/download",
        "/me/download.json",
        "/erase",
        "/staff",
        f"/settings?id={a_line_id(1)}",
    ):
        page = browser.get(path)
        assert page.status == 401
        assert "ログインしてください" in page.text
    assert len(openings(one_door)) == before


def test_nothing_chosen_here_reaches_line(one_door: Door) -> None:
    """L13: of a whole visit LINE sees the login's three requests, and in none of them anything that was chosen."""
    one_door.app.traffic.keep(100)
    browser = a_resident(one_door, 3)
    page = browser.get("/settings")
    browser.submit(page.form("/settings"), action="/settings/area", town="高田馬場")
    browser.submit(browser.get("/settings").form("/settings"), genre=[12, 14], town="高田馬場", birth_year="1931")
    browser.get("/me/download")
    browser.submit(browser.get("/erase").form("/erase"))
    exchanges = [one for one in one_door.app.traffic.exchanges if not one.path.startswith("/sandbox/")]
    assert {(one.method, one.path) for one in exchanges} == set(ASKED)
    sent = b"".join([one.query.encode() + one.body + repr(one.headers).encode() for one in exchanges]).decode()
    chosen = ["1985", "1931", "genre", "area", "birth", *map(quote, ("榎町", "高田馬場", "女性", "子育て", "中文"))]
    assert [word for word in chosen if word in sent] == []
    one_door.app.traffic.keep(0)


def test_a_town_leads_to_its_area_and_is_kept_nowhere(door: Door) -> None:
    """L5: the look-up changes the form and stores nothing; what is saved is the area."""
    door.follow(1)
    browser, page = door.enter(1)
    found = browser.submit(
        page.form("/settings"), action="/settings/area", town="高田馬場", genre=[5], birth_year="1990"
    )
    assert "地域は「戸塚」です" in found.text
    form = found.form("/settings")
    assert (form.value("area"), form.value("birth_year"), form.value("genre")) == ("6", "1990", "5")
    assert take_in(door.office).rows == 0
    browser.submit(form)
    take_in(door.office)
    assert rows(door.office, STORED) == [(1990, None, 6, "2026-11")]
    (session,) = door.context.sessions._sessions.values()  # noqa: SLF001 - nowhere means here too
    assert "高田馬場" not in repr(vars(session))
    assert "高田馬場" not in found.url


def test_a_town_that_is_not_named_changes_nothing(one_door: Door) -> None:
    """Without a town, or with one that is not on the list, the page says so and keeps what was chosen."""
    browser, page = one_door.enter(1)
    for town in ("", "千代田"):
        told = browser.submit(page.form("/settings"), action="/settings/area", town=town, sex="2")
        assert "町名が選ばれていません" in told.text
        assert told.form("/settings").value("sex") == "2"


def test_the_list_of_towns_is_of_areas_that_the_ward_has() -> None:
    """Every town lies in one area of the ward, stands in one row, and nobody has to live in one."""
    listed = [town for _, named in towns().rows for town in named]
    assert sorted(listed) == sorted(towns().area_of)
    assert set(towns().area_of.values()) <= set(ward().areas)


def held_texts(browser: Browser) -> list[str]:
    """Give what is held, on each of the three ways to see it."""
    download = browser.click("/me/download")
    data = browser.click("/me/download.json")
    assert download.headers["content-disposition"].startswith("attachment")
    assert json.loads(data.content)["生年"] == 1985
    return [browser.click("/me").text, download.content.decode("utf-8-sig"), data.content.decode()]


def test_what_the_ward_holds_is_shown_whole(door: Door) -> None:
    """Every item that is stored of the person is there, on the page and in both files; it is no request by law."""
    browser = a_resident(door)
    for text in held_texts(browser):
        for held in (a_line_id(1), "1985", "女性", "榎町", "子育て", "緊急", "2026-11"):
            assert held in text
        assert "開示請求の手続きではありません" in text


def test_a_download_is_not_served_to_another_site(one_door: Door) -> None:
    """A page elsewhere cannot fetch the file by the browser's cookie."""
    browser = a_resident(one_door)
    for site in ("cross-site", "same-site"):
        assert browser.get("/me/download", headers={"sec-fetch-site": site}).status == 403
        assert browser.get("/me/download.json", headers={"sec-fetch-site": site}).status == 403


def test_the_purpose_and_every_item_are_shown_first(one_door: Door) -> None:
    """P3, P4: the start page shows each item with purpose and period, and the form asks for nothing else."""
    start = one_door.browser().get("/")
    for item in register().items:
        if item.item in ASKED_FOR:
            assert item.term in start.text
            assert item.kept in start.text
    assert "選択しない" not in start.text
    _, page = one_door.enter(1)
    inputs = [given for tag, given in page.reader.tags if tag in {"input", "select", "button", "textarea"}]
    asked = {given["name"] for given in inputs if "name" in given}
    assert asked == {"token", "genre", "area", "town", "birth_year", "sex", "item"}


def test_a_wording_that_changed_meanwhile_is_confirmed_before_anything_is_taken(one_door: Door) -> None:
    """P4: a session that confirmed an older wording hands nothing in."""
    browser, page = one_door.enter(1)
    (session,) = one_door.context.sessions._sessions.values()  # noqa: SLF001 - as if it had begun under an older one
    session.purpose_version = "2025-01"
    told = browser.submit(page.form("/settings"), genre=[1])
    assert told.status == 409
    assert "利用目的の文が新しくなりました" in told.text


def test_a_form_sent_twice_counts_once(door: Door) -> None:
    """A double tap hands in one submission; the second answer says that the first was taken."""
    door.follow(1)
    browser, page = door.enter(1)
    first = browser.submit(page.form("/settings"), genre=[1])
    second = browser.submit(page.form("/settings"), genre=[1])
    assert "受け付けました" in first.text
    assert (second.status, "すでに送られています" in second.text) == (409, True)
    assert take_in(door.office).receptions.received == 1


def test_how_many_messages_a_choice_means(door: Door) -> None:
    """The page tells from the last three months how many a month a genre had, and the whole choice; drafts never."""
    now = door.clock()
    sent: list[tuple[int, str, datetime | None]] = [(1, "sent", now - timedelta(days=day)) for day in range(12)]
    sent += [(5, "sent", now - timedelta(days=80)) for _ in range(6)]
    sent += [(1, "sent", now - timedelta(days=91)), (1, "draft", None), (7, "cancelled", now)]
    add_broadcasts(door, sent)
    browser = a_resident(door)
    told = browser.submit(browser.get("/settings").form("/settings"), genre=[1, 5])
    assert "多くて1か月に6通ほど" in told.text
    assert "1か月に4通ほど" in told.text
    assert "1か月に2通ほど" in told.text


def add_broadcasts(door: Door, sent: list[tuple[int, str, datetime | None]]) -> None:
    """Put broadcasts that were made into the warehouse: genre, state, end."""
    same = {"segment": "{}", "messages": b"[]", "content_hash": "0", "unit": "u", "drafted_by": "hanako"}
    moments = {"not_before": START, "not_after": START, "created_at": START}
    with writing(door.office.warehouse) as connection:
        for number, (genre, state, ended_at) in enumerate(sent):
            own = {"broadcast_id": f"b-{number}", "genre": genre, "state": state, "ended_at": ended_at}
            connection.execute(insert(broadcast).values(**own, **same, **moments))


def test_who_was_erased_may_come_back_in_the_same_browser(one_door: Door) -> None:
    """L1: the page of farewell is no dead end; the way in shows the purpose again, as to anybody."""
    browser = a_resident(one_door, 71)
    browser.submit(browser.click("/erase").form("/erase"))
    assert "利用目的" in browser.get("/").text
    _, page = one_door.enter(71, browser)
    assert (page.status, page.url.endswith("/settings")) == (200, True)
    assert page.form("/settings")
