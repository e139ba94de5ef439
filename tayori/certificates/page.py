"""The certificate as a Japanese official letter: one HTML page that carries its own letters (fonts)."""

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from fontTools import subset  # type: ignore[import-untyped]  # fontTools has no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from jinja2 import Environment, PackageLoader, StrictUndefined

from tayori.certificates.certificate import IssuedCertificate
from tayori.certificates.document import Party, State
from tayori.certificates.merkle import tree_root
from tayori.certificates.moments import JAPAN, japan_date, japan_text
from tayori.certificates.tokens import decoded
from tayori.certificates.wording import forbidden_words
from tayori.errors import BadInput, Refused

FONTS: Final = Path(__file__).parents[2] / "assets" / "fonts"
_UNPRINTED: Final = frozenset(map(ord, "\n\t"))
_SELECTORS: Final = (0xE0100, 0xE01EF)  # ideographic variation selectors
_SEQUENCES: Final = 14  # the format of a font's table of variation sequences
_WEIGHTS: Final = {400: "NotoSansJP-Regular.ttf", 700: "NotoSansJP-Bold.ttf"}


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where a certificate stands in the log, and the root over all that stood there before: it cannot print its own."""

    index: int
    root_before: str

    @classmethod
    def after(cls, leaves: Sequence[bytes]) -> "LogPlace":
        """Place of the entry that follows these."""
        return cls(index=len(leaves), root_before=tree_root(leaves).hex())


@dataclass(frozen=True, slots=True)
class Settled:
    """What the page of a certificate that became 確定 says further: when, by what evidence, after which probe."""

    stated_at: str
    evidence: Mapping[str, str]
    probe: Mapping[str, Any]
    commitment_key: str


@dataclass(frozen=True, slots=True)
class Printing:
    """What a page shows beside the certificate: place in the log, state of today, 確定, 甲's look, the seal's name."""

    place: LogPlace | None = None
    state: str | None = None
    settled: Settled | None = None
    confirmed: str | None = None
    seal: str | None = None


AS_ISSUED: Final = Printing()


@dataclass(frozen=True, slots=True)
class Face:
    """A font of the page, and where it is."""

    weight: int
    address: str


def certificate_html(issued: IssuedCertificate, printing: Printing = AS_ISSUED, fonts: Path = FONTS) -> str:
    """Print a certificate, in the state that it has now if that is told.

    The page needs no other file: it holds the letters that it uses, cut from the fonts in `fonts`.

    Raises:
        BadInput: a letter has no glyph in the fonts, so that it would be printed as an empty box.
        Refused: a provisional page would hold words that promise more than was done.

    """
    page = _guarded(issued, printing, fonts)
    return _rendered(issued, printing, faces_cut(page, fonts), _plainer(page, fonts))


def page_for_print(issued: IssuedCertificate, printing: Printing, fonts: Path) -> str:
    """The same page for the printer, which cuts the fonts itself: it names their files. Raises the same."""
    page = _guarded(issued, printing, fonts)
    return _rendered(issued, printing, faces_named(fonts), _plainer(page, fonts))


def faces_cut(page: str, fonts: Path = FONTS) -> list[Face]:
    """Give the fonts as addresses that hold the letters of a page."""
    letters = frozenset(page)
    return [Face(weight, _cut(fonts / name, letters)) for weight, name in _WEIGHTS.items()]


def faces_named(fonts: Path = FONTS) -> list[Face]:
    """Give the fonts by the names of their files, for a printer that cuts them itself."""
    return [Face(weight, (fonts / name).resolve().as_uri()) for weight, name in _WEIGHTS.items()]


def _guarded(issued: IssuedCertificate, printing: Printing, fonts: Path) -> str:
    page = _rendered(issued, printing, (), ())
    state = printing.state or issued.certificate.state.value
    if forbidden_words(page, provisional=state == State.PROVISIONAL):
        raise Refused("The page would promise more than was done (Clear, Purge, 完全消去 …); choose other words.")
    missing = unprintable(page, fonts)
    if missing:
        codes = ", ".join(f"U+{code:04X}" for code in missing)
        raise BadInput(f"The font has no glyph for {codes}; write the name with letters that can be printed.")
    return page


def unprintable(text: str, fonts: Path = FONTS) -> list[int]:
    """Give the code points of a text that would be printed as an empty box. A variation selector is none."""
    codes = {ord(letter) for letter in text} - _UNPRINTED - _glyphs(fonts / _WEIGHTS[400])
    return sorted(code for code in codes if not is_selector(code))


def plainer_forms(text: str, fonts: Path = FONTS) -> list[str]:
    """Give the letters of a text that ask for a form (IVS) which the font does not have: printed in the plain form."""
    known = _variants(fonts / _WEIGHTS[400])
    pairs = [(first, second) for first, second in pairwise(text) if is_selector(ord(second))]
    lost = [f"{first}{second}" for first, second in pairs if (ord(first), ord(second)) not in known]
    return list(dict.fromkeys(lost))


def is_selector(code: int) -> bool:
    """Whether a code point chooses a form of the letter before it."""
    return _SELECTORS[0] <= code <= _SELECTORS[1]


def _plainer(page: str, fonts: Path) -> list[str]:
    """Tell of each letter in a plainer form: the letter that is printed, and the code of the form asked for."""
    return [f"{pair[0]}（U+{ord(pair[0]):04X} U+{ord(pair[1]):04X}）" for pair in plainer_forms(page, fonts)]


def _rendered(issued: IssuedCertificate, printing: Printing, faces: Iterable[Face], plainer: Sequence[str]) -> str:
    certificate = issued.certificate
    return (
        template_environment()
        .get_template("certificate.html.j2")
        .render(
            c=certificate,
            state=printing.state or certificate.state.value,
            shown=printing,
            settled=printing.settled,
            place=printing.place,
            sha256=issued.sha256,
            kid=json.loads(decoded(issued.token.split(".")[0], "header"))["kid"],
            party=_party,
            faces=faces,
            plainer=plainer,
        )
    )


@cache
def template_environment() -> Environment:
    """Give the templates, with days and moments as an office writes them."""
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
def _variants(path: Path) -> frozenset[tuple[int, int]]:
    with TTFont(path, lazy=True) as font:
        tables = [table.uvsDict for table in font["cmap"].tables if table.format == _SEQUENCES]
        return frozenset((base, form) for table in tables for form, found in table.items() for base, _ in found)


@cache
def _glyphs(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=8)
def _cut(path: Path, letters: frozenset[str]) -> str:
    """The letters of a page, cut from a font, as an address that holds them; a hundredth of the font's size."""
    written = io.BytesIO()
    with TTFont(path, lazy=True, recalcTimestamp=False) as font:
        cut = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True))
        cut.populate(text="".join(letters))
        cut.subset(font)
        font.flavor = "woff"
        font.save(written)
    return "data:font/woff;base64," + base64.b64encode(written.getvalue()).decode("ascii")
