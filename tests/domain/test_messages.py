"""Messages: one to five, of kinds of ours, within LINE's limits, the same for everybody (I4, L13)."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.domain import cards, message_limits
from tayori.domain.links import QUERY_ALLOWED, link_fault, links_in
from tayori.domain.material import Material
from tayori.domain.measures import clusters, json_bytes, utf16_units
from tayori.domain.messages import message_bytes, pictures_named, read_messages, source_bytes, texts_in
from tayori.domain.pictures import image_hashes, sha256_of
from tayori.domain.wording import wording
from tayori.errors import BadInput
from tests.support.wording import DOORS, EASY, EVENTS, EVERY_KIND, FLYER, HOST, IMAGE, NOTICE, SITE, TEXT, material

MATERIAL = material()
FAMILY = "👨‍👩‍👧‍👦"  # one letter to the reader, eleven UTF-16 units
LETTERS = st.sampled_from(["a", "あ", "漢", "📣", "が", FAMILY, "e\u0301"])


def read(*messages: object) -> tuple[dict[str, Any], ...]:
    return read_messages(list(messages), MATERIAL)


def refused(*messages: object, given: Material = MATERIAL) -> str:
    with pytest.raises(BadInput) as told:
        read_messages(list(messages), given)
    return told.value.sentence


def a_text(text: object) -> dict[str, object]:
    return {"type": "text", "text": text}


@given(LETTERS, st.integers(0, 1))
def test_a_text_is_counted_in_utf16_units(letter: str, over: int) -> None:
    """5,000 units pass, 5,001 do not, whatever the letters: an emoji is two, a family eleven."""
    whole = letter * (5_000 // utf16_units(letter))
    text = whole + "x" * (5_000 - utf16_units(whole)) + "x" * over
    assert utf16_units(text) == 5_000 + over
    if over:
        assert refused(a_text(text)).startswith("Message 1, text: 5001 UTF-16 units")
    else:
        assert read(a_text(text)) == ({"type": "text", "text": text},)


@given(LETTERS, st.integers(0, 1))
def test_a_label_is_counted_in_grapheme_clusters(letter: str, over: int) -> None:
    """A button takes 40 letters as a reader counts them: 40 families pass, 41 plain letters do not."""
    label = letter * (40 + over)
    assert clusters(label) == 40 + over
    card = NOTICE | {"links": [{"label": label, "uri": SITE}]}
    if over:
        assert refused(card).startswith("Message 1, links 1, label: 41 letters")
    else:
        assert read(card)[0]["contents"]["footer"]["contents"][0]["action"]["label"] == label


@given(LETTERS, st.integers(0, 1))
def test_the_text_of_the_notification_is_counted_in_utf16_units(letter: str, over: int) -> None:
    """AltText takes 1,500 units."""
    whole = letter * (1_500 // utf16_units(letter))
    alt = whole + "x" * (1_500 - utf16_units(whole) + over)
    assert utf16_units(alt) == 1_500 + over
    if over:
        assert "1500" in refused(NOTICE | {"alt": alt})
    else:
        assert read(NOTICE | {"alt": alt})[0]["altText"] == alt


@pytest.mark.parametrize("over", [0, 1])
def test_a_link_takes_a_thousand_characters(over: int) -> None:
    """A URI of 1,000 characters passes, one of 1,001 does not."""
    uri = f"{SITE}/".ljust(1_000 + over, "a")
    card = NOTICE | {"links": [{"label": "見る", "uri": uri}]}
    assert ("1000" in refused(card)) if over else read(card)


@pytest.mark.parametrize(("template", "field"), [(n, f) for n, t in cards.TEMPLATES.items() for f in t.fields])
def test_every_field_of_a_card_has_its_border(template: str, field: str) -> None:
    """Each field takes as many letters or entries as its template says, and not one more."""
    whole = {"notice": NOTICE, "events": EVENTS, "easy": EASY}[template]
    rule = cards.TEMPLATES[template].fields[field]
    if rule.is_picture:
        return
    for over in (0, 1):
        entry = (whole | {"links": NOTICE["links"]}).get(field, [])
        filled: object = [entry[0]] * (rule.most + over) if rule.entries else "字" * (rule.most + over)
        card = whole | {field: filled}
        assert (str(rule.most) in refused(card)) if over else read(card)


@pytest.mark.parametrize("card", [NOTICE, EVENTS, EASY])
def test_a_card_needs_its_required_fields_and_takes_no_other(card: dict[str, Any]) -> None:
    """What a template does not know is refused; what it needs is asked for by name."""
    for name, rule in cards.TEMPLATES[card["template"]].fields.items():
        without = {key: value for key, value in card.items() if key != name}
        if rule.required:
            assert f"{name} is missing" in refused(without)
    assert "remove other fields" in refused(card | {"contents": {"type": "bubble"}})


def test_the_fullest_cards_stay_below_lines_size_or_are_refused() -> None:
    """A card of plain letters at every border stays below 30 KB; one of emoji is refused by its size."""
    full = NOTICE | {"title": "題" * 120, "body": "字" * 1_500, "date": "日" * 100, "place": "場" * 100}
    bubble = read(full)[0]["contents"]
    assert json_bytes(bubble) <= message_limits.LARGEST_BUBBLE
    assert "bytes of JSON" in refused(full | {"body": FAMILY * 1_500})


def test_the_size_of_a_card_has_its_border() -> None:
    """30 KB of JSON pass, one byte more does not."""
    made = read(NOTICE)[0]
    room = message_limits.LARGEST_BUBBLE - json_bytes(made["contents"])
    body = made["contents"]["body"]["contents"][0]
    for over in (0, 1):
        longer = json.loads(json.dumps(made))
        longer["contents"]["body"]["contents"][0]["text"] = body["text"] + "x" * (room + over)
        faults = [fault for fault in message_limits.faults_in(longer, MATERIAL) if "bytes of JSON" in fault.rule]
        assert len(faults) == over


def test_boxes_lie_only_so_deep() -> None:
    """Boxes may lie five deep in each other; a sixth is a fault at its place."""
    for depth, count in ((4, 0), (5, 1)):
        part: dict[str, Any] = {"type": "text", "text": "底"}
        for _ in range(depth):
            part = {"type": "box", "layout": "vertical", "contents": [part]}
        message = {"type": "flex", "altText": "題", "contents": {"type": "bubble", "body": part}}
        assert len(list(message_limits.faults_in(message, MATERIAL))) == count


@pytest.mark.parametrize("count", [0, 6])
def test_a_broadcast_carries_one_to_five_messages(count: int) -> None:
    """None and six are refused; five pass."""
    assert "1 to 5 messages" in refused(*[TEXT] * count)
    assert len(read(*EVERY_KIND)) == 5


@pytest.mark.parametrize(
    "uri",
    [
        "http://www.city.example.jp/",
        "https://elsewhere.example/",
        "https://www.city.example.jp.elsewhere.example/",
        "https://hana@www.city.example.jp/",
        "https://www.city.example.jp:8443/",
        "https://www.city.example.jp/防災",
        "https://[",
        "tel:0300000000",
        "javascript:alert(1)",
        f"{SITE}/?utm_source=line",
        f"{SITE}/?genre=kosodate",
        f"{SITE}/?page=2&uid=U0123",
        f"{SITE}/?page=hanako",
        f"{SITE}/?anything",
        f"{SITE}/?&",
        f"{SITE}/?page=1;uid=7",
        f"{SITE}/?page=1&openExternalBrowser=yes",
        f"{SITE}/#uid=7",
        f"{SITE}/#:~:text=kosodate",
    ],
)
def test_a_link_that_could_tell_anything_is_refused(uri: str) -> None:
    """L13: another host, another scheme, or a parameter that could carry a person or a genre; in texts too."""
    assert link_fault(uri, frozenset({HOST}))
    card = NOTICE | {"links": [{"label": "見る", "uri": uri}]}
    sentence = refused(card)
    assert sentence.startswith("Message 1, links 1, uri: ")
    assert uri not in sentence
    if uri.startswith("http") and uri.isascii():
        assert refused(a_text(f"くわしくは {uri} へ"))
        assert refused(NOTICE | {"body": f"くわしくは{uri}へ"})


@pytest.mark.parametrize("uri", [SITE, f"{SITE}/a/b.html?page=12&openExternalBrowser=1", f"{SITE}/map#hiroba-2"])
def test_a_link_to_the_wards_own_pages_passes(uri: str) -> None:
    """The ward's sites, a page number, LINE's own switch, and a place on the page."""
    assert link_fault(uri, frozenset({HOST})) is None
    assert list(links_in(f"（{uri}）を見る。")) == [uri]


def test_without_a_list_no_link_is_sent() -> None:
    """Dangerous defaults are off: where no site is set, no link passes; the sentence names the setting."""
    assert "TAYORI_LINK_HOSTS" in refused(TEXT, given=Material())
    assert set(QUERY_ALLOWED) == {"page", "openExternalBrowser"}


def test_placeholders_are_the_wards_and_filled_in_before_anyone_signs() -> None:
    """{{today}} and the ward's own words are in the bytes that are approved; no mark is left in them."""
    sent = message_bytes(read(a_text("{{today}} {{ 担当課 }}"), NOTICE)).decode()
    assert "2026年11月26日（木） 区政情報課" in sent
    assert "{{" not in sent


@pytest.mark.parametrize("text", ["{{氏名}}様", "{{生年}}", "{{today", "today}}", "{{to{{today}}day}}", "{{}}"])
def test_a_placeholder_of_a_resident_cannot_be_written(text: str) -> None:
    """I4: what is not the ward's, or is left open, is refused, in texts and in cards."""
    assert "I4" in refused(a_text(text))
    assert "I4" in refused(NOTICE | {"title": text})


@pytest.mark.parametrize(
    "message",
    [
        7,
        None,
        [],
        {},
        {"type": ["text"]},
        {"type": "flex", "altText": "x", "contents": {"type": "bubble"}},
        {"type": "sticker", "packageId": "1", "stickerId": "1"},
        TEXT | {"to": "U0"},
        TEXT | {"quickReply": {}},
        a_text(7),
        a_text(" \n"),
        a_text("\ud83d"),
        a_text("a\x00b"),
        {"type": "image", "image": "other.jpg"},
        {"type": "image", "image": [FLYER]},
        IMAGE | {"originalContentUrl": "https://elsewhere.example/a.jpg"},
        NOTICE | {"template": "raw"},
        NOTICE | {"template": ["notice"]},
        NOTICE | {"title": 12},
        NOTICE | {"image": "other.jpg"},
        NOTICE | {"links": "https://www.city.example.jp"},
        NOTICE | {"links": [SITE]},
        NOTICE | {"links": [{"label": " ", "uri": SITE}]},
        EVENTS | {"events": [{"date": "1日", "title": "会", "uid": "7"}]},
    ],
)
def test_anything_else_is_refused_by_its_message(message: object) -> None:
    """Raw flex, stickers, fields of others, wrong types: a sentence that names the message, nothing raised beside."""
    assert refused(TEXT, message).startswith("Message 2")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda some: (
            st.lists(some, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "text", "template", "image", "links", "title", "x"]),
                some | st.sampled_from(["text", "image", "card", "notice"]),
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_is_handed_in_is_read_or_refused(written: object) -> None:
    """No input ends in anything but messages or a sentence."""
    with contextlib.suppress(BadInput):
        made = read_messages(written, MATERIAL)
        assert json.loads(message_bytes(made)) == list(made)


def test_pictures_are_sent_from_our_own_door_by_their_hash() -> None:
    """An image message and a card name the picture by its bytes; the hashes are read back from the message bytes."""
    picture = MATERIAL.pictures[FLYER]
    sent = read(IMAGE, NOTICE)
    assert sent[0]["originalContentUrl"] == f"{DOORS}/media/{picture.name}"
    assert sent[0]["previewImageUrl"] == sent[1]["contents"]["hero"]["url"] == f"{DOORS}/media/{picture.preview_name}"
    both = {sha256_of(picture.content), sha256_of(picture.preview)}
    assert set(image_hashes(message_bytes(sent))) == both
    assert image_hashes(message_bytes(read(TEXT))) == ()
    assert image_hashes(b"\xff broken [") == ()


def test_a_picture_needs_a_door_that_line_can_reach() -> None:
    """LINE fetches over https only: a rehearsal on plain http is told so before anybody signs."""
    plain = Material(MATERIAL.link_hosts, "http://127.0.0.1:8080", MATERIAL.placeholders, MATERIAL.pictures)
    assert "TAYORI_WEB_BASE_URL" in refused(IMAGE, given=plain)


def test_a_picture_that_line_does_not_draw_in_a_card_is_refused() -> None:
    """More than three times as high as wide."""
    high = MATERIAL.pictures[FLYER]
    for height, count in ((3 * high.width, 0), (3 * high.width + 1, 1)):
        shown = type(high)(high.content, "jpg", high.width, height, high.preview)
        given = Material(MATERIAL.link_hosts, DOORS, MATERIAL.placeholders, {FLYER: shown})
        assert ("as high as wide" in refused(NOTICE, given=given)) if count else read_messages([NOTICE], given)


def test_the_writers_words_are_kept_to_be_used_again() -> None:
    """The source keeps placeholders open and names pictures by the store, so that next year's text is next year's."""
    source = json.loads(source_bytes([NOTICE, TEXT], MATERIAL))
    assert source[0]["contact"] == "{{担当課}} {{電話}}"
    assert source[0]["image"] == MATERIAL.pictures[FLYER].name
    assert pictures_named(source) == (MATERIAL.pictures[FLYER].name,)
    assert "くわしく見る" in texts_in(message_bytes(read(NOTICE)))


@pytest.mark.parametrize(
    "letter", ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\u2060", "\u3164"], ids=lambda one: f"{ord(one):x}"
)
def test_a_letter_that_nobody_sees_is_refused(letter: str) -> None:
    """It hides an address from every rule, or turns what is read; the sentence names the letter, not the text."""
    sentence = refused(a_text(f"防災{letter}訓練"))
    assert f"U+{ord(letter):04X}" in sentence
    assert "防災" not in sentence


@pytest.mark.parametrize("shown", ["👨\u200d👩\u200d👧", "می\u200cخواهم", "❤\ufe0f", "\u200fاهلا"])
def test_what_writing_systems_need_passes(shown: str) -> None:
    """Joined emoji, Persian's joiner, a coloured heart, the mark of a direction."""
    assert message_bytes(read(a_text(shown))).decode().count(shown) == 1


def test_words_with_unseen_letters_are_the_same_words() -> None:
    """Nobody reads a difference: the guard against repeats sees none either."""
    said = ("防災訓練", "防災\u200d\u200b訓\ufe0f練")
    one, other = (message_bytes(({"type": "text", "text": text},)) for text in said)
    assert wording(one) == wording(other)


@pytest.mark.parametrize(
    "said",
    [
        "詳しくはevil.example.comへ",
        "www.evil.jp/login",
        "Evil.JP。",
        "(evil.tokyo)",
        f"{SITE} と evil.info",
        "city.example.jp.evil.com",
    ],
)
def test_a_bare_domain_is_a_link(said: str) -> None:
    """Phones make a link of a domain without its scheme: it leads to the ward's own sites or is refused."""
    assert "TAYORI_LINK_HOSTS" in refused(a_text(said))


@pytest.mark.parametrize(
    "said",
    [f"{HOST}/bosai", "受付は9.30から", "kocho@city.example.jp", "a.name@city.example.jp", "Ver.2.0", "U.S.A.", "No.1"],
)
def test_what_is_no_domain_or_the_wards_own_passes(said: str) -> None:
    """The ward's site without its scheme, a mailbox, times, abbreviations."""
    assert message_bytes(read(a_text(said))).decode().count(said) == 1
