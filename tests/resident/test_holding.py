"""What the residents' process holds, and that it is all: settings and modules (I5, P7, L5).

Its rights in the database are `test_own_rows.py`.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cli import up
from cli.children import Household
from tayori.errors import BadInput
from tayori.office import Office
from tayori.settings import Mode, Settings
from tests.ingest.builders import rows
from tests.resident.builders import running_pages, settings_of
from tests.support.builders import TestClock
from web.resident.settings import ResidentSettings, resident_settings

ROOT = Path(__file__).resolve().parents[2]
HELD = {
    "mode": "no secret",
    "web_base_url": "no secret",
    "web_allowed_hosts": "no secret",
    "line_login_base": "no secret",
    "line_login_channel_id": "no secret",
    "line_login_channel_secret": "checks ID tokens; sends nothing and opens nothing of ours",
    "database_url": "a role that reads the rows of whom it names, and adds to the log (test_own_rows)",
    "inbox_url": "a role that may only INSERT",
    "inbox_public_key_file": "seals, and opens nothing",
    "index_key_file": "finds a person whose LINE id is known already",
}
NEVER_LOADED = (
    "tayori.office",
    "tayori.vault.keyring",
    "tayori.vault.identity",
    "tayori.vault.roster",
    "tayori.line.client",
    "linebot",
    "prefect",
    "great_expectations",
    "sandbox",
)
MARK = "marked-value-of-a-setting"


def test_the_list_of_what_it_holds_is_whole() -> None:
    """A further setting has to be written down here, with what could be done with it."""
    assert set(ResidentSettings.model_fields) == set(HELD)
    assert set(HELD) <= set(Settings.model_fields)


def test_tayori_up_hands_over_exactly_that(tmp_path: Path) -> None:
    """The process started by `tayori up` gets no other setting of ours, whatever stands in the environment."""
    settings = Settings(_env_file=None, home=tmp_path)
    plan = up.Plan(settings, 1, 2, 3, 4, 5, 0, 0)
    kept: dict[str, Any] = {}

    class Listening(Household):
        """A household that only notes what a child would be given."""

        def start(self, name: str, command: Any, environment: Any) -> Any:  # noqa: ANN401 - the household's own types
            kept.update(environment)
            return name, command

        def wait_until_it_answers(self, child: Any, url: str) -> None:  # noqa: ANN401 - as above
            """Nobody was started."""

    environment = {"PATH": "/bin", "TAYORI_INBOX_URL": "x", "TAYORI_LINE_ACCESS_TOKEN": MARK, "PREFECT_API_URL": MARK}
    up._start_resident(Listening(tmp_path), plan, environment, up._login(plan))  # noqa: SLF001 - the step alone
    ours = {name for name in kept if name.startswith(("TAYORI_", "PREFECT_"))}
    assert ours == {f"TAYORI_{name.upper()}" for name in HELD}
    assert MARK not in kept.values()


def test_it_loads_nothing_that_opens_or_sends() -> None:
    """The modules that hold keys of the vault, LINE's client or the sandbox are not even in its memory."""
    asked = f"import sys, web.resident.app; print([one for one in {NEVER_LOADED!r} if one in sys.modules])"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


WRONG: dict[str, dict[str, object]] = {
    "a short secret": {"line_login_channel_secret": "short"},
    "no channel": {"line_login_channel_id": ""},
    "a store in the open": {"database_url": "postgresql://x@db.example/w"},
    "an inbox in the open": {"inbox_url": "postgresql://x@db.example/w?sslmode=require"},
    "pages over plain HTTP": {"web_base_url": "http://line.example.jp"},
    "an address with a path": {"web_base_url": "https://line.example.jp/x"},
    "LINE itself in a rehearsal": {"line_login_base": "https://access.line.me"},
    "no sandbox in a rehearsal": {"line_login_base": ""},
    "a sandbox in live": {"mode": Mode.LIVE, "web_base_url": "https://line.example.jp"},
    "live on this machine's HTTP": {"mode": Mode.LIVE, "line_login_base": ""},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_settings_that_are_not_safe_are_refused(sqlite_office: Office, changes: dict[str, object]) -> None:
    """L7, L8: pages under TLS, stores verified, rehearsal and live apart, secrets that are some."""
    with pytest.raises(ValidationError):
        settings_of(sqlite_office, "http://127.0.0.1:1", "http://127.0.0.1:2", **changes)


def test_live_logs_in_at_line_itself(sqlite_office: Office) -> None:
    """In live the channel's addresses are LINE's own."""
    live = settings_of(sqlite_office, "", "https://line.example.jp", mode=Mode.LIVE)
    assert live.channel.authorize_base == "https://access.line.me"
    assert live.channel.api_base == "https://api.line.me"
    assert live.channel.redirect_uri == "https://line.example.jp/login/callback"


def test_a_refusal_names_the_setting_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names what is missing or wrong; a secret or an address in it would end in a log."""
    monkeypatch.setenv("TAYORI_DATABASE_URL", f"postgresql://{MARK}@db.example/w")
    monkeypatch.setenv("TAYORI_LINE_LOGIN_CHANNEL_SECRET", "short")
    with pytest.raises(BadInput) as refusal:
        resident_settings()
    for name in ("TAYORI_DATABASE_URL", "TAYORI_LINE_LOGIN_CHANNEL_SECRET", "TAYORI_INDEX_KEY_FILE"):
        assert name in refusal.value.sentence
    assert MARK not in refusal.value.sentence


def test_nothing_secret_prints(sqlite_office: Office) -> None:
    """Settings and the login's channel can be printed without giving anything away."""
    settings = settings_of(sqlite_office, "http://127.0.0.1:1", "http://127.0.0.1:2")
    printed = f"{settings!r} {settings.channel!r}"
    assert settings.line_login_channel_secret.get_secret_value() not in printed
    assert "warehouse.db" not in printed


def test_the_process_says_in_a_sentence_why_it_does_not_start() -> None:
    """`python -m web.resident` without settings: one sentence, the exit code of bad input, no trace."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TAYORI_")}
    told = subprocess.run(
        [sys.executable, "-m", "web.resident"], cwd=ROOT, capture_output=True, text=True, check=False, env=bare
    )
    assert told.returncode == 2
    assert told.stderr.startswith("The residents' pages cannot open: TAYORI_")
    assert told.stderr.count("\n") == 1


def test_nothing_of_a_visit_is_at_rest(sqlite_office: Office, clock: TestClock) -> None:
    """Sessions are memory: after a login no file and no table of ours holds that there was one, or the session."""
    with running_pages(sqlite_office, clock) as door:
        browser, _ = door.enter(1)
        (secret,) = [jar["__Host-tayori"] for jar in browser.cookies.values() if "__Host-tayori" in jar]
        files = [path for path in sqlite_office.settings.home.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if secret.encode() in path.read_bytes()]
        assert rows(sqlite_office, "SELECT count(*) FROM audit_entry") == [(0,)]
