"""`tayori opinions`: what residents are telling the ward, in tables in which nobody can be found (O3)."""

from pathlib import Path
from typing import Annotated

import typer

from cli import gists, opinion_doubts
from cli.desk import MOST, As, credential, day, office_here, span
from cli.show import Json, done, facts, progress, table
from tayori.domain.withdrawals import REASONS
from tayori.warehouse import analysis
from tayori.warehouse.editions import withdrawals
from tayori.warehouse.engines import reading

app = typer.Typer(
    help="意見等の集計及び分析 (opinions)", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)
for name, verb in (opinion_doubts.VERBS | gists.VERBS).items():
    app.command(name)(verb)

REPORT = {
    "masked_letters": "新たにマスキングした意見",
    "masked_spans": "マスキングした箇所",
    "carried_over": "締まった月から次の月へ回した意見等",
    "repeated_texts": "同じ文面の2通目以降",
    "fields_added": "辞書の外で決めた分野",
    "new_topics": "新しい話題",
    "edition": "版",
    "letters": "対象の意見",
    "tables": "表",
    "suppressed_cells": "伏せたセル",
    "changes": "偶然とは考えにくい変化",
    "files": "ファイル",
}
EDITION = {
    "edition_no": "版",
    "made_at": "作成",
    "is_public": "公表用",
    "first_month": "最初の月",
    "last_month": "最後の月",
    "threshold": "秘匿の基準",
    "state": "状態",
    "withdrawn_on": "撤回日",
    "reasons": "撤回の理由",
    "signed_by": "撤回の署名",
    "replaces": "訂正する版",
}
STATES = {"standing": "有効", "signed": "撤回の署名待ち", "withdrawn": "撤回"}
ALIKE = {"month": "集計月", "receipt_no": "受付番号", "earlier": "似た先の意見等"}
TOPIC = {"topic_no": "番号", "label": "見出し", "labelled_by": "直した人", "first_month": "初めての月", "words": "言葉"}
WORDS = 8


@app.callback()
def _noun() -> None: ...


@app.command()
def report(  # noqa: PLR0913 - the options of one command
    *,
    first: Annotated[str, typer.Option("--from", help="開始日（月の初日。省略: 終了日の 12 か月前の月初）")] = "",
    last: Annotated[str, typer.Option("--to", help="終了日（終わった月の末日。省略: 先月末）")] = "",
    of: Annotated[
        str, typer.Option("--of", help="月 2026-10、四半期 2026-Q2、年度 2026（--from と --to の代わり）")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="書き出すフォルダ")] = None,
    internal: Annotated[bool, typer.Option("--internal", help="庁内用（伏せる基準が 5 通未満）")] = False,
    intervals: Annotated[bool, typer.Option("--intervals", help="秘匿インターバルの表も書く（庁内限り）")] = False,
    trial: Annotated[
        bool, typer.Option("--trial", help="試算（版として残さない。庁内で確かめるためのもので、配らない）")
    ] = False,
    gists: Annotated[
        Path | None, typer.Option(help="要旨と回答の YAML（gist-submit と gist-approve を経たもの）")
    ] = None,
    base: Annotated[int, typer.Option("--round", help="件数を丸める倍数（3、5、10。省略: 丸めない）")] = 1,
    as_json: Json = False,
) -> None:
    """処理の終わった意見等をマスキングし、期間の報告 (HTML, CSV, Excel, 1 枚のまとめ) を書く。"""
    from tayori.analysis import mart  # noqa: PLC0415 - start-up time: the tokenizer and its dictionary
    from tayori.analysis.gists import read_gists  # noqa: PLC0415 - start-up time, as above
    from tayori.analysis.report import ReportWanted, make_report  # noqa: PLC0415 - start-up time, as above
    from tayori.analysis.settle import settle  # noqa: PLC0415 - start-up time, as above

    written = read_gists(gists) if gists else ()
    begin, end = span(of) if of else (day(first) if first else None, day(last) if last else None)
    with office_here() as office:
        with progress("マスキング") as advance:
            masked = mart.mask_done_cases(office, advance)
        settled = settle(office)
        made = make_report(
            office,
            ReportWanted(
                begin, end, public=not internal, folder=out, intervals=intervals, gists=written, trial=trial, base=base
            ),
        )
    facts(masked.plain() | settled.plain() | made.plain() | {"paths": made.paths}, REPORT, as_json=as_json)


@app.command()
def editions(*, as_json: Json = False) -> None:
    """作った報告の版を、撤回したものも含めて並べる。"""
    from tayori.analysis.withdrawing import listed  # noqa: PLC0415 - start-up time, as above

    with office_here() as office:
        rows = listed(office)
    if not as_json:
        rows = [
            row | {"state": STATES[row["state"]], "reasons": "、".join(REASONS[one].said for one in row["reasons"])}
            for row in rows
        ]
    table(rows, EDITION, as_json=as_json)


@app.command()
def withdraw(
    number: Annotated[int, typer.Argument(metavar="EDITION", min=0, max=MOST, help="版の番号（editions が示すもの）")],
    *,
    reason: Annotated[
        str, typer.Option(help="理由: " + "、".join(f"{code} {one.said}" for code, one in REASONS.items()))
    ],
    by: As,
    as_json: Json = False,
) -> None:
    """版の撤回に署名する。広聴担当と取扱責任者の二人（少なくとも一人は甲）がそろうと撤回となり、取り消せない。"""
    from tayori.analysis import withdrawing  # noqa: PLC0415 - start-up time, as above

    with office_here() as office:
        made = withdrawing.withdraw(office, credential(office, by), number, reason)
    told = (
        f"第 {number} 版を撤回しました"
        if made.withdrawn
        else f"第 {number} 版の撤回に署名しました。もう一人の署名を待ちます"
    )
    done(f"{told}（{REASONS[reason].said}）。", made.plain(), as_json=as_json)


@app.command()
def render(
    number: Annotated[int, typer.Argument(metavar="EDITION", min=0, max=MOST, help="版の番号（editions が示すもの）")],
    *,
    out: Annotated[Path, typer.Option(help="書き出すフォルダ")],
    as_it_was: Annotated[
        bool, typer.Option("--as-it-was", help="撤回した版も、撤回の印のない、出したときのままのバイト列で書く")
    ] = False,
    as_json: Json = False,
) -> None:
    """版の控えから、同じ報告を同じバイト列で作り直す。撤回した版には、どのファイルにも撤回の印が付く。"""
    from tayori.analysis.report import render_edition  # noqa: PLC0415 - start-up time: pandas

    with office_here() as office:
        paths = render_edition(office, number, out, as_it_was=as_it_was)
        with reading(office.warehouse) as people:
            gone = number in withdrawals(people)
    unmarked = "撤回した版です。ファイルに撤回の印はないので、外へ渡さないでください。" if gone and as_it_was else ""
    done(
        f"第 {number} 版を {len(paths)} 個のファイルに書きました。{unmarked}",
        {"edition": number, "withdrawn": gone, "paths": paths},
        as_json=as_json,
    )


@app.command()
def alike(
    *,
    of: Annotated[str, typer.Option("--of", help="集計月 2026-10、四半期 2026-Q2、年度 2026")],
    as_json: Json = False,
) -> None:
    """言い回しの似た意見等を受付番号で並べる。同じ趣旨かどうかは人が判断する（同じ文面は機械が結び付けている）。"""
    first, last = span(of)
    with office_here() as office, reading(office.warehouse) as connection:
        rows = analysis.alike(connection, f"{first:%Y-%m}", f"{last:%Y-%m}")
    table([dict(zip(ALIKE, row, strict=True)) for row in rows], ALIKE, as_json=as_json)


@app.command()
def topics(*, as_json: Json = False) -> None:
    """見付かった話題を並べる。言葉はどれも、文面の異なる 10 通以上の意見等に出るもの。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = analysis.topics(connection).values()
    shown = [
        {"topic_no": row.topic_no, "label": row.label, "labelled_by": row.labelled_by, "first_month": row.first_month}
        | {"words": list(row.words)[:WORDS]}
        for row in rows
    ]
    table(shown, TOPIC, as_json=as_json)


@app.command("topic-label")
def topic_label(
    number: Annotated[int, typer.Argument(metavar="TOPIC", min=0, max=MOST, help="話題の番号（topics が示すもの）")],
    label: Annotated[str, typer.Argument(help="見出し（60 字まで。個人が分かることは書かない）")],
    *,
    by: As,
    as_json: Json = False,
) -> None:
    """話題の見出しを付ける（広聴の担当）。同じ見出しを付ければ、確かめたことになる。番号は期間をまたいで変わらない。"""
    from tayori.analysis.topic_labels import label_topic  # noqa: PLC0415 - start-up time: the tokenizer

    with office_here() as office:
        label_topic(office, credential(office, by), number, label)
    done(f"話題 {number} の見出しを付けました。", {"topic_no": number, "label": label}, as_json=as_json)


@app.command("topic-example")
def topic_example(
    number: Annotated[int, typer.Argument(metavar="TOPIC", min=0, max=MOST, help="話題の番号（topics が示すもの）")],
    *,
    by: As,
    as_json: Json = False,
) -> None:
    """話題をよく表す一文を、マスキング済みの意見等から示す（庁内限り。公表しない）。"""
    from tayori.analysis.topic_labels import example_of  # noqa: PLC0415 - start-up time: the tokenizer

    with office_here() as office:
        said = example_of(office, credential(office, by), number)
    done(said or "示せる一文がありません。", {"topic_no": number, "example": said}, as_json=as_json)
