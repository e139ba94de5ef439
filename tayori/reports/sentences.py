"""Plain sentences about released tables, by rules from their numbers: nothing is said that the tables do not print."""

from collections.abc import Iterator, Mapping
from typing import Final

from tayori.opinions.disclosure.tables import TOTAL_LABEL, SuppressedTable
from tayori.opinions.themes import theme_rules
from tayori.reports.charts import margin

_TOP: Final = 3
_NOTABLE: Final = 1.2


def summary(tables: Mapping[str, SuppressedTable], *, k: int) -> list[str]:
    """What a reader in a hurry must know, in the order of weight. `tables` are by name."""
    sentences = [
        _total(tables["units"]),
        *_against_last_year(tables.get("month_before")),
        *_leading("媒体", margin(tables["month_channel"], by_row=False), top=1),
        *_leading("分野", _decided(tables["theme_kind"]), top=_TOP),
        *_risen(tables.get("theme_before"), k),
        *_undecided(tables["theme_kind"]),
    ]
    hidden = sum(table.hidden for table in tables.values())
    if hidden:
        sentences.append(
            f"個人が推測されないよう、{k}通に満たない数などと、そこから逆算できる数、合わせて{hidden}か所を「秘」としました。"
        )
    return sentences


def _total(units: SuppressedTable) -> str:
    letters, further, matters = (cells[0] for cells in units.cells)
    if matters is None:
        return "寄せられた意見等が少ないため、合計を含めて数を示しません。"
    if letters is None:
        return f"寄せられた意見等は{matters:,}件でした。"
    if not further:
        return f"寄せられた意見等は{matters:,}件（{letters:,}通）でした。"
    return f"寄せられた意見等は{letters:,}通、内容ごとに数えて{matters:,}件でした。"


def _against_last_year(table: SuppressedTable | None) -> Iterator[str]:
    if table is None:
        return
    now, before = table.cells[-1]
    if now is None or before is None or before == 0:
        yield "前年同期との比較は、数が少ないため示しません。"
        return
    change = now - before
    if change == 0:
        yield f"前年同期（{before:,}件）と同じ件数です。"
        return
    way = "増えました" if change > 0 else "減りました"
    yield f"前年同期（{before:,}件）と比べて{abs(change):,}件（{abs(change) / before:.1%}）{way}。"


def _leading(term: str, pairs: list[tuple[str, int | None]], *, top: int) -> Iterator[str]:
    """The largest shown counts; silent when a hidden count makes the order unsure or there is no order."""
    shown = sorted(((label, count) for label, count in pairs if count), key=lambda pair: -pair[1])[:top]
    if shown and len(pairs) > 1:
        said = "、".join(f"「{label}」{count:,}件" for label, count in shown)
        yield f"{term}別では、{said}{'の順に' if len(shown) > 1 else 'が最も'}多く寄せられました。"


def _decided(table: SuppressedTable) -> list[tuple[str, int | None]]:
    rules = theme_rules()
    return [pair for pair in margin(table, by_row=True) if pair[0] not in {rules.undecided, rules.withheld}]


def _risen(table: SuppressedTable | None, k: int) -> Iterator[str]:
    """Fields with at least k more matters and a fifth more than a year earlier."""
    if table is None:
        return
    rules = theme_rules()
    rises: list[tuple[int, str]] = []
    for label, (now, before) in zip(table.rows, table.cells, strict=True):
        if now is None or before is None or label in {TOTAL_LABEL, rules.undecided, rules.withheld}:
            continue
        if now - before >= k and now >= before * _NOTABLE:
            rises.append((before - now, f"「{label}」（{before:,}件から{now:,}件）"))
    if rises:
        yield f"前年同期より目立って増えた分野は、{'、'.join(said for _, said in sorted(rises)[:_TOP])}です。"


def _undecided(table: SuppressedTable) -> Iterator[str]:
    rules = theme_rules()
    counts = dict(margin(table, by_row=True))
    waiting, total = counts.get(rules.undecided), table.cells[-1][-1]
    if waiting and total:
        share = f"{waiting:,}件（{waiting / total:.1%}）"
        yield f"分野を機械で決められなかったものが{share}あり、担当者の確認を待っています。"
