"""The desk's flows: letters are taken up and told of, and Prefect sees numbers, days and states alone (I3)."""

import pytest

from flows.desk import desk, desk_reminders
from tasks import desk as steps
from tayori.office import Office
from tests.desk.builders import Written, put
from tests.support.mail_desk import MailDesk
from tests.support.prefect_server import PrefectServer


@pytest.mark.prefect
def test_the_desks_day_takes_up_shows_and_reminds(
    mailing: Office, mail_desk: MailDesk, prefect_here: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two letters in, both past their target by now: on the artifact by number, and nobody's name anywhere there."""
    for _ in range(2):
        put(mailing, Written())
    monkeypatch.setenv("TAYORI_HOME", str(mailing.settings.home))
    monkeypatch.setenv("TAYORI_SMTP_URL", mail_desk.url)
    monkeypatch.setenv("TAYORI_ALARM_MAIL_TO", "desk@example.jp")
    desk()
    assert steps.take_letters_up.fn() == 0
    desk_reminders()
    (shown,) = prefect_here.found("artifacts", artifacts={"key": {"any_": [steps.KEY]}}, sort="CREATED_DESC", limit=1)
    assert "R2026-0000001" in shown["data"]
    assert "目安超過" in shown["data"]
    for text in (shown["data"], *mail_desk.texts()):
        assert "花子" not in text
        assert "遊具" not in text
