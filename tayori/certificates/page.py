"""The certificate as a Japanese official letter: one HTML page that carries its own letters (fonts)."""

import base64
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

from fontTools import subset  # type: ignore[import-untyped]  # fontTools has no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from jinja2 import Environment, PackageLoader, StrictUndefined

from tayori.certificates.certificate import IssuedCertificate
from tayori.certificates.document import Party, State
from tayori.certificates.log import LogHead
from tayori.certificates.moments import JAPAN, japan_date, japan_text
from tayori.certificates.verifier import Verdict, decoded
from tayori.certificates.wording import forbidden_words
from tayori.errors import BadInput, Refused

FONTS: Final = Path(__file__).parents[2] / "assets" / "fonts"
_UNPRINTED: Final = frozenset(map(ord, "\n\t"))
_WEIGHTS: Final = {400: "NotoSansJP-Regular.ttf", 700: "NotoSansJP-Bold.ttf"}


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where a certificate stands in the log, under the head that is printed for 甲 to keep."""

    index: int
    size: int
    root: str

    @classmethod
    def under(cls, head: LogHead, index: int) -> "LogPlace":
        """Place of the entry at `index` under a head."""
        return cls(index=index, size=head.size, root=head.root)


@dataclass(frozen=True, slots=True)
class _Face:
    weight: int
    address: str


def certificate_html(
    issued: IssuedCertificate, place: LogPlace | None = None, verdict: Verdict | None = None, fonts: Path = FONTS
) -> str:
    """Print a certificate; with a verdict of the verifier, in the state that it has now.

    The page needs no other file: it holds the letters that it uses, cut from the fonts in `fonts`.

    Raises:
        BadInput: a letter has no glyph in the fonts, so that it would be printed as an empty box.
        Refused: a provisional page would hold words that promise more than was done.

    """
    page = _guarded(issued, place, verdict, fonts)
    faces = [_Face(weight, _cut(fonts / name, page)) for weight, name in _WEIGHTS.items()]
    return _rendered(issued, place, verdict, faces)


def page_for_print(issued: IssuedCertificate, place: LogPlace | None, verdict: Verdict | None, fonts: Path) -> str:
    """The same page for the printer, which cuts the fonts itself: it names their files. Raises the same."""
    _guarded(issued, place, verdict, fonts)
    faces = [_Face(weight, (fonts / name).resolve().as_uri()) for weight, name in _WEIGHTS.items()]
    return _rendered(issued, place, verdict, faces)


def _guarded(issued: IssuedCertificate, place: LogPlace | None, verdict: Verdict | None, fonts: Path) -> str:
    page = _rendered(issued, place, verdict, ())
    state = verdict.state if verdict else issued.certificate.state.value
    if forbidden_words(page, provisional=state == State.PROVISIONAL):
        raise Refused("The page would promise more than was done (Clear, Purge, 完全消去 …); choose other words.")
    missing = {ord(letter) for letter in page} - _UNPRINTED - _glyphs(fonts / _WEIGHTS[400])
    if missing:
        codes = ", ".join(f"U+{code:04X}" for code in sorted(missing))
        raise BadInput(f"The font has no glyph for {codes}; write the name with letters that can be printed.")
    return page


def _rendered(
    issued: IssuedCertificate, place: LogPlace | None, verdict: Verdict | None, faces: Iterable[_Face]
) -> str:
    certificate, statements = issued.certificate, verdict.statements if verdict else {}
    return (
        _template_environment()
        .get_template("certificate.html.j2")
        .render(
            c=certificate,
            state=verdict.state if verdict else certificate.state.value,
            finalised=statements.get("final"),
            confirmed=statements.get("confirmed"),
            place=place,
            sha256=issued.sha256,
            kid=json.loads(decoded(issued.token.split(".")[0], "header"))["kid"],
            party=_party,
            faces=faces,
        )
    )


def _template_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tayori.certificates"), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    environment.filters["moment"] = japan_text
    environment.filters["day"] = _day
    return environment


def _day(written: str) -> str:
    if "T" in written:
        return japan_date(datetime.fromisoformat(written).astimezone(JAPAN).date())
    return japan_date(date.fromisoformat(written))


def _party(party: Party) -> str:
    named = "　".join(part for part in (party.organisation, party.post, party.name) if part)
    return f"{named}（取扱者番号 {party.handler}）" if party.handler else named


@cache
def _glyphs(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _cut(path: Path, page: str) -> str:
    """The letters of the page, cut from a font, as an address that holds them; a hundredth of the font's size."""
    written = io.BytesIO()
    with TTFont(path, lazy=True, recalcTimestamp=False) as font:
        cut = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True))
        cut.populate(text=page)
        cut.subset(font)
        font.flavor = "woff"
        font.save(written)
    return "data:font/woff;base64," + base64.b64encode(written.getvalue()).decode("ascii")
