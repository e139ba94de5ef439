"""The command `tayori`: one noun a module, loaded when it is asked for; errors are one sentence and an exit code."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any, Final

import typer
from typer.core import TyperGroup

from tasks.support import sentence_only
from tayori.errors import TayoriError

WORDS: Final = {
    "init": "保存先と鍵を用意する (stores and keys)",
    "roles": "データベースの役割と権限 (database roles of the doors)",
    "doctor": "この環境を点検する (check a deployment)",
    "up": "サーバ・ワーカ・受付口をまとめて動かす (run everything here)",
    "demo": "模擬データで一巡させる (rehearse it all)",
    "handler": "取扱者 (handler) の名簿",
    "register": "記録項目の登録簿 (register of collected items)",
    "audit": "アクセス記録 (access log)",
    "segment": "配信対象の条件 (segment)",
    "broadcast": "配信 (broadcast) の起案・承認・送信",
    "feed": "区のサイトの新着情報 (feed) から作る案",
    "plan": "定期配信の計画 (plan)",
    "template": "緊急配信のひな形 (template)",
    "richmenu": "リッチメニュー (rich menu)",
    "ingest": "取込み (ingest): 受信イベントと意見等",
    "keys": "鍵の世代 (key epochs)",
    "retention": "登録をやめた人の消去 (retention)",
    "disposal": "保存期間の満了した意見等の廃棄 (disposal)",
    "certificate": "消去証明書 (certificate)",
    "copies": "複製の台帳 (copies)",
    "backup": "バックアップ (backup)",
    "escrow": "鍵の預託 (escrow)",
    "restore": "復元 (restore) とその稽古",
    "quarantine": "隔離 (quarantine) された行",
    "case": "案件 (case): 意見等の受付・回付・回答・終わり",
    "disclosure": "開示の請求 (disclosure) への対応",
    "migrate": "旧システムからの移行 (migrate)",
    "survey": "アンケート (survey)",
    "opinions": "意見等の集計及び分析 (opinions)",
}


class Nouns(TyperGroup):
    """The nouns, each loaded at its first use: the whole takes seconds to load, one of them a fraction."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's own context
        """Give the nouns in the order of the walk."""
        return list(WORDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - typer's own types
        """Load one noun."""
        if cmd_name not in WORDS:
            return None
        module = importlib.import_module(f"cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - typer's own types
        """List the nouns without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(WORDS.items()))


app = typer.Typer(
    name="tayori",
    cls=Nouns,
    help="便り: 区政情報の配信と意見等の受付 (news to residents, letters from residents)",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
)


@app.callback()
def _root() -> None: ...


def run(words: Sequence[str] | None = None) -> int:
    """Run the command with its words; give the exit code. What goes wrong is one sentence on standard error."""
    try:
        sentence_only(app)(args=words, prog_name="tayori")
    except TayoriError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return error.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


def main() -> None:
    """Be the command."""
    sys.exit(run())


if __name__ == "__main__":
    main()
