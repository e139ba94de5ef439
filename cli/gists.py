"""`tayori opinions gist-*`: gists of letters for the report, from a file to an approval by another hand."""

import os
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.desk import As, credential, office_here, span
from cli.show import Json, done, progress, table
from tayori.errors import BadInput
from tayori.office import Office
from tayori.opinions.prohibited import Level
from tayori.warehouse import gists as kept
from tayori.warehouse.engines import reading
from tayori.warehouse.gists import Source

GistFile = Annotated[Path, typer.Argument(metavar="FILE", help="要旨の YAML（gist-template が作るもの）")]
LISTED: Final = {
    "digest": "文面のハッシュ",
    "letters": "まとめた意見等",
    "held": "うち今もあるもの",
    "written_by": "起案",
    "written_at": "起案の時",
    "approved_by": "承認",
    "approved_at": "承認の時",
}
SHOWN: Final = 12
MOST_NAMED: Final = 100
HEAD: Final = """\
# 要旨と区の回答（報告の第11部）。書いたら:
#   tayori opinions gist-submit このファイル --as 広聴担当
#   tayori opinions gist-approve このファイル --as 取扱責任者（起案した人とは別の人）
#   tayori opinions report --of 期間 --gists このファイル
# letters はまとめた意見等の受付番号です。確かめるために使い、報告には出しません。
# 氏名、住所、電話番号、だれかの機微な事柄（病気、信条など）は書けません。
# 受付番号が入っているので、このファイルは庁内だけで扱い、報告ができたら消してください。
#
# 要旨にできる意見等（{first}～{last}。処理が終わり、差出人が要旨を公表してよいと答えたもの）
"""
ENTRY: Final = """\
- letters: []
  theme: ""
  gist: ""
  answer: ""
"""


def gist_template(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="作るファイル（すでにあるものには書かない）")],
    *,
    of: Annotated[str, typer.Option("--of", help="集計月 2026-10、四半期 2026-Q2、年度 2026")],
    as_json: Json = False,
) -> None:
    """要旨のひな形を作る。要旨にできる意見等の受付番号を分野ごとに添える。内容は開かない。"""
    first, last = (f"{one:%Y-%m}" for one in span(of))
    with office_here() as office:
        _mask(office)
        with reading(office.warehouse) as connection:
            usable = kept.usable(connection, first, last, Level.THIRD_PARTY)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
            written.write(HEAD.format(first=first, last=last) + _named(usable) + ENTRY)
    except OSError:
        raise BadInput(f"{file.name} cannot be written, or is there already; nothing was changed.") from None
    told = {"file": file, "letters": len(usable)}
    done(f"{file} を作りました（要旨にできる意見等 {len(usable)} 通）。", told, as_json=as_json)


def gist_submit(file: GistFile, *, by: As, as_json: Json = False) -> None:
    """要旨を起案する（広聴の担当）。意見等ごとに差出人の意思を確かめ、文面に個人の情報がないかを調べる。"""
    from tayori.analysis.gists import read_gists, submit  # noqa: PLC0415 - start-up time: the tokenizer

    written = read_gists(file)
    with office_here() as office:
        who = credential(office, by)
        _mask(office)
        new = submit(office, who, written)
    done(f"要旨 {len(written)} 件のうち {new} 件を起案しました。", {"gists": len(written), "new": new}, as_json=as_json)


def gist_approve(file: GistFile, *, by: As, as_json: Json = False) -> None:
    """起案された要旨を、ファイルのとおりに承認する（取扱責任者。起案した人は承認できない）。文面が変われば無効になる。"""
    from tayori.analysis.gists import approve, read_gists  # noqa: PLC0415 - start-up time: the tokenizer

    written = read_gists(file)
    with office_here() as office:
        new = approve(office, credential(office, by), written)
    told = {"gists": len(written), "approved": new}
    done(f"要旨 {len(written)} 件のうち {new} 件を新たに承認しました。", told, as_json=as_json)


def gist_list(*, as_json: Json = False) -> None:
    """起案・承認された要旨の記録。文面は持たず、ハッシュだけを示す。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = kept.listed(connection)
    plain = ("letters", "written_by", "written_at", "approved_by", "approved_at")
    shown = [
        {"digest": row.digest if as_json else row.digest[:SHOWN], "held": held}
        | {name: getattr(row, name) for name in plain}
        for row, held in rows
    ]
    table(shown, LISTED, as_json=as_json)


def _mask(office: Office) -> None:
    """Bring into the analysis what was done since the last report."""
    from tayori.analysis import mart  # noqa: PLC0415 - start-up time: the tokenizer and its dictionary
    from tayori.analysis.settle import settle  # noqa: PLC0415 - start-up time, as above

    with progress("マスキング") as advance:
        mart.mask_done_cases(office, advance)
    settle(office)


def _named(usable: list[Source]) -> str:
    lines = []
    for theme, sources in groupby(usable, key=lambda one: one.theme):
        numbers = [one.receipt_no for one in sources]
        more = f"、ほか {len(numbers) - MOST_NAMED} 通" if len(numbers) > MOST_NAMED else ""
        lines.append(f"#   {theme}: {'、'.join(numbers[:MOST_NAMED])}{more}\n")
    return "".join(lines) + "#\n"


VERBS: Final[dict[str, Any]] = {
    "gist-template": gist_template,
    "gist-submit": gist_submit,
    "gist-approve": gist_approve,
    "gist-list": gist_list,
}
