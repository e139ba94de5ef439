"""The steps of the desk's day: take up, tell, list, remind, hand over to analysis. Numbers, days and states only."""

from typing import Any

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from tasks.support import desk, sentence_only
from tayori.desk import flagging, reminders, taking_up

KEY = "desk-due"
HEADINGS = ("受付番号", "課", "状態", "目安", "あと")


@task(name="受付", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def take_letters_up() -> int:
    """Take up the letters that came since the last time: number, target date, look-up values."""
    with desk() as office:
        return taking_up.take_up(office)


@task(name="至急の知らせ", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def tell_flags() -> int:
    """Tell people of the flags of which nobody was told yet."""
    with desk() as office:
        return flagging.tell(office)


@task(name="目安の一覧", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def show_due() -> int:
    """Show what is near its target or beyond it, by division, as an artifact."""
    with desk() as office:
        listed = reminders.by_division(reminders.due(office))
    rows: list[dict[str, Any]] = [
        {"部": division.name if division is not None else "広聴"}
        | dict(zip(HEADINGS, (one.receipt_no, one.department, one.state, str(one.target_on), one.note), strict=True))
        for division, part in sorted(listed.items(), key=lambda entry: entry[0].name if entry[0] else "")
        for one in part
    ]
    create_table_artifact(key=KEY, table=rows or [{"部": "-", "件数": 0}], description="回答の目安が近い意見等")
    return len(rows)


@task(name="督促", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def remind_divisions() -> int:
    """Mail the list to the desk and to the divisions; nothing on a day on which the ward is closed."""
    with desk() as office:
        return reminders.remind(office)
