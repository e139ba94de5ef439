"""The story of the feeds under Prefect, and the command: counts and names of ours, never a word of the news (I3)."""

import json

import pytest

from cli.app import run as command
from flows.feeds import feeds
from tayori.office import Office
from tayori.warehouse import runs
from tayori.warehouse.engines import reading
from tests.feeds.builders import HERE, a_segment, news, rss, rules_file
from tests.support.feed_site import FeedSite
from tests.support.prefect_server import PrefectServer, settle


@pytest.fixture
def ward(sqlite_office: Office, site: FeedSite, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Give an office that the worker's environment names; its clock runs, so the news is as old as the test says."""
    home = sqlite_office.settings.home
    monkeypatch.setenv("TAYORI_HOME", str(home))
    monkeypatch.setenv("TAYORI_FEEDS_FILE", str(rules_file(home / "rules", f"{site.base}/feed")))
    monkeypatch.setenv("TAYORI_FEED_ALLOWED_HOSTS", HERE)
    a_segment(sqlite_office)
    site.show(rss(news("防災の秘密の合言葉", pubDate="Mon, 02 Nov 2020 09:00:00 +0900"), news(pubDate=None)))
    return sqlite_office


@pytest.mark.prefect
def test_the_flow_tells_counts_and_no_news(ward: Office, prefect_here: PrefectServer) -> None:
    """Each outcome is counted in the artifact and the run's record; titles stay out of Prefect."""
    ended = feeds(return_state=True)
    assert ended.message == "案 0 件"
    settle()
    mine = {"flow_run_id": {"any_": [str(ended.state_details.flow_run_id)]}}
    (artifact,) = prefect_here.found("artifacts", artifacts=mine)
    (row,) = json.loads(artifact["data"])
    assert (row["フィード"], row["古い"], row["日時がない・先の日時"], row["異常"]) == ("ward-news", 1, 1, "-")
    with reading(ward.warehouse) as connection:
        told = runs.latest(connection, "feeds")
    assert told is not None
    assert (told.counts["old"], told.counts["feeds"], told.counts["troubled"]) == (1, 1, 0)
    assert not prefect_here.holds("合言葉".encode())


@pytest.mark.prefect
def test_a_feed_in_trouble_is_an_alarm_and_no_feed_is_none(
    ward: Office, site: FeedSite, prefect_here: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken feed colours the run; without rules the run does nothing and says so."""
    site.show("<rss>")
    assert feeds(return_state=True).name == "Alarm"
    monkeypatch.delenv("TAYORI_FEEDS_FILE")
    assert feeds(return_state=True).message == "フィードの設定なし"
    assert ward
    assert prefect_here.api_url


def test_the_command_checks_rules_and_reads_feeds(
    ward: Office, site: FeedSite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tayori feed check` asks no site; `tayori feed run` tells how the entries ended."""
    assert command(["feed", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["rules"] == 2
    assert site.asked == []
    assert command(["feed", "run", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["feed"], row["old"], row["undated"], row["trouble"]) == ("ward-news", 1, 1, None)
    monkeypatch.delenv("TAYORI_FEEDS_FILE")
    assert command(["feed", "check"]) == 3
    assert ward
