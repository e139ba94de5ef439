"""`tayori doctor`: whether this deployment is as the papers ask; each finding is one sentence."""

import typer

from cli.show import Json, table
from tasks.support import settings_here
from tayori import deployment
from tayori.deployment import Weight
from tayori.errors import Refused

app = typer.Typer(rich_markup_mode=None, add_completion=False)

HEADINGS = {"name": "項目", "weight": "判定", "sentence": "内容"}


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """鍵・保存先・接続先・記録の鎖・通信の設定を点検する。不備があれば終了コード 3。"""
    findings = deployment.examine(settings_here())
    table(findings, HEADINGS, as_json=as_json)
    failed = sum(finding.weight is Weight.FAILED for finding in findings)
    if failed:
        raise Refused(f"{failed} of {len(findings)} checks failed; see the list.")
