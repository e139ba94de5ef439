"""An answer on paper or as mail: the official letter, its large-print and plain forms, the fax sheet, the mail's text.

One versioned template each; a case keeps the version with which its answer was decided. Room for a seal is left blank
where the ward wants one; a seal is never drawn.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from tayori.certificates.moments import japan_date
from tayori.certificates.page import faces_named, unprintable
from tayori.certificates.pdf import pdf_of
from tayori.domain.answering import Form, Way
from tayori.errors import BadInput
from tayori.reports.address_window import Lettering, lettering
from tayori.reports.environment import environment

TEMPLATES: Final = frozenset({"reply-1"})


@dataclass(frozen=True, slots=True)
class Sender:
    """Who answers: the issuer as it stands on the letter, and where to ask. `seal`: omitted (公印省略), or space."""

    issuer: str
    section: str
    postal_code: str
    address: str
    telephone: str
    fax: str
    email: str
    seal: str = "omitted"


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom an answer goes, as they wrote it."""

    name: str = field(repr=False)
    postal_code: str | None = field(repr=False, default=None)
    address: str | None = field(repr=False, default=None)
    email: str | None = field(repr=False, default=None)
    fax: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: document number, date, what it answers to, text, form and way."""

    document_no: str
    dated_on: date
    received_on: date
    words: str = field(repr=False)
    form: Form
    way: Way
    template: str
    rehearsal: bool = False


_GREETINGS: Final = {
    Form.USUAL: (
        "日頃から区政にご理解とご協力をいただき、ありがとうございます。",
        "{received}にいただきましたご意見等につきまして、次のとおりお答えいたします。",
    ),
    Form.PLAIN: (
        "こんにちは。",
        "{received}に　意見（いけん）を　送（おく）ってくれて、ありがとうございます。",
        "区（く）の　答（こた）えを　伝（つた）えます。",
    ),
}
_DAYS: Final = {
    1: "ついたち", 2: "ふつか", 3: "みっか", 4: "よっか", 5: "いつか", 6: "むいか", 7: "なのか", 8: "ようか",
    9: "ここのか", 10: "とおか", 14: "じゅうよっか", 20: "はつか", 24: "にじゅうよっか",
}  # fmt: skip
"""How these days of a month are read; all others are a number and にち."""
_TITLES: Final = {
    Form.USUAL: "ご意見等について（回答）",
    Form.PLAIN: "あなたの　意見（いけん）への　答（こた）え",
}
_CONTACT: Final = {
    Form.USUAL: "お問合せ先",
    Form.PLAIN: "わからない　ことが　あったら、ここに　聞（き）いてください",
}


def letter_pdf(answer: Answer, sender: Sender, to: Recipient) -> bytes:
    """Print an answer as PDF/A; a fax gets a cover without content before it. The same input gives the same bytes.

    Raises:
        BadInput: a letter of the address or the text has no glyph in the tree's font.
        Unavailable: Pango is not installed.

    """
    page = letter_page(answer, sender, to)
    return pdf_of(page, hashlib.sha256(page.encode()).digest()[:16])


def letter_page(answer: Answer, sender: Sender, to: Recipient) -> str:
    """Give an answer as HTML for the printer. Raises as `letter_pdf`, but for Pango."""
    told = _told(answer, sender, to)
    require_printable(answer, to)
    told |= {"lettering": _window(answer, to)}
    return environment().get_template(f"{answer.template}.html.j2").render(told | {"faces": faces_named()})


def require_printable(answer: Answer, to: Recipient) -> None:
    """Refuse what would be printed as an empty box.

    Raises:
        BadInput: a letter of the address or the text has no glyph; the sentence names its code alone. Or the address
            is too long for the window of the envelope.

    """
    if answer.way is not Way.EMAIL:
        _window(answer, to)
    if missing := unprintable("".join((answer.words, to.name, to.address or ""))):
        codes = ", ".join(f"U+{code:04X}" for code in missing)
        raise BadInput(f"The font has no glyph for {codes}; write them by hand, or in another form of the letter.")


def _window(answer: Answer, to: Recipient) -> Lettering:
    if answer.way is not Way.LETTER:
        return lettering([], to.name)
    return lettering([f"〒{to.postal_code}"] * bool(to.postal_code) + _lines(to), to.name)


def _lines(to: Recipient) -> list[str]:
    return [line for line in (to.address or "").replace("\n", "　").split("　") if line]


def letter_text(answer: Answer, sender: Sender, to: Recipient) -> str:
    """Give an answer as plain text: the body of a mail, and what is sealed with the case as sent."""
    return environment().get_template(f"{answer.template}.txt.j2").render(_told(answer, sender, to))


def _told(answer: Answer, sender: Sender, to: Recipient) -> dict[str, Any]:
    if answer.template not in TEMPLATES:
        raise BadInput(f"There is no template {answer.template} any more; draft the answer anew.")
    wording = Form.PLAIN if answer.form is Form.PLAIN else Form.USUAL
    written = _plain_date if wording is Form.PLAIN else japan_date
    greeting = [line.format(received=written(answer.received_on)) for line in _GREETINGS[wording]]
    return {
        "answer": answer,
        "sender": sender,
        "to": to,
        "dated": japan_date(answer.dated_on),
        "address": _lines(to),
        "title": _TITLES[wording],
        "greeting": greeting,
        "contact": _CONTACT[wording],
        "paragraphs": [line.strip("　 \r") for line in answer.words.split("\n")],
        "telephone": "電話（でんわ）" if wording is Form.PLAIN else "電話",
    }


def _plain_date(day: date) -> str:
    return f"{day.year}年（ねん）{day.month}月（がつ）{day.day}日（{_DAYS.get(day.day, 'にち')}）"
