"""The steps of the watch: look, show, tell. Counts, ids and sentences only."""

from prefect import task
from prefect.artifacts import create_table_artifact

from tasks.support import desk, sentence_only
from tayori import mail, watch
from tayori.retention import run as retention
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome
from tayori.watch import Alarm

SUBJECT = "【便り】確認してください"
KEY = "alarms"


@task(name="look-around")
@sentence_only
def look_around() -> list[Alarm]:
    """Look at everything that can be late or stuck."""
    with desk() as office:
        return watch.look(office)


@task(name="end-what-is-over")
@sentence_only
def end_what_is_over() -> int:
    """End what is quarantined no longer; what cannot be parsed may be talk, and is kept for a day, not for a night."""
    with desk() as office:
        return retention.expire_quarantine(office)


@task(name="show-alarms")
@sentence_only
def show_alarms(alarms: list[Alarm]) -> None:
    """Show what was found as an artifact: kinds, counts and sentences."""
    rows = [{"種類": alarm.code, "件数": alarm.count, "内容": alarm.sentence} for alarm in alarms]
    create_table_artifact(
        key=KEY, table=rows or [{"種類": "-", "件数": 0, "内容": "異常はありません。"}], description="見回りの結果"
    )


@task(name="tell-the-desk")
@sentence_only
def tell_the_desk(alarms: list[Alarm]) -> bool:
    """Mail the desk what is new, once a day what is still there; whether a mail went out."""
    with desk() as office:
        with writing(office.warehouse) as connection:
            last = runs.latest(connection, watch.STORY, Outcome.DONE)
            run_id = runs.begin(connection, watch.STORY, office.now(), office.rng)
        told = False
        if watch.is_news(office, alarms, last):
            told = mail.send(office.settings, SUBJECT, "\n".join(f"・{alarm.sentence}" for alarm in alarms) + "\n")
        with writing(office.warehouse) as connection:
            runs.end(connection, run_id, Outcome.DONE, watch.counts(alarms), office.now())
    return told
