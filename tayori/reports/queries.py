"""How every figure of a report is counted: a number for each query that stays, in words and as an expression.

Readers of a figure find its number beside it and the query in the list of all; editions to come keep the numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tayori.opinions.period import Period

TERMS: Final[Mapping[str, str]] = {
    "month": "集計月",
    "channel": "媒体",
    "department": "主管の部",
    "kind": "種別",
    "theme": "分野",
    "quarter": "集計月の四半期",
    "wanted": "返信の希望",
    "sender": "記名・匿名",
    "pace": "目安に対する回答日",
    "state": "処理",
    "measure": "対応区分",
    "topic": "話題",
}
"""What a dimension of tables is called in words and as a column."""
NUMBERS: Final[Mapping[str, str]] = {
    "years": "A-01",
    "month_before": "A-02",
    "month": "A-03",
    "month_channel": "A-04",
    "channel": "A-05",
    "channel_before": "A-06",
    "department": "A-07",
    "department_kind": "A-08",
    "department_before": "A-09",
    "department_month": "A-10",
    "theme": "A-11",
    "theme_kind": "A-12",
    "theme_quarter": "A-13",
    "theme_month": "A-14",
    "theme_before": "A-15",
    "kind": "A-16",
    "wanted": "A-17",
    "sender": "A-18",
    "wanted_sender": "A-19",
    "state": "A-20",
    "pace": "A-21",
    "department_pace": "A-22",
    "measure": "A-23",
    "topic": "A-24",
    "units": "A-25",
    "texts": "A-26",
    "department_part": "A-27",
    "lateness": "A-28",
    "promised": "A-29",
    "times": "B-01",
    "changes": "B-02",
    "new_words": "B-03",
    "words": "B-04",
    "repeated_words": "B-05",
    "line": "L-01",
    "line_genres": "L-02",
    "line_months": "L-03",
    "line_genre_months": "L-04",
}
"""The number of a query by the name of its table. A number is never given to another query."""
ROWS: Final = (
    "「件」は、処理が終わり、氏名などを伏せた（マスキング済みの）意見等を内容ごとに1行とした表です。列「投書」は、1通の投書に1つの番号です。"
    "「件の言葉」は、そこに出てくる言葉を1行とした表です。「集計月」は受け付けた月です。その月の報告が出た後に処理が終わったものは、"
    "次の、まだ報告が出ていない月とします（一度に多く加わったものを除きます）。"
)
"""What the expressions count."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query: its number, what it counts in words, and as an expression."""

    number: str
    said: str
    expression: str


_BY: Final = (
    "集計月が対象期間にある意見等を、{列}ごとに件で数える。",
    "SELECT {列}, COUNT(*) FROM 件 WHERE 集計月 IN {月} GROUP BY {列}",
)
_BY_AND_BEFORE: Final = (
    "集計月が対象期間にある意見等と、その1年前の同じ月にある意見等を、それぞれ{列}ごとに件で数える。",
    ("SELECT {列}, COUNT(*) FILTER (集計月 IN {月}), COUNT(*) FILTER (集計月 IN {前年の月}) FROM 件 GROUP BY {列}"),
)
_SPECIAL: Final[Mapping[str, tuple[str, str]]] = {
    "years": (
        "集計月が対象期間とその4年前までの同じ月にある意見等を、年ごとに件で数える。",
        "SELECT 年, COUNT(*) FROM 件 WHERE 集計月 IN 対象期間と各年の同じ月 GROUP BY 年",
    ),
    "units": (
        "集計月が対象期間にある投書（通）と、同じ投書の2件目以降を数える。二つの和が件数となる。",
        "SELECT COUNT(DISTINCT 投書), COUNT(*) - COUNT(DISTINCT 投書), COUNT(*) FROM 件 WHERE 集計月 IN {月}",
    ),
    "texts": (
        "集計月が対象期間にある投書を、文面が初めてのものと、先の投書と同じものとに分けて通で数える。",
        ("SELECT 先の投書と同じ文面, COUNT(DISTINCT 投書) FROM 件 WHERE 集計月 IN {月} GROUP BY 先の投書と同じ文面"),
    ),
    "measure": (
        "集計月が対象期間にあり、区が回答した意見等を、対応区分ごとに件で数える。",
        "SELECT 対応区分, COUNT(*) FROM 件 WHERE 集計月 IN {月} AND 処理 = '回答' GROUP BY 対応区分",
    ),
    "lateness": (
        "集計月が対象期間にあり、目安を過ぎて回答した意見等を、その理由ごとに件で数える。",
        "SELECT 理由, COUNT(*) FROM 件 WHERE 集計月 IN {月} AND 目安に対する回答日 = '目安超過の回答' GROUP BY 理由",
    ),
    "department_part": (
        "集計月が対象期間にある意見等を、関わる部ごとに、主管と関係とに分けて件で数える。1件を関わった部のそれぞれで数える。",
        "SELECT 部, 主管か関係か, COUNT(*) FROM 件と部 WHERE 集計月 IN {月} GROUP BY 部, 主管か関係か",
    ),
    "promised": (
        "集計月が先の各年の同じ月にあり、「検討」「実施予定」と回答した意見等を、作成日までにどうなったかに分けて件で数える。",
        (
            "SELECT 年, 今の状況, COUNT(*) FROM 件 WHERE 集計月 IN 各年の同じ月 AND 対応区分 IN ('検討', '実施予定') "
            "GROUP BY 年, 今の状況"
        ),
    ),
    "times": (
        (
            "集計月が対象期間にあり、目安があって回答したものについて、"
            "受付の翌開庁日を1日目とした日数を部ごとにまとめる。"
        ),
        (
            "SELECT 主管の部, PERCENTILE_DISC(0.5), PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY "
            "回答までの開庁日数), AVG(目安内) FROM 件 WHERE 集計月 IN {月} AND 目安がある AND 処理 = '回答' "
            "GROUP BY 主管の部"
        ),
    ),
    "changes": (
        (
            "分野、主管の部、媒体、集計月、話題ごとの通数を過去の同じ月と比べ、偶然とは考えにくい変化で、"
            "件数を示せるものを選ぶ。"
        ),
        (
            "SELECT 区分, 名称, COUNT(DISTINCT 投書) FROM 件 WHERE 集計月 IN {月} OR 集計月 IN 過去の同じ月 "
            "GROUP BY 区分, 名称, 年 HAVING 負の二項分布の裾（誤りの割合1%以下）"
        ),
    ),
    "new_words": (
        "投書に出てくる言葉を通で数え、前年の同じ月に比べて目立つもの（対数オッズ比）を選ぶ。",
        (
            "SELECT 言葉, COUNT(DISTINCT 投書) FROM 件の言葉 WHERE 集計月 IN {月} OR 集計月 IN {前年の月} GROUP "
            "BY 言葉, 年"
        ),
    ),
    "words": (
        "投書に出てくる言葉を分野ごとに通で数え、ほかの分野に比べて目立つものを選ぶ。",
        "SELECT 分野, 言葉, COUNT(DISTINCT 投書) FROM 件の言葉 WHERE 集計月 IN {月} GROUP BY 分野, 言葉",
    ),
    "repeated_words": (
        "対象期間の月を扱った先の版が示した言葉を、示した版の多い順に並べる。",
        "SELECT 分野, 言葉, COUNT(版) FROM 先の版の言葉 WHERE 月 IN {月} GROUP BY 分野, 言葉",
    ),
    "line": (
        "LINEが日ごとに集計した友だちの数と、作成日に受信設定のある人の数。",
        "SELECT 友だちの数 FROM LINEの日ごとの集計 WHERE 日 <= 期間の末日; SELECT COUNT(*) FROM 受信設定",
    ),
    "line_genres": (
        (
            "期間中に始めた配信と、配信の日と翌日のブロックの1日平均を情報ジャンルごとに数え、"
            "作成日に選んでいる人の数を並べる。"
        ),
        (
            "SELECT 情報ジャンル, COUNT(配信), AVG(ブロック) FILTER (配信の日と翌日) FROM 配信 WHERE 開始月 IN "
            "{月} GROUP BY 情報ジャンル; SELECT 情報ジャンル, COUNT(*) FROM 受信設定 GROUP BY 情報ジャンル"
        ),
    ),
    "line_genre_months": (
        "期間中に始めた配信を、情報ジャンルごと、月ごとに数える。",
        ("SELECT 情報ジャンル, 開始月, COUNT(配信) FROM 配信 WHERE 開始月 IN {月} GROUP BY 情報ジャンル, 開始月"),
    ),
    "line_months": (
        (
            "月ごとに、月末の友だちの数、始めた配信の数、1日当たりのブロックの数（月の平均、"
            "配信の日と翌日の平均）を数える。"
        ),
        (
            "SELECT 月, 月末の友だちの数, COUNT(配信), AVG(ブロック), AVG(ブロック) FILTER (配信の日と翌日) FROM "
            "日ごとの集計 WHERE 月 IN {月} GROUP BY 月"
        ),
    ),
}


def query_of(name: str, period: Period) -> Query:
    """The query of a table by its name, over the months of a report."""
    said, expression = _SPECIAL.get(name) or _grouped(name)
    months = {"{月}": period.months, "{前年の月}": period.months_before}
    for place, held in months.items():
        expression = expression.replace(f"IN {place}", _between(held))
    return Query(NUMBERS[name], said, expression)


def _grouped(name: str) -> tuple[str, str]:
    """Matters by one dimension or two, or by one beside the year before."""
    held = name.removesuffix("_before")
    columns = [TERMS[part] for part in held.split("_")]
    said, expression = _BY if held == name else _BY_AND_BEFORE
    return said.replace("{列}", "×".join(columns)), expression.replace("{列}", ", ".join(columns))


def _between(months: tuple[str, ...]) -> str:
    if not months:
        return "IN ()"
    return f"= '{months[0]}'" if len(months) == 1 else f"BETWEEN '{months[0]}' AND '{months[-1]}'"
