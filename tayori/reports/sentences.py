"""Plain sentences about an edition, by rules from its numbers: nothing is said that the tables do not print."""

from collections.abc import Iterator
from typing import Final

from tayori.opinions.disclosure.tables import TOTAL_LABEL, SuppressedTable
from tayori.opinions.promises import KEPT, WHOLE
from tayori.opinions.report_tables import OTHER, PACES, UNSET
from tayori.opinions.signals import Change
from tayori.opinions.themes import theme_rules
from tayori.reports.charts import margin
from tayori.reports.contents import BY_MACHINE, Contents, ToldChange
from tayori.reports.margins import counts_by, totals
from tayori.reports.sheets import Kind, change, said

_TOP: Final = 3
_NOTED: Final = 10  # matters more or fewer
_HOW: Final = {
    Change.RISEN: "例年の同じ時期に比べ、偶然とは考えにくい増え方をしたもの",
    Change.NEW: "比べた年の同じ時期になく、新しく寄せられたもの",
    Change.FALLEN: "例年の同じ時期に比べ、偶然とは考えにくい減り方をしたもの",
    Change.VANISHED: "例年の同じ時期にはあり、今期は寄せられなかったもの",
}
_FOR_THE_MAYOR: Final = (Change.RISEN, Change.NEW)


def summary(contents: Contents, *, short: bool = False) -> list[str]:
    """What a reader in a hurry must know, in the order of weight; `short` for the page that has room for little."""
    by_theme = counts_by(contents, "theme")
    sentences = [
        *_total(contents.table("units")),
        *_against_last_year(contents),
        *_leading("分野", _decided(by_theme), top=_TOP),
        *_changed(contents, _FOR_THE_MAYOR if short else tuple(Change)),
        *_answered(contents),
    ]
    if short:
        return sentences
    by_channel = counts_by(contents, "channel")
    if by_channel is not None:
        sentences[2:2] = _leading("媒体", margin(by_channel, by_row=True), top=1)
    return [*sentences, *_new_words(contents), *_same_texts(contents), *_undecided(by_theme), *_hidden(contents)]


def findings(contents: Contents) -> dict[str, str]:
    """One sentence for a part by its name: what its tables show. Silent where their counts do not tell."""
    by_department, by_theme = counts_by(contents, "department"), counts_by(contents, "theme")
    called = contents.period.before_called
    told = {
        "years": _against_last_year(contents),
        "months": _busiest(contents.table("month_before") or counts_by(contents, "month")),
        "channels": [*_most(contents.table("channel")), *_shifted(contents.table("channel_before"), called)],
        "departments": [*_most(by_department), *_shifted(contents.table("department_before"), called)],
        "themes": _most(by_theme),
        "kinds": _most(contents.table("kind")),
        "handling": _most(contents.table("state"), "処理は"),
        "times": [*_answered(contents), *_most(contents.table("lateness"), "目安を過ぎた理由は", "そのうち")],
        "measures": [*_measured(contents.table("measure")), *_reflected(contents.table("promised"))],
        "changes": [*_weighed(contents), *_shifted(contents.table("theme_before"), called)],
    }
    return {part: "".join(sentences) for part, said in told.items() if (sentences := list(said))}


def compared_fields(contents: Contents, *, most: int) -> list[tuple[str, int, int, str]]:
    """The fields that changed by most, of those whose two counts are printed: now, before, and the change."""
    table = contents.table("theme_before")
    if table is None:
        return []
    rows = [(row, cells) for row, cells in zip(table.rows, table.cells, strict=True) if row not in _silent()][:-1]
    shown = [(row, now, before) for row, (now, before) in rows if now is not None and before]
    ranked = sorted(shown, key=lambda row: -abs(row[1] - row[2]))[:most]
    return [(row, now, before, said(change(now, before), Kind.CHANGE)) for row, now, before in ranked]


def printed_fields(contents: Contents) -> str:
    """The fields of which a count is printed, in one sentence: for where they are too few to be drawn."""
    shown = sorted(((label, count) for label, count in _decided(counts_by(contents, "theme")) if count), key=_by_count)
    why = f"{contents.k}通に満たないなどの理由で数を示せません"
    if not shown:
        return f"どの分野も、{why}。"
    return f"数を示せる分野は{'、'.join(f'「{label}」{count:,}件' for label, count in shown)}だけです。ほかは、{why}。"


def _by_count(pair: tuple[str, int]) -> int:
    return -pair[1]


def headline(contents: Contents) -> list[tuple[str, str]]:
    """Four numbers for the page of the mayor, each with its name."""
    units = contents.table("units")
    whole = units.cells[-1][0] if units is not None else None
    now, before = totals(contents) or (None, None)
    share = within_target(contents)
    risen = sum(one.change in _FOR_THE_MAYOR for one in contents.changes)
    return [
        ("寄せられた件数", "－" if whole is None else f"{whole:,}件"),
        (f"{contents.period.before_called}比", said(change(now, before), Kind.CHANGE)),
        ("目安内に回答した割合", "－" if share is None else f"{share:.1%}"),
        ("増えた・新しいもの", f"{risen}項目" if contents.compared_years else "－"),
    ]


def within_target(contents: Contents) -> float | None:
    """The share of answers that kept their target; None where one of the two counts is hidden or none has a target."""
    table = counts_by(contents, "pace")
    if table is None:
        return None
    counts = dict(margin(table, by_row=True))
    within, over = (counts.get(PACES[pace], 0) for pace in ("within", "over"))
    return None if within is None or over is None or not within + over else within / (within + over)


def _total(units: SuppressedTable | None) -> Iterator[str]:
    if units is None:
        return
    letters, _, matters = (cells[0] for cells in units.cells)
    if matters is None:
        yield "寄せられた意見等の合計は、秘匿のため示しません。"
    elif letters is None:
        yield f"寄せられた意見等は{matters:,}件でした。"
    elif letters == matters:
        yield f"寄せられた意見等は{matters:,}件（{letters:,}通）でした。"
    else:
        yield f"寄せられた意見等は{letters:,}通、内容ごとに数えて{matters:,}件でした。"


def _against_last_year(contents: Contents) -> Iterator[str]:
    both, called = totals(contents), contents.period.before_called
    if both is None:
        return
    now, before = both
    if now is None or before is None or before == 0:
        yield f"{called}との比較は、秘匿した数があるため示しません。"
        return
    more = now - before
    if more == 0:
        yield f"{called}（{before:,}件）と同じ件数です。"
        return
    way = "増えました" if more > 0 else "減りました"
    by_month = contents.table("month_before")
    empty = by_month is not None and any(cells[1] == 0 for cells in by_month.cells[:-1])
    beside = f"ただし、{called}には1件も記録のない月があります。" if empty else ""
    yield f"{called}（{before:,}件）と比べて{abs(more):,}件（{abs(more) / before:.1%}）{way}。{beside}"


def _leading(term: str, pairs: list[tuple[str, int | None]], *, top: int) -> Iterator[str]:
    """The largest shown counts; silent when there is no order. A hidden count may be larger than they are."""
    ranked = sorted(((label, count) for label, count in pairs if count), key=lambda pair: -pair[1])
    shown = [pair for pair in ranked[:top] if top > 1 or pair[1] not in {count for _, count in ranked[1:2]}]
    if shown and len(pairs) > 1:
        said = "、".join(f"「{label}」{count:,}件" for label, count in shown)
        among = "数を示したもののうち、" if any(count is None for _, count in pairs) else ""
        yield f"{term}別では、{among}{said}{'の順に' if len(shown) > 1 else 'が最も'}多く寄せられました。"


def _pairs(table: SuppressedTable | None) -> list[tuple[str, int | None]]:
    """The rows of a table of one column with their counts, its total left out."""
    return [] if table is None else [(row, cells[0]) for row, cells in zip(table.rows, table.cells, strict=True)][:-1]


def _most(table: SuppressedTable | None, lead: str = "", of: str = "全体") -> Iterator[str]:
    """The largest count, only if no hidden one can be larger and no other equals it; what is undecided is no answer."""
    silent, pairs = _silent(), _pairs(table)
    shown = sorted(((count, label) for label, count in pairs if count and label not in silent), reverse=True)
    if len(shown) < 2 or shown[0][0] == shown[1][0] or any(count is None for _, count in pairs):  # noqa: PLR2004
        return
    (count, label), whole = shown[0], table.cells[-1][0] if table is not None else None
    if not whole:
        return
    larger = "".join(f"「{one}」" for one, counted in pairs if one in silent and (counted or 0) >= count)
    apart = f"{larger}を除くと、" if larger else ""
    yield f"{lead}{apart}「{label}」が{count:,}件で最も多く、{of}の{count / whole:.1%}です。"


def _silent() -> set[str]:
    """Rows that name nothing."""
    return {theme_rules().undecided, theme_rules().withheld, UNSET, OTHER}


def _measured(table: SuppressedTable | None) -> Iterator[str]:
    """The measure of most among the answers, or that the desk gave none."""
    pairs = _pairs(table)
    if pairs and all(count == 0 for label, count in pairs if label != UNSET):
        yield "この期間の対応区分は記録されていません。"
    yield from _most(table, "回答したもののうち、", "回答")


def _reflected(table: SuppressedTable | None) -> Iterator[str]:
    """How much of what answers of earlier years promised is done, as far as it is printed; the last year first."""
    rows = list(zip(table.rows, table.cells, strict=True))[::-1] if table is not None else []
    told = [
        f"{label}は{whole:,}件のうち{kept:,}件（{kept / whole:.1%}）"
        for label, cells in rows
        for whole, kept in [(cells[WHOLE], cells[KEPT])]
        if whole and kept is not None
    ]
    if told:
        yield f"先の年に「検討」「実施予定」と回答したもののうち、今までに実施済となったものは、{'、'.join(told)}です。"


def _shifted(table: SuppressedTable | None, called: str) -> Iterator[str]:
    """What grew and what shrank by most against the year before, by ten and more; of equals none is the most.

    By how much says nothing of chance: what the test found is told elsewhere.
    """
    if table is None:
        return
    rows = [(row, cells) for row, cells in zip(table.rows, table.cells, strict=True) if row not in _silent()][:-1]
    moves = [(now - before, now, row) for row, (now, before) in rows if now is not None and before is not None]
    told = [
        f"最も{way}のは「{row}」（{abs(by):,}件{short}の{now:,}件）"
        for way, short, sign in (("増えた", "増", 1), ("減った", "減", -1))
        for by, now, row in [max(moves, key=lambda move: sign * move[0], default=(0, 0, ""))]
        if sign * by >= _NOTED and sum(move[0] == by for move in moves) == 1
    ]
    if told:
        yield f"{called}と比べ、{'数を示したもののうち、' if len(moves) < len(rows) else ''}{'、'.join(told)}です。"


def _busiest(table: SuppressedTable | None) -> Iterator[str]:
    """The month of most letters, and in how many months there were more than a year before."""
    if table is None:
        return
    compared = table.name == "month_before"
    counts = [cells[0] if compared else cells[-1] for cells in table.cells[:-1]]
    if len(counts) < 2 or any(count is None for count in counts):  # noqa: PLR2004
        return
    most = max(count or 0 for count in counts)
    names = "、".join(month for month, count in zip(table.rows, counts, strict=False) if count == most)
    yield f"最も多かった月は{names}（{most:,}件）です。"
    before = [cells[1] for cells in table.cells[:-1]] if compared else []
    if before and all(before):  # none hidden, and none without a letter: then nothing may have been recorded
        more = sum((now or 0) > (then or 0) for now, then in zip(counts, before, strict=True))
        yield f"{len(counts)}か月のうち{more}か月で前年同月を上回りました。"


def _weighed(contents: Contents) -> Iterator[str]:
    if not contents.compared_years:
        return
    risen = sum(one.change in _FOR_THE_MAYOR for one in contents.changes)
    fallen = len(contents.changes) - risen
    among = "数を示せるもののうち、偶然とは考えにくい"
    if not contents.changes:
        yield f"{among}増え方や減り方をしたものはありませんでした。"
    else:
        yield f"{among}変化は、増えたもの・新しいものが{risen}、減ったもの・なくなったものが{fallen}です。"


def _decided(table: SuppressedTable | None) -> list[tuple[str, int | None]]:
    rules = theme_rules()
    pairs = margin(table, by_row=True) if table is not None else []
    return [pair for pair in pairs if pair[0] not in {rules.undecided, rules.withheld}]


def _changed(contents: Contents, kinds: tuple[Change, ...]) -> Iterator[str]:
    """What the test of the report found, the surest first; one sentence for each kind of change."""
    for kind in kinds:
        told = [_one(entry, contents.period.before_called) for entry in contents.changes if entry.change is kind][:_TOP]
        if told:
            yield f"{_HOW[kind]}は、{'、'.join(told)}です。"


def _one(entry: ToldChange, before_called: str) -> str:
    same = "前年同月" if entry.term == "月" else before_called
    before = f"{same}{entry.before:,}件から" if entry.before else ""
    label = entry.label.removesuffix(BY_MACHINE)
    made = "機械による見出し、" if label != entry.label else ""
    return f"{entry.term}「{label}」（{made}{before}{entry.now:,}件）"


def _answered(contents: Contents) -> Iterator[str]:
    share = within_target(contents)
    if share is None:
        return
    whole = next((entry for entry in contents.times if entry.group == TOTAL_LABEL), None)
    days = f"、回答までの開庁日数の中央値は{whole.median}日" if whole and whole.median is not None else ""
    yield f"目安のある回答のうち、目安の日までに回答したものは{share:.1%}{days}でした。"


def _new_words(contents: Contents) -> Iterator[str]:
    words = [entry.word for entry in contents.new_words[: _TOP + 2]]
    if words:
        listed = "、".join(f"「{word}」" for word in words)
        yield f"{contents.period.before_called}より目立って使われた言葉は、{listed}です。"


def _same_texts(contents: Contents) -> Iterator[str]:
    table = contents.table("texts")
    repeats = table.cells[1][0] if table is not None else None
    if repeats:
        yield f"同じ文面の2通目以降が{repeats:,}通ありました。どれも1通として数え、言い換えられたものは含みません。"


def _undecided(table: SuppressedTable | None) -> Iterator[str]:
    if table is None:
        return
    waiting, total = dict(margin(table, by_row=True)).get(theme_rules().undecided), table.cells[-1][-1]
    if waiting and total:
        share = f"{waiting:,}件（{waiting / total:.1%}）"
        yield f"内容から分野を一つに決められなかったものが{share}あり、どの分野にも含めていません。"


def _hidden(contents: Contents) -> Iterator[str]:
    if contents.hidden_cells:
        yield (
            f"個人が推測されないよう、{contents.k}通に満たない数などと、そこから逆算できる数、"
            f"合わせて{contents.hidden_cells}か所を「秘」としました。"
        )
