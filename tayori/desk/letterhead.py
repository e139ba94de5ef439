"""What stands on every answer of this ward: who issues it, where to ask, how document numbers read."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import yaml

from tayori.domain.decision_routes import Route
from tayori.domain.record_classes import fiscal_year
from tayori.errors import BadInput
from tayori.office import Office
from tayori.reports.answer_letter import Sender
from tayori.settings import Mode
from tayori.written_files import load_once

FILE: Final = "answer_letterhead.yaml"
FIELDS: Final = ("ward", "mayor", "postal_code", "address", "telephone", "fax", "email", "symbol", "seal")
SEALS: Final = frozenset({"omitted", "space"})
REIWA: Final = 2018
REHEARSAL: Final = {
    "ward": "模擬区",
    "mayor": "模擬区長　模擬 一郎",
    "postal_code": "000-0000",
    "address": "模擬区模擬町一丁目１番１号",
    "telephone": "03-0000-0000",
    "fax": "03-0000-0099",
    "email": "kocho@example.jp",
    "symbol": "稽区広",
    "seal": "omitted",
}


@dataclass(frozen=True, slots=True)
class AnswerLetterhead:
    """The fields of HOME/answer_letterhead.yaml."""

    ward: str
    mayor: str
    postal_code: str
    address: str
    telephone: str
    fax: str
    email: str
    symbol: str
    seal: str

    def sender(self, route: Route, section: str) -> Sender:
        """Give who answers: the mayor, or the head of the responsible section where it decides by 専決."""
        issuer = f"{self.ward}{section}長" if route.posts[-1] == "section" else self.mayor
        return Sender(
            issuer=issuer,
            section=f"{self.ward}{section}",
            postal_code=self.postal_code,
            address=self.address,
            telephone=self.telephone,
            fax=self.fax,
            email=self.email,
            seal=self.seal,
        )

    def document_no(self, dated_on: date, number: int) -> str:
        """Give a document number of a fiscal year: 8新区広第12号."""
        return f"{fiscal_year(dated_on) - REIWA}{self.symbol}第{number}号"


def letterhead(office: Office) -> AnswerLetterhead:
    """Give the letterhead as HOME/answer_letterhead.yaml says; a rehearsal without that file has one of its own.

    Raises:
        BadInput: live without the file, or the file does not give each of its fields.

    """
    path = office.settings.home / FILE
    if not path.exists():
        if office.settings.mode is Mode.LIVE:
            raise BadInput(f"Live answers need {FILE} in HOME with: {', '.join(FIELDS)}.")
        return AnswerLetterhead(**REHEARSAL)
    try:
        said: Any = load_once(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise BadInput(f"{FILE} cannot be read; it is YAML in UTF-8 with: {', '.join(FIELDS)}.") from None
    if not isinstance(said, dict) or set(said) != set(FIELDS) or said["seal"] not in SEALS:
        raise BadInput(f"{FILE} needs exactly the fields {', '.join(FIELDS)}; seal is omitted or space.")
    return AnswerLetterhead(**{name: str(value) for name, value in said.items()})
