"""The mapping of a mailbox: to which address which kind of letter comes, as data.

name: 区のメール窓口
source: mail
done: 取込済                       # the folder to which what was taken in is moved
done_days: 14                      # when it is deleted there, counted from its arrival; 14 where it is left out
addressees:                        # by the address that a mail was sent to, the first that is listed
kucho@city.example.lg.jp: mayor
info@city.example.lg.jp: department
otherwise: unknown
answer_wanted: unknown             # a mail does not say; nothing is guessed from its words
department: 広聴担当課              # may be left out
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tayori.domain.ward import ward
from tayori.errors import BadInput
from tayori.ingest.sources.mapping import in_file, section, text
from tayori.ingest.sources.plain_yaml import Written, read_plain_yaml

_WORDS: Final = ("name", "source", "done", "done_days", "addressees", "otherwise", "answer_wanted", "department")
DONE_DAYS: Final = 14
LONGEST_DONE: Final = 90


@dataclass(frozen=True, slots=True)
class MailMapping:
    """How the mails of a box become letters."""

    name: str
    done: str
    addressees: Mapping[str, str]
    otherwise: str
    answer_wanted: str
    department: str | None
    done_days: int = DONE_DAYS

    def addressee(self, to: tuple[str, ...]) -> str:
        """Tell whom a mail was written to, by the addresses that it went to."""
        return next((self.addressees[address] for address in to if address in self.addressees), self.otherwise)


def read_mail_mapping(path: Path) -> MailMapping:
    """Read the mapping of a mailbox.

    Raises:
        NotFound: there is no such mapping.
        BadInput: it holds an unknown word or code, or an address twice.

    """
    try:
        return _mapping(section(read_plain_yaml(path), "the mapping", _WORDS))
    except BadInput as fault:
        raise in_file(path, fault) from None


def _mapping(written: dict[str, Written]) -> MailMapping:
    if written.get("source") != "mail":
        raise BadInput("source: a mapping for a mailbox says `source: mail`.")
    listed = written.get("addressees", {})
    if not isinstance(listed, dict):
        raise BadInput("addressees: write `address: addressee` lines.")
    codes = {address.lower(): _addressee(text(code, f"addressees.{address}")) for address, code in listed.items()}
    if len(codes) < len(listed):
        raise BadInput("addressees: an address stands twice; keep one.")
    wanted = text(written.get("answer_wanted", "unknown"), "answer_wanted")
    if wanted not in ward().answer_wanted:
        raise BadInput(f"answer_wanted: choose from {', '.join(ward().answer_wanted)}.")
    return MailMapping(
        name=text(written.get("name"), "name"),
        done=text(written.get("done"), "done"),
        addressees=codes,
        otherwise=_addressee(text(written.get("otherwise", "unknown"), "otherwise")),
        answer_wanted=wanted,
        department=text(written["department"], "department") if "department" in written else None,
        done_days=_days(text(written.get("done_days", str(DONE_DAYS)), "done_days")),
    )


def _days(written: str) -> int:
    if not written.isdecimal() or not 1 <= int(written) <= LONGEST_DONE:
        raise BadInput(f"done_days: write a number of days from 1 to {LONGEST_DONE}.")
    return int(written)


def _addressee(code: str) -> str:
    if code not in ward().addressees:
        raise BadInput(f"addressees: there is no {code}; the codes are {', '.join(ward().addressees)}.")
    return code
