"""Every kind of message: what is approved is what is sent, by our rules, the sandbox's, the SDK's and LINE's own."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.line.messages import faults_in
from sandbox.line.serve import RunningPlatform
from sandbox.line.spec import load_spec, spec_folder
from tayori.broadcast import control, desk, freeze, standing, writing
from tayori.domain.identifiers import BroadcastId
from tayori.domain.messages import message_bytes, read_messages
from tayori.domain.pictures import image_hashes
from tayori.domain.standing import Kind
from tayori.domain.states import BroadcastState
from tayori.errors import NotFound, Refused, Tampered
from tayori.line.client import LineClient, content_of
from tayori.office import Office
from tayori.warehouse import broadcasts, pictures
from tayori.warehouse.engines import reading
from tayori.warehouse.engines import writing as writing_in
from tests.broadcast.builders import EVERYONE, GENRE_NAME, ME, Staff, residents, staff
from tests.broadcast.kinds import DAILY, signed
from tests.broadcast.rig import assert_once_each, send
from tests.broadcast.test_spec import exchanges
from tests.support.wording import DAY, EASY, EVERY_KIND, FLYER, IMAGE, NOTICE, TEXT, a_picture, material


def a_writing(office: Office, *messages: dict[str, Any], colour: str = "teal") -> desk.Writing:
    now = office.now()
    window = (now - timedelta(hours=1), now + timedelta(hours=24))
    return desk.written(GENRE_NAME, EVERYONE, list(messages), *window, material(a_picture(colour)))


def submitted(office: Office, who: Staff, *messages: dict[str, Any], colour: str = "teal") -> BroadcastId:
    broadcast_id = desk.draft(office, who.writer, a_writing(office, *messages, colour=colour))
    desk.submit(office, who.writer, broadcast_id, desk.review(office, broadcast_id))
    return broadcast_id


def approved(office: Office, who: Staff, *messages: dict[str, Any]) -> BroadcastId:
    broadcast_id = submitted(office, who, *messages)
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    return broadcast_id


def served(office: Office) -> set[str]:
    folder = office.media_folder
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.mark.parametrize("message", EVERY_KIND, ids=lambda one: one.get("template", one["type"]))
def test_the_sdk_writes_what_was_approved(message: dict[str, Any]) -> None:
    """Every kind comes out of the SDK's models as it went in, value by value."""
    stored = message_bytes(read_messages([message], material()))
    content = content_of(stored, "r1")
    assert [model.to_dict() for model in content.models] == json.loads(stored) == content.messages


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"7",
        b'[{"type":"text"}]',
        b'[{"type":"hologram"}]',
        b'[{"type":"text","text":"x","mood":"glad"}]',
        b'[{"type":"flex","altText":"x","contents":{"type":"bubble","hero":{"type":"image","url":"https://a.example/"}}}]',
        b'[{"type":"flex","altText":"x","contents":{"type":"sphere"}}]',
    ],
)
def test_what_the_sdk_would_change_is_not_sent(stored: bytes) -> None:
    """A field that the SDK drops or adds (`animated`), or what it does not know: refused, nothing goes out."""
    with pytest.raises(Refused, match="as they were approved"):
        content_of(stored, "r1")


@pytest.mark.parametrize("message", EVERY_KIND, ids=lambda one: one.get("template", one["type"]))
def test_the_sandbox_takes_what_we_take(message: dict[str, Any]) -> None:
    """What our rules let through, the platform's own checks let through."""
    assert list(faults_in(list(read_messages([message], material())))) == []


@pytest.fixture
def who(office: Office) -> Staff:
    """Give a writer, an approver, and twelve residents."""
    residents(office, 12)
    return staff(office)


@pytest.fixture
def two(sqlite_office: Office) -> Staff:
    """Give the same where the store does not matter."""
    residents(sqlite_office, 12)
    return staff(sqlite_office)


def test_five_messages_of_every_kind_arrive_as_they_were_approved(
    office: Office, who: Staff, platform: RunningPlatform
) -> None:
    """Draft, two signatures, sent once to each: LINE got the very messages that were signed, pictures included."""
    platform.control.ask("keep", most=10)
    broadcast_id = approved(office, who, *EVERY_KIND)
    seen = desk.review(office, broadcast_id)
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, 12)
    (exchange,) = [one for one in exchanges(platform) if one.path.endswith("/message/multicast")]
    assert json.loads(exchange.body)["messages"] == json.loads(seen.messages)
    assert len(seen.proposal.image_hashes) == 2
    assert {name.partition(".")[0] for name in served(office)} == set(seen.proposal.image_hashes)


@pytest.mark.spec
def test_every_kind_is_valid_by_lines_specification(
    sqlite_office: Office, two: Staff, platform: RunningPlatform
) -> None:
    """LINE's own file, discriminators enforced, takes the multicast and the validation of every kind."""
    folder = spec_folder()
    if folder is None:
        pytest.skip("LINE's OpenAPI files are not here; LINE_OPENAPI names their folder")
    platform.control.ask("keep", most=10)
    broadcast_id = approved(sqlite_office, two, *EVERY_KIND)
    send(sqlite_office, platform, broadcast_id)
    client = LineClient(platform.base_url, platform.account.access_token)
    assert client.faults_in(content_of(desk.review(sqlite_office, broadcast_id).messages, "r1")) == ()
    seen = [one for one in exchanges(platform) if "multicast" in one.path]
    assert len(seen) == 2
    for exchange in seen:
        load_spec(folder).check(exchange)


def test_a_picture_goes_to_the_door_with_the_submission_and_not_before(sqlite_office: Office, two: Staff) -> None:
    """A draft's picture is nowhere to be fetched; a submitted one's is, readable by the door alone of all our files."""
    broadcast_id = desk.draft(sqlite_office, two.writer, a_writing(sqlite_office, IMAGE))
    assert served(sqlite_office) == set()
    desk.submit(sqlite_office, two.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    picture = a_picture()
    assert served(sqlite_office) == {picture.name, picture.preview_name}
    assert (sqlite_office.media_folder / picture.name).read_bytes() == picture.content
    assert (sqlite_office.media_folder / picture.name).stat().st_mode & 0o777 == 0o644


def _replaced(path: Path) -> None:
    path.write_bytes(a_picture("navy").content)


def _gone(path: Path) -> None:
    path.unlink()


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere.jpg"))
    path.symlink_to(path.with_name("elsewhere.jpg"))


def _is_held(office: Office, broadcast_id: BroadcastId) -> bool:
    with pytest.raises(Tampered, match="picture"):
        freeze.start(office, broadcast_id, ME)
    with reading(office.warehouse) as connection:
        return broadcasts.find(connection, broadcast_id).state is BroadcastState.HELD


@pytest.mark.parametrize("trouble", [_replaced, _gone, _linked])
@pytest.mark.parametrize("which", ["name", "preview_name"])
def test_a_picture_cannot_change_after_the_approval(
    sqlite_office: Office, two: Staff, trouble: Callable[[Path], None], which: str
) -> None:
    """Replaced, taken away, or linked elsewhere at the door: the start is refused, the broadcast is held."""
    broadcast_id = approved(sqlite_office, two, NOTICE, IMAGE)
    trouble(sqlite_office.media_folder / getattr(a_picture(), which))
    assert _is_held(sqlite_office, broadcast_id)


def test_a_picture_cannot_change_in_the_store_either(office: Office, who: Staff) -> None:
    """What the warehouse holds under a hash has to hash to it, too."""
    broadcast_id = approved(office, who, NOTICE, IMAGE)
    with writing_in(office.warehouse) as connection:
        connection.exec_driver_sql("UPDATE picture SET content = preview")
    assert _is_held(office, broadcast_id)


def test_both_signatures_bind_the_pictures(sqlite_office: Office, two: Staff) -> None:
    """Each signed statement names the hash of every picture; a broadcast of texts names none."""
    broadcast_id = approved(sqlite_office, two, IMAGE)
    hashes = list(image_hashes(desk.review(sqlite_office, broadcast_id).messages))
    with reading(sqlite_office.warehouse) as connection:
        signed = broadcasts.signatures(connection, broadcast_id)
    assert [json.loads(one.statement)["image_sha256"] for one in signed.values()] == [hashes, hashes]
    assert desk.review(sqlite_office, submitted(sqlite_office, two, TEXT)).proposal.image_hashes == ()


def test_a_picture_that_left_the_store_cannot_be_submitted(sqlite_office: Office, two: Staff) -> None:
    """Nothing is half done: the draft stays a draft, and nothing is served."""
    broadcast_id = desk.draft(sqlite_office, two.writer, a_writing(sqlite_office, IMAGE))
    with writing_in(sqlite_office.warehouse) as connection:
        connection.exec_driver_sql("DELETE FROM picture")
    with pytest.raises(Tampered, match="hand it in again"):
        desk.submit(sqlite_office, two.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    assert desk.review(sqlite_office, broadcast_id).state is BroadcastState.DRAFT
    assert served(sqlite_office) == set()


def test_a_picture_is_taken_back_when_nobody_shows_it_any_more(sqlite_office: Office, two: Staff) -> None:
    """Written anew, a broadcast's pictures leave the door, but for those that another broadcast shows."""
    first, second = (submitted(sqlite_office, two, IMAGE) for _ in range(2))
    shown = served(sqlite_office)
    desk.alter(sqlite_office, two.writer, first, a_writing(sqlite_office, TEXT))
    assert served(sqlite_office) == shown
    desk.alter(sqlite_office, two.writer, second, a_writing(sqlite_office, IMAGE, colour="navy"))
    assert served(sqlite_office) == set()


def test_altering_keeps_every_earlier_version_readable(office: Office, who: Staff) -> None:
    """Each text is a version of its own with its writer and bytes; the broadcast carries the newest."""
    broadcast_id = desk.draft(office, who.writer, a_writing(office, TEXT))
    for message in (NOTICE, EASY):
        desk.alter(office, who.writer, broadcast_id, a_writing(office, message))
    kept = writing.kept_versions(office, broadcast_id)
    assert [one.version for one in kept] == [1, 2, 3]
    assert [one.messages for one in kept] == [
        message_bytes(read_messages([m], material())) for m in (TEXT, NOTICE, EASY)
    ]
    assert kept[-1].messages == desk.review(office, broadcast_id).messages
    assert writing.kept_version(office, broadcast_id, 2) == kept[1]
    with pytest.raises(NotFound, match="versions 1 to 3"):
        writing.kept_version(office, broadcast_id, 4)


def _no_file(name: str) -> bytes:
    raise AssertionError(name)


def test_last_years_text_is_used_again_without_its_signatures(office: Office, who: Staff) -> None:
    """The words and pictures are copied; placeholders are today's; nothing of an approval or a count comes along."""
    old = approved(office, who, NOTICE | {"body": "{{today}}"}, IMAGE)
    again = writing.written_before(office, old)
    office.clock.forward(days=365)  # type: ignore[attr-defined]  # the tests' clock
    now = office.now()
    given = replace(
        writing.material_of(office, again, _no_file), link_hosts=material().link_hosts, web_base=material().web_base
    )
    new = desk.draft(office, who.writer, desk.written(GENRE_NAME, EVERYONE, again, now, now + timedelta(1), given))
    seen = desk.review(office, new)
    assert seen.state is BroadcastState.DRAFT
    assert f"{DAY.year + 1}年" not in desk.review(office, old).messages.decode()
    assert seen.proposal.image_hashes == desk.review(office, old).proposal.image_hashes
    assert f"{office.today().year}年{office.today().month}月" in seen.messages.decode()
    with reading(office.warehouse) as connection:
        assert broadcasts.signatures(connection, new) == {}
        assert broadcasts.find(connection, new).approved_count is None


def test_a_stored_picture_is_found_by_its_whole_name_alone(office: Office, who: Staff) -> None:
    """A preview's name, another ending, or anything else is no picture that a writer can name."""
    desk.draft(office, who.writer, a_writing(office, IMAGE))
    picture = a_picture()
    with reading(office.warehouse) as connection:
        assert pictures.find(connection, picture.name) == picture
        for name in (picture.preview_name, picture.name.replace(".jpg", ".png"), FLYER, "../" + picture.name):
            with pytest.raises(NotFound, match="not in the store"):
                pictures.find(connection, name)


def test_pictures_of_what_was_called_off_unsent_leave_the_door(office: Office) -> None:
    """Cancelled before it started, its pictures go, unless another one shows them; what went out is shown for good."""
    residents(office, 20)
    who = staff(office)
    gone, same, begun = (submitted(office, who, IMAGE, colour=colour) for colour in ("teal", "teal", "red"))
    assert served(office) == names_of("teal", "red")
    control.cancel(office, who.approver, gone, "試験")
    assert served(office) == names_of("teal", "red")
    control.cancel(office, who.approver, same, "試験")
    assert served(office) == names_of("red")
    desk.approve(office, who.approver, begun, desk.review(office, begun))
    freeze.start(office, begun, ME)
    control.cancel(office, who.approver, begun, "試験")
    assert served(office) == names_of("red")


def test_a_plans_picture_stays_at_the_door_until_the_plan_is_called_off(office: Office) -> None:
    """A broadcast with the same picture comes and goes; the plan goes on showing it."""
    residents(office, 20)
    who = staff(office)
    plan = standing.draft_plan(office, who.writer, a_writing(office, IMAGE), {"rule": DAILY})
    signed(office, who, plan, Kind.PLAN)
    control.cancel(office, who.approver, submitted(office, who, IMAGE), "試験")
    assert served(office) == names_of("teal")
    standing.cancel(office, who.approver, plan, "試験")
    assert served(office) == set()


def names_of(*colours: str) -> set[str]:
    return {name for one in map(a_picture, colours) for name in (one.name, one.preview_name)}
