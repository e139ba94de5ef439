"""The desk's flows: letters are taken up and told of, and Prefect sees numbers, days and states alone (I3)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from flows.desk import desk
from flows.desk_reminders import desk_reminders
from flows.ingest_opinions import LEFT, ingest_opinions
from sandbox.mails.writing import TEXT, mail
from tasks import desk as steps
from tayori.desk import handling
from tayori.domain.states import CaseState
from tayori.errors import Unavailable
from tayori.office import Office, utc_now
from tayori.warehouse import opinions
from tayori.warehouse.engines import reading
from tests.desk.builders import Written, a_letter, put, the_staff
from tests.mail.builders import DONE, a_maildir
from tests.support.mail_desk import MailDesk
from tests.support.prefect_server import PrefectServer


@pytest.mark.prefect
def test_the_desks_day_takes_up_shows_and_reminds(
    mailing: Office, mail_desk: MailDesk, prefect_here: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two letters in, both past their target by now: on the artifact by number, and nobody's name anywhere there."""
    received_on = utc_now().date() - timedelta(days=60)  # a flow has the real clock
    numbers = [put(mailing, Written(received_on=received_on)) for _ in range(2)]
    monkeypatch.setenv("TAYORI_HOME", str(mailing.settings.home))
    monkeypatch.setenv("TAYORI_SMTP_URL", mail_desk.url)
    monkeypatch.setenv("TAYORI_ALARM_MAIL_TO", "desk@example.jp")
    desk()
    assert steps.take_letters_up.fn() == 0
    desk_reminders()
    (shown,) = prefect_here.found("artifacts", artifacts={"key": {"any_": [steps.KEY]}}, sort="CREATED_DESC", limit=1)
    listed = json.loads(shown["data"])
    assert [row["受付番号"] for row in listed] == numbers
    assert all("目安超過" in row["あと"] for row in listed)
    for text in (json.dumps(listed, ensure_ascii=False), *mail_desk.texts()):
        assert "花子" not in text
        assert "遊具" not in text


@pytest.mark.prefect
def test_what_is_away_keeps_nothing_else_back(
    mailing: Office, prefect_here: PrefectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mail server: what is done is masked all the same. No call centre: the mails come in. And each run says so.

    So it says what is in the folder of mails that were taken in and was not.
    """
    staff, receipt_no = the_staff(mailing), a_letter(mailing, opinion="もう死にたいです。")
    handling.end_without_answer(mailing, staff["sakura"], receipt_no, CaseState.CIRCULATED, "供覧とする")
    monkeypatch.setenv("TAYORI_HOME", str(mailing.settings.home))
    monkeypatch.setenv("TAYORI_SMTP_URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("TAYORI_ALARM_MAIL_TO", "desk@example.jp")
    with pytest.raises(Unavailable, match="mail server"):
        desk()
    monkeypatch.setenv("TAYORI_CALL_CENTRE_URL", f"sqlite:///{tmp_path / 'absent.db'}")
    monkeypatch.setenv("TAYORI_CALL_CENTRE_MAPPING", "docs/examples/call_centre.yaml")
    box = a_maildir(tmp_path / "box", [mail(TEXT)])
    a_maildir(box / f".{DONE}", [mail("だれも読んでいない意見です。")])
    monkeypatch.setenv("TAYORI_MAIL_URL", f"maildir://{box}")
    monkeypatch.setenv("TAYORI_MAIL_MAPPING", "docs/examples/mail.yaml")
    with pytest.raises(Unavailable, match="database file"):
        ingest_opinions()
    with reading(mailing.warehouse) as people:
        assert len(opinions.masked_between(people, "2026-10", "2026-10")) == 1
        assert opinions.count_cases(people) == {"circulated": 1, "received": 1}
    left, cleared = LEFT["mail_was_filed_and_is_not_known_here"], "取込済のフォルダから削除"
    told = _told_of_letters(prefect_here)
    assert (told[left], cleared in told) == ("1", False)  # what a reading took in is deleted by another one
    with pytest.raises(Unavailable, match="database file"):
        ingest_opinions()
    told = _told_of_letters(prefect_here)
    assert (told[left], told[cleared]) == ("1", "1")


def _told_of_letters(server: PrefectServer) -> dict[str, str]:
    asked = {"key": {"any_": ["ingest-opinions"]}}
    (shown,) = server.found("artifacts", artifacts=asked, sort="CREATED_DESC", limit=1)
    return {row["項目"]: row["件数"] for row in json.loads(shown["data"])}
