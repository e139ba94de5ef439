"""Calls that never happened: most are answered at once from the FAQ and concern nobody but the call centre (O10)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sandbox.call_centre.tables import DEPARTMENT_CODES, KIND_CODES
from sandbox.letters.composer import Composer, Occasion
from sandbox.letters.material_files import Topic, topics
from sandbox.letters.people import Person, a_person

HANDED_OVER_SHARE: Final = 0.09  # ③ outside the call centre's scope, an answer from a department wanted
WEB_SHARE: Final = 0.05  # ② over the web page, an answer wanted
NEAR_MISS_SHARE: Final = 0.10  # all but one condition of scope
START: Final = datetime(2026, 4, 1, 9, 0)  # noqa: DTZ001 - the vendor keeps the ward's wall clock
_GAP_SECONDS: Final = 240


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One row of the inquiry table, its contact, and whether it is in scope."""

    toiawase: dict[str, Any]
    renrakusaki: dict[str, Any] | None
    in_scope: bool

    @property
    def key(self) -> str:
        """The vendor's number of the inquiry."""
        return str(self.toiawase["TOIAWASE_NO"])


def inquiries(first: int, count: int, seed: int, start: datetime = START, marker: str = "") -> Iterator[Inquiry]:
    """Make the inquiries numbered from `first` on, one about every four minutes.

    `marker` is planted in name and text of every row in scope, and `out-` + marker in those out of scope, so that a
    test can see which were read.
    """
    for number in range(first, first + count):
        dice = Random(f"{seed}:{number}")
        moment = start + timedelta(seconds=(number - first) * _GAP_SECONDS + dice.randrange(_GAP_SECONDS))
        yield _inquiry(number, moment, dice, marker)


def _inquiry(number: int, moment: datetime, dice: Random, marker: str) -> Inquiry:
    share = dice.random()
    if share < HANDED_OVER_SHARE:
        flags = _flags(dice.choice("1245"), outside=1, wanted="1", status=dice.choice(["10", "30"]))
        return _filed(number, moment, dice, marker, flags)
    if share < HANDED_OVER_SHARE + WEB_SHARE:
        flags = _flags("3", outside=dice.choice([0, 1]), wanted="1", status=dice.choice(["10", "30"]))
        return _filed(number, moment, dice, marker, flags)
    if share < HANDED_OVER_SHARE + WEB_SHARE + NEAR_MISS_SHARE:
        return _filed(number, moment, dice, marker, _near_miss(dice))
    return _filed(number, moment, dice, marker, _flags(dice.choice("11125"), outside=0, wanted="0", status="20"))


def in_scope(flags: dict[str, Any]) -> bool:
    """Say whether a row belongs to the opinion system: the ward's persons ② and ③, and not withdrawn."""
    wanted = flags["KAITOU_KIBOU"] == "1" and flags["STATUS_CD"] != "90"
    handed_over = flags["TAISHOU_GAI_FLG"] == 1 and flags["HIKITSUGI_BUSHO_CD"] is not None
    return bool(wanted and (flags["KEIRO_KBN"] == "3" or handed_over))


def _flags(route: str, *, outside: int, wanted: str, status: str, department: bool = True) -> dict[str, Any]:
    return {
        "KEIRO_KBN": route,
        "TAISHOU_GAI_FLG": outside,
        "KAITOU_KIBOU": wanted,
        "STATUS_CD": status,
        "HIKITSUGI_BUSHO_CD": "given" if department and status != "20" else None,
    }


def _near_miss(dice: Random) -> dict[str, Any]:
    return dice.choice(
        [
            _flags("1", outside=1, wanted="0", status="30"),  # wants no answer
            _flags("1", outside=1, wanted="9", status="30"),  # was not asked
            _flags("1", outside=0, wanted="1", status="10"),  # the call centre's own business
            _flags("4", outside=1, wanted="1", status="10", department=False),  # no department answers
            _flags("1", outside=1, wanted="1", status="90"),  # withdrawn
            _flags("3", outside=0, wanted="0", status="20"),  # over the web page, wants no answer
        ]
    )


def _filed(number: int, moment: datetime, dice: Random, marker: str, flags: dict[str, Any]) -> Inquiry:
    topic = dice.choice(topics())
    scoped = in_scope(flags)
    person = a_person(dice)
    mark = (marker if scoped else f"out-{marker}") if marker else ""
    known = scoped or dice.random() < 0.5  # noqa: PLR2004 - half of the callers leave a number
    kind = dice.choice(["request", "complaint", "inquiry", "opinion"]) if flags["STATUS_CD"] != "20" else "inquiry"
    code = next(code for code, name in DEPARTMENT_CODES.items() if name == topic.department)
    toiawase = flags | {
        "TOIAWASE_NO": f"C{number:011d}",
        "UKETSUKE_NICHIJI": moment,
        "KOUSHIN_NICHIJI": moment + timedelta(seconds=dice.choice([0, 0, 600, 7200])),
        "HIKITSUGI_BUSHO_CD": code if flags["HIKITSUGI_BUSHO_CD"] else None,
        "SHUBETSU_CD": KIND_CODES[kind],
        "FAQ_NO": None if scoped else dice.randint(1, 900),
        "RENRAKUSAKI_NO": number if known else None,
        "OPERATOR_ID": f"OP{dice.randint(1, 40):04d}",
        "TSUUWA_BYOU": dice.randint(30, 1500),
        "NAIYOU": f"{_note(topic, kind, person, dice, scoped=scoped)}{mark}",
    }
    return Inquiry(toiawase, _contact(number, person, mark, dice) if known else None, scoped)


def _note(topic: Topic, kind: str, person: Person, dice: Random, *, scoped: bool) -> str:
    if not scoped:
        short = Occasion(person, True, topic, "inquiry", "brief", "no", 6, False)  # noqa: FBT003 - nameless, not scanned
        return f"【{topic.name}】FAQにより案内。{Composer(short, dice).written().text}"
    told = Occasion(person, False, topic, kind, "brief", "yes", 6, False)  # noqa: FBT003 - named, not scanned
    text = Composer(told, dice).written().text
    return (
        dice.choice(["", "入電。", "対象外業務につき引継ぎ。", "【折返し希望】"])
        + text
        + dice.choice(["", "とのこと。", "（聴取のまま）"])
    )


def _contact(number: int, person: Person, mark: str, dice: Random) -> dict[str, Any]:
    given = {
        "YUUBIN_NO": person.postal_code,
        "JUUSHO": person.address,
        "TEL": person.telephone,
        "MAIL": person.email,
        "FAX_NO": person.fax,
    }
    kept = {column: text if dice.random() < 0.5 else None for column, text in given.items()}  # noqa: PLR2004 - a coin
    return {"RENRAKUSAKI_NO": number, "SHIMEI": f"{mark}{person.name}", **kept}
