"""What goes wrong at the desk: files handed in, commands given, and what the command must answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.bad_input import troubles
from tests.bad_input.office import PHRASES, VALUE, an_event
from tests.bad_input.troubles import Trouble

BAD, REFUSED, NOT_FOUND, UNAVAILABLE, TAMPERED = 2, 3, 4, 5, 6
HEADER = (
    "受付番号,受付日,媒体,宛先,回答希望,主管部,種別,氏名,郵便番号,住所,電話番号,メールアドレス,FAX番号,"
    "意見等の内容,入力端末"
)
ROW = f"T-1,2026/10/01,メール,区長への意見,希望する,福祉部,要望,{VALUE},,,,,,{VALUE}です。街灯が暗い。,PC-01"
CSV = f"{HEADER}\n{ROW}\n"
MAPPING = "name: list\nsource: file\ncolumns:\n  受付番号: source_key\n"
TEXT = {"type": "text", "text": "お知らせ"}
DESK_LIST = "desk_list.yaml"


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong: files in the clerk's folder, the command, the exit code, part of the sentence.

    `before` rewrites rows behind everybody's back; `trouble` lasts while the command runs; `changes` names the tables
    that may change: nothing else in any store, and no key file, may.
    """

    line: str
    code: int
    says: str
    files: Mapping[str, bytes | str] = field(default_factory=dict)
    trouble: Trouble = troubles.none
    before: str = ""
    changes: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False  # run as a process of its own, too


def letters(name: str, content: bytes | str, says: str, mapping: str = DESK_LIST, **more: object) -> Case:
    """Give the case of a file of letters that is refused whole."""
    line = f"ingest opinions --file {name} --mapping {mapping}"
    return Case(line, BAD, says, {name: content}, **more)  # type: ignore[arg-type]


def mapped(mapping: bytes | str, says: str) -> Case:
    """Give the case of a mapping that is refused."""
    line = "ingest opinions --file letters.csv --mapping map.yaml"
    return Case(line, BAD, says, {"letters.csv": CSV, "map.yaml": mapping})


def events(content: bytes | str, says: str) -> Case:
    """Give the case of a file of events that is refused whole."""
    return Case("ingest events --file events.jsonl", BAD, says, {"events.jsonl": content})


def segment(content: bytes | str, says: str) -> Case:
    """Give the case of a condition that is refused."""
    return Case("segment create new --where where.yaml --as hana", BAD, says, {"where.yaml": content})


def message(content: object, says: str) -> Case:
    """Give the case of a message that is refused."""
    written = content if isinstance(content, bytes | str) else json.dumps(content, ensure_ascii=False)
    line = "broadcast draft --genre 子育て --segment women --message message.json --as hana"
    return Case(line, BAD, says, {"message.json": written})


ENCODINGS = {
    "letters in EUC-JP": letters("letters.csv", CSV.encode("euc-jp"), "neither UTF-8 nor CP932"),
    "letters in UTF-16": letters("letters.csv", CSV.encode("utf-16"), "UTF-16"),
    "letters in UTF-8, damaged": letters("letters.csv", CSV.encode()[:-60] + b"\xff\n", "UTF-8", alone=True),
    "events in CP932": events(f"{an_event(1)}{VALUE}\n".encode("cp932"), "UTF-8"),
    "a condition in CP932": segment(f"# {VALUE}\nsex: 女性\n".encode("cp932"), "UTF-8"),
    "a message in CP932": message(json.dumps(TEXT | {"text": VALUE}, ensure_ascii=False).encode("cp932"), "UTF-8"),
    "a mapping in CP932": mapped(f"# {VALUE}\n{MAPPING}".encode("cp932"), "UTF-8"),
}
EMPTY = {
    "no byte of letters": letters("letters.csv", b"", "empty", alone=True),
    "no byte of a workbook": letters("letters.xlsx", b"", "empty"),
    "no byte of JSON": letters("letters.jsonl", b"", "empty"),
    "blank lines for letters": letters("letters.csv", b"\n\n", "header"),
    "no byte of events": events(b"", "empty"),
    "blank lines for events": events(b"\n \n", "empty"),
    "letters for events": events(CSV, "no file of events"),
    "no condition": segment(b"", "empty condition"),
    "no message": message(b"", "Message 1"),
    "no messages": message([], "1 to 5 messages"),
}
TRUNCATED = {
    "letters as an array that breaks off": letters("letters.json", f'[{{"受付番号": "1", "氏名": "{VALUE}', "JSON"),
    "letters as lines that break off": letters("letters.jsonl", f'{{"受付番号": "1", "氏名": "{VALUE}', "JSON"),
    "a workbook that breaks off": letters("letters.xlsx", b"PK\x03\x04 broken", "workbook"),
    "a row that breaks off": letters("letters.csv", f'{HEADER}\nT-1,"{VALUE}', "Row 2"),
    "a message that breaks off, with its line": message('[{"type": "text",\n "text": 1', "line 2"),
    "a message that breaks off": message(f'[{{"type": "text", "text": "{VALUE}', "JSON"),
    "a condition that breaks off": segment(f"sex: [女性, {VALUE}", "YAML"),
    "a mapping that breaks off": mapped(f"name: [{VALUE}\n", "map.yaml"),
}
COLUMNS = {
    "a column that the mapping does not know": letters("letters.csv", f"{HEADER},{VALUE}\n{ROW},x\n", "Column 16"),
    "a column that is missing": letters("letters.csv", CSV.replace("受付日,", "受付,"), "受付日", alone=True),
    "a column twice": letters("letters.csv", CSV.replace("氏名", "住所"), "alike"),
    "a row with too many cells": letters("letters.csv", f"{CSV}{ROW},{VALUE}\n", "Row 3"),
    "a field that the mapping does not know": letters("letters.jsonl", f'{{"{VALUE}": "{VALUE}"}}\n', "mapping"),
    "another kind of file": letters("letters.pdf", b"%PDF-1.7", "files end in"),
    "a mapping to what is not in the register": mapped(MAPPING.replace("source_key", "birth_date"), "birth_date"),
}
MAPPINGS = {
    "no mapping": Case(
        "ingest opinions --file letters.csv", BAD, "needs its mapping", {"letters.csv": CSV}, alone=True
    ),
    "a mapping that is not there": Case(
        "ingest opinions --file letters.csv --mapping nowhere.yaml", NOT_FOUND, "nowhere.yaml", {"letters.csv": CSV}
    ),
    "a file that is not there": Case(
        "ingest opinions --file letters.csv --mapping desk_list.yaml", NOT_FOUND, "letters.csv"
    ),
    "events that are not there": Case("ingest events --file events.jsonl", NOT_FOUND, "no such file"),
    "a call centre without its mapping": Case("ingest opinions --source call_centre", UNAVAILABLE, "CALL_CENTRE"),
}
CONDITIONS = {
    "a birth month": segment("birth_year: 1980-05\n", "months and days are not collected"),
    "a birthday": segment("birth_year: {from: 1980-05-01, to: 1990}\n", "a year of birth is a number"),
    "a birth month in a list": segment("all: [{birth_year: {from: 198005, to: 198006}}]\n", "a year of birth"),
    "an attribute that nobody is asked for": segment("religion: any\n", "not a condition"),
    "a term that the ward does not have": segment(f"area: {VALUE}\n", "choose from"),
    "years that run backwards": segment("birth_year: {from: 1990, to: 1980}\n", "backwards"),
    "a condition that says one thing twice": segment("sex: 女性\nsex: 男性\n", "one name twice at line 2"),
    "not everyone": segment("not: {everyone: true}\n", "nobody"),
    "a condition that is a list": segment(f"- {VALUE}\n", "condition"),
    "a condition of a name that is taken": Case(
        "segment create women --where where.yaml --as hana",
        REFUSED,
        "choose another name",
        {"where.yaml": "sex: 女性\n"},
    ),
    "a condition without a name": Case(
        "segment create ' ' --where where.yaml --as hana", BAD, "needs a name", {"where.yaml": "sex: 女性\n"}
    ),
    "a condition that is not there": Case(
        "segment create new --where nowhere.yaml --as hana", NOT_FOUND, "nowhere.yaml"
    ),
}
MESSAGES = {
    "a message to one person": message([TEXT | {"to": VALUE}], "Message 1"),
    "six messages": message([TEXT] * 6, "1 to 5 messages"),
    "a message that is too long": message([TEXT | {"text": "長" * 5001}], "5001"),
    "a message without text": message([TEXT | {"text": " "}], "empty"),
    "a picture from elsewhere": message([{"type": "image", "originalContentUrl": VALUE}], "Message 1"),
    "a link to elsewhere": message([TEXT | {"text": f"https://elsewhere.example/{VALUE}"}], "TAYORI_LINK_HOSTS"),
    "a placeholder of a resident": message([TEXT | {"text": f"{{{{{VALUE}}}}}様"}], "I4"),
    "a card that is not the ward's": message([{"type": "card", "template": VALUE}], "template"),
    "a card with a field too many": message(
        [{"type": "card", "template": "notice", "title": VALUE, VALUE: 1}], "fields"
    ),
    "a raw flex message": message([{"type": "flex", "altText": VALUE, "contents": {}}], "Message 1"),
    "a picture in another folder": message([{"type": "image", "image": f"../{VALUE}"}], "plain file name"),
    "a picture that is not there": Case(
        "broadcast draft --genre 子育て --segment women --message m.json --as hana",
        NOT_FOUND,
        "beside the message file",
        {"m.json": json.dumps([{"type": "image", "image": "nowhere.jpg"}])},
    ),
    "a picture that is none": Case(
        "broadcast draft --genre 子育て --segment women --message m.json --as hana",
        BAD,
        "no whole JPEG or PNG",
        {"m.json": json.dumps([{"type": "image", "image": "flyer.jpg"}]), "flyer.jpg": f"GIF89a{VALUE}"},
    ),
    "neither a text nor an earlier one": Case(
        "broadcast draft --genre 子育て --segment women --as hana", BAD, "--message FILE or --from ID"
    ),
    "a genre that the ward does not have": Case(
        "broadcast draft --genre 天気 --segment women --message m.json --as hana",
        BAD,
        "genre",
        {"m.json": json.dumps(TEXT)},
    ),
    "a condition that was never stored": Case(
        "broadcast draft --genre 子育て --segment men --message m.json --as hana",
        NOT_FOUND,
        "segment",
        {"m.json": json.dumps(TEXT)},
    ),
    "a window that runs backwards": Case(
        "broadcast draft --genre 子育て --segment women --message m.json --as hana --not-before 2030-01-02T10:00"
        " --not-after 2030-01-02T09:00",
        BAD,
        "window",
        {"m.json": json.dumps(TEXT)},
    ),
    "a window that ends in the past": Case(
        "broadcast draft --genre 子育て --segment women --message m.json --as hana --not-after 2020-01-03T09:00",
        REFUSED,
        "ends in the past",
        {"m.json": json.dumps(TEXT)},
    ),
    "a window that is over": Case(
        "broadcast draft --genre 子育て --segment women --message m.json --as hana --not-before 2020-01-02T10:00"
        " --not-after 2020-01-03T09:00",
        REFUSED,
        "window",
        {"m.json": json.dumps(TEXT)},
    ),
}
HELD = frozenset({"broadcast", "audit_entry"})
BROADCASTS = {
    "a segment that matches nobody": Case("broadcast submit {nobody} --as hana", REFUSED, "matches nobody", alone=True),
    "a segment that matches everybody": Case("broadcast submit {anybody} --as hana", REFUSED, "matches everybody"),
    "a draft that is sent": Case("broadcast send {draft}", REFUSED, "only what two handlers approved", alone=True),
    "a draft that is approved": Case("broadcast approve {draft} --as ken --content {content}", REFUSED, "draft"),
    "one signature, sent": Case("broadcast send {submitted}", REFUSED, "only what two handlers approved"),
    "one handler in two roles": Case(
        "broadcast approve {submitted} --as hana --content {content}", REFUSED, "another handler", alone=True
    ),
    "a role that one does not have": Case("broadcast submit {draft} --as ken", REFUSED, "writer"),
    "another's key under one's name": Case(
        "broadcast approve {submitted} --as ken",
        REFUSED,
        "not the one in the roster",
        {"agent": f"ken {PHRASES['hana']}\n"},
        trouble=troubles.impostor,
    ),
    "a text altered after approval": Case(
        "broadcast send {approved}",
        TAMPERED,
        "held",
        before="UPDATE broadcast SET messages = x'5b5d' WHERE broadcast_id = '{approved}'",
        changes=HELD,
    ),
    "a condition altered after approval": Case(
        "broadcast send {approved}",
        TAMPERED,
        "held",
        before="UPDATE broadcast SET segment = '{{\"everyone\":true}}' WHERE broadcast_id = '{approved}'",
        changes=HELD,
        alone=True,
    ),
    "a genre altered after approval": Case(
        "broadcast send {approved}",
        TAMPERED,
        "held",
        before="UPDATE broadcast SET genre = 3 WHERE broadcast_id = '{approved}'",
        changes=HELD,
    ),
    "a window altered after approval": Case(
        "broadcast send {approved}",
        TAMPERED,
        "held",
        before="UPDATE broadcast SET not_after = '2099-01-01 00:00:00' WHERE broadcast_id = '{approved}'",
        changes=HELD,
    ),
    "a state that nobody signed": Case(
        "broadcast send {draft}",
        REFUSED,
        "not approved by two handlers",
        before="UPDATE broadcast SET state = 'approved', approved_count = 20 WHERE broadcast_id = '{draft}'",
        changes=HELD,
    ),
    "an approval of other bytes": Case(
        "broadcast approve {submitted} --as ken --content 0000000000", REFUSED, "not the one that you name"
    ),
    "a broadcast that is not there": Case("broadcast send b-0000000000000000", NOT_FOUND, "tayori broadcast list"),
    "a broadcast that is sent already": Case(
        "broadcast send {approved}",
        REFUSED,
        "already sent",
        before="UPDATE broadcast SET state = 'sent' WHERE broadcast_id = '{approved}'",
        changes=frozenset({"broadcast"}),
    ),
}
NEWCOMER = {"agent": "".join(f"{name} {phrase}\n" for name, phrase in (PHRASES | {"mio": PHRASES["ken"]}).items())}
ROSTER = {
    "a handler without a name": Case("handler add mio --name ' ' --role desk --as hana", BAD, "needs a name", NEWCOMER),
    "a handler who ends before they start": Case("handler end ken --on 2020-01-01 --as hana", BAD, "cannot lie before"),
}
PLAN: dict[str, dict[str, object]] = {
    "rule": {"at": "10:00", "from": "2100-01-01", "until": "2100-02-01", "repeat": "daily"}
}


def plan(own: object, says: str, code: int = BAD) -> Case:
    """Give the case of a plan that is refused."""
    line = "plan draft --genre 子育て --segment women --message m.json --plan plan.yaml --as hana"
    return Case(line, code, says, {"m.json": json.dumps(TEXT), "plan.yaml": json.dumps(own)})


def template(own: object, says: str) -> Case:
    """Give the case of a template that is refused."""
    line = "template draft shelter-open --file t.yaml --segment everyone --until 2100-01-01 --as hana"
    return Case(line, BAD, says, {"t.yaml": json.dumps(own, ensure_ascii=False)})


KINDS = {
    "a plan without an end": plan({"rule": PLAN["rule"] | {"until": None}}, "until"),
    "a plan over more than a year": plan({"rule": PLAN["rule"] | {"until": "2101-02-01"}}, "has to end"),
    "a plan whose end is too far away": plan(PLAN, "needs an end", REFUSED),
    "an hour without quotes": plan({"rule": PLAN["rule"] | {"at": 600}}, "in quotes"),
    "a rule with a person in it": plan({"rule": PLAN["rule"] | {"name": VALUE}}, "The rule is made of"),
    "a plan that is a list": plan([VALUE], "holds `rule`"),
    "a weekday that is none": plan({"rule": PLAN["rule"] | {"repeat": {"weekdays": [VALUE]}}}, "Weekdays"),
    "a template with a placeholder of the resident's": template(
        {"messages": [TEXT | {"text": "{resident}さん"}], "values": {}}, "resident"
    ),
    "a template with an open value": template(
        {"messages": [TEXT | {"text": "{shelter}"}], "values": {"shelter": "free"}}, "1 to 200 choices"
    ),
    "a template with more beside": template({"messages": [TEXT], "values": {}, "to": VALUE}, "nothing else"),
    "an emergency without a template": Case("broadcast emergency nowhere --as hana", REFUSED, "duty", alone=True),
    "a value that is none": Case("broadcast emergency nowhere --value x --as hana", BAD, "KEY=CHOICE"),
    "a review of what was no emergency": Case(
        "broadcast review {approved} --verdict proper --as ken", NOT_FOUND, "emergency lane"
    ),
    "a test to nobody who is linked": Case(
        "broadcast test {approved} --to ken --as hana",
        NOT_FOUND,
        "Not linked: ken",
        environment={"TAYORI_LINE_API_BASE": "http://127.0.0.1:1", "TAYORI_LINE_ACCESS_TOKEN": "none"},
    ),
    "a calendar that runs backwards": Case("broadcast calendar --from 2026-12-02 --to 2026-12-01", BAD, "days"),
    "a plan that is not there": Case("plan approve p-0 --as ken --content 00000000", NOT_FOUND, "no such plan"),
}
