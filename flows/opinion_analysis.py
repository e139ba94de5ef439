"""What residents are telling the ward: letters that are done become tables in which nobody can be found (O3)."""

from datetime import date
from typing import Annotated, Literal

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from tasks.opinions import (
    begin_analysis,
    end_analysis,
    has_second_reader,
    mask_done,
    read_a_second_time,
    settle_masked,
    write_report,
)
from tasks.support import sentence_only
from tayori.analysis.report import ReportWanted
from tayori.opinions.period import Span

# Prefect checks a form by `pattern`, not by `format`: without one, a name typed instead of a day would be kept (I3).
Day = Annotated[date, WithJsonSchema({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"})]


class Period(BaseModel):
    """The months that a report covers."""

    model_config = ConfigDict(title="報告の対象期間", extra="forbid")

    first: Day | None = Field(None, title="開始日", description="月の初日。空欄なら、終了日の12か月前の月初")
    last: Day | None = Field(None, title="終了日", description="終わった月の末日。空欄なら、先月末")
    span: Literal[Span.MONTH, Span.QUARTER, Span.FISCAL_YEAR] | None = Field(
        None, title="種類", description="月次・四半期・年次。開始日と終了日の代わりに選ぶと、終わった最後の期間"
    )
    trial: bool = Field(default=False, title="試作", description="庁内で見るだけの報告。版として残さない")
    public: bool = Field(default=True, title="公表用", description="公表用は10通未満、庁内用は5通未満を秘匿")


@flow(name="opinion-analysis", persist_result=False)
@sentence_only
def opinion_analysis(period: Period) -> None:
    """Mask what is done, link what says the same, find what it is about, then report on the period.

    Where a second reader is set, it reads last: the report stands by then, whatever becomes of the reading.
    """
    run = begin_analysis()
    masked = mask_done()
    settled = settle_masked()
    wanted = ReportWanted(period.first, period.last, period.span, public=period.public, trial=period.trial)
    report = write_report(wanted)
    end_analysis(run, masked, report)
    lines = [
        "| 項目 | 件数 |",
        "|---|---|",
        f"| 新たにマスキングした意見 | {masked['masked_letters']} |",
        f"| マスキングした箇所 | {masked['masked_spans']} |",
        f"| 同じ文面の2通目以降 | {settled['repeated_texts']} |",
        f"| 新しい話題 | {settled['new_topics']} |",
        f"| 対象の意見（通） | {report['letters']} |",
        f"| 表 | {report['tables']} |",
        f"| 秘匿したセル | {report['suppressed_cells']} |",
        f"| 偶然とは考えにくい変化 | {report['changes']} |",
    ]
    create_markdown_artifact("\n".join(lines), key="opinion-report", description="意見の傾向報告（件数のみ）")
    if has_second_reader():
        read_a_second_time()
