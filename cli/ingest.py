"""`tayori ingest`: what came in, through the gate, into the warehouse; every row is accounted for."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import office_here
from cli.show import Json, facts, progress
from tayori.errors import BadInput, Unavailable
from tayori.ingest.inbox import InboxCounts
from tayori.office import Office

app = typer.Typer(
    help="取込み (ingest): 受信イベントと意見等", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

EVENTS = {
    "received": "受信",
    "applied": "反映",
    "ignored": "対象外",
    "duplicate": "重複",
    "quarantined": "隔離",
    "reasons": "対象外の理由",
    "rules": "隔離の規則",
}
LETTERS = {
    "read": "読取り",
    "accepted": "受入れ",
    "recorded": "記録",
    "counted": "件数のみ",
    "duplicate": "重複",
    "changed": "取込み元での変更",
    "quarantined": "隔離",
    "rules": "隔離の規則",
    "cleared": "取込み元で消したもの",
    "left_behind": "取込み元に残したもの",
}
CALL_CENTRE, MAIL = "call_centre", "mail"


@app.command()
def events(
    *,
    file: Annotated[
        Path | None, typer.Option(help="1 行 1 イベントの JSON Lines（省略: 受付箱を空になるまで）")
    ] = None,
    as_json: Json = False,
) -> None:
    """友だち追加・ブロックなどの受信イベントと受信設定を取り込む。"""
    from expectations.gate import gate  # noqa: PLC0415 - start-up time: pandas
    from tayori.ingest.event_file import ingest_event_file  # noqa: PLC0415 - start-up time, as above

    with office_here() as office:
        if file is None:
            drained = _drained(office)
            shown = drained.events.plain() | {
                "receptions": drained.receptions.plain(),
                "wishes": drained.wishes.plain(),
            }
            facts(shown, EVENTS | {"receptions": "受信設定", "wishes": "本人の求め"}, as_json=as_json)
            return
        with progress(f"取込み {file.name}") as advance:
            counts = ingest_event_file(office, file, gate, advance)
        facts(counts.plain(), EVENTS, as_json=as_json)


def _drained(office: Office) -> InboxCounts:
    from expectations.gate import gate  # noqa: PLC0415 - start-up time: pandas
    from tayori.ingest.inbox import ingest_inbox  # noqa: PLC0415 - start-up time, as above

    total = InboxCounts()
    with progress("受付箱") as advance:
        while (block := ingest_inbox(office, gate)).rows:
            total.add(block)
            advance(block.rows)
    return total


@app.command()
def opinions(
    *,
    file: Annotated[Path | None, typer.Option(help="意見等のファイル (CSV, Excel, JSON)")] = None,
    mapping: Annotated[Path | None, typer.Option(help="列の対応表 (YAML)")] = None,
    source: Annotated[str, typer.Option(help=f"設定済みの取込み元: {CALL_CENTRE}, {MAIL}")] = "",
    as_json: Json = False,
) -> None:
    """意見等をファイル、コールセンターの DB 又はメール窓口から取り込む。"""
    if (file is None) == (not source):
        raise BadInput("Name either a file with --file and --mapping, or a source with --source.")
    if file is not None:
        _letters_from_file(file, mapping, as_json=as_json)
        return
    sources = {CALL_CENTRE: _letters_from_call_centre, MAIL: _letters_from_mails}
    if source not in sources:
        raise BadInput(f"There is no source of this name; those there are: {', '.join(sources)}.")
    sources[source](as_json=as_json)


def _letters_from_file(file: Path, mapping: Path | None, *, as_json: bool) -> None:
    from expectations.gate import gate  # noqa: PLC0415 - start-up time: pandas
    from tayori.ingest.opinions import ingest_opinion_file  # noqa: PLC0415 - start-up time, as above
    from tayori.ingest.sources.mapping import read_file_mapping  # noqa: PLC0415 - start-up time, as above

    if mapping is None:
        raise BadInput("A file of letters needs its mapping: --mapping M.yaml says which column is which item.")
    with office_here() as office, progress(f"取込み {file.name}") as advance:
        counts = ingest_opinion_file(office, file, read_file_mapping(mapping), gate, advance)
    facts(counts.plain(), LETTERS, as_json=as_json)


def _letters_from_call_centre(*, as_json: bool) -> None:
    from expectations.gate import gate  # noqa: PLC0415 - start-up time: pandas
    from tayori.ingest.opinions import ingest_call_centre  # noqa: PLC0415 - start-up time, as above
    from tayori.ingest.sources.database_mapping import read_database_mapping  # noqa: PLC0415 - start-up time, as above

    with office_here() as office, progress("コールセンター") as advance:
        settings = office.settings
        if settings.call_centre_url is None or settings.call_centre_mapping is None:
            raise Unavailable("Set TAYORI_CALL_CENTRE_URL and TAYORI_CALL_CENTRE_MAPPING to read the call centre.")
        mapped = read_database_mapping(settings.call_centre_mapping)
        counts = ingest_call_centre(office, settings.call_centre_url.get_secret_value(), mapped, gate, advance)
    facts(counts.plain(), LETTERS, as_json=as_json)


def _letters_from_mails(*, as_json: bool) -> None:
    from expectations.gate import gate  # noqa: PLC0415 - start-up time: pandas
    from tayori.ingest.mail import ingest_mail  # noqa: PLC0415 - start-up time, as above
    from tayori.ingest.sources.mail.mapping import read_mail_mapping  # noqa: PLC0415 - start-up time, as above

    with office_here() as office, progress("メール") as advance:
        settings = office.settings
        if settings.mail_url is None or settings.mail_mapping is None:
            raise Unavailable("Set TAYORI_MAIL_URL and TAYORI_MAIL_MAPPING to read the ward's mailbox.")
        mapped = read_mail_mapping(settings.mail_mapping)
        counts = ingest_mail(office, settings.mail_url.get_secret_value(), mapped, gate, advance)
    facts(counts.plain(), LETTERS, as_json=as_json)
