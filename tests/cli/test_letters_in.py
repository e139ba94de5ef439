"""`tayori ingest opinions` and `tayori migrate` as operators script them: JSON out, exit codes, nothing of anybody."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pyrage.x25519 import Identity  # type: ignore[import-untyped]  # pyrage has no types
from sqlalchemy import create_engine

from sandbox.mails.writing import TEXT, mail
from sandbox.old_system import database
from tayori.certificates.jws import Signer
from tayori.migration.report import opened_report
from tayori.office import open_office
from tests.mail.builders import a_maildir
from tests.support.builders import some_settings
from tests.support.command import Tayori, agent_file, runner

EXAMPLES = Path("docs/examples").resolve()
SOURCE = "旧区民意見システム"


@pytest.fixture
def tayori(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tayori:
    """Give the command in an office with a mailbox, an old system, and a responsible handler of 甲."""
    agent = agent_file(tmp_path, {"taro": "correct-horse-battery"})
    settings = {
        "HOME": tmp_path / "var",
        "PASSPHRASE_FILE": agent,
        "MAIL_URL": f"maildir://{tmp_path / 'box'}",
        "MAIL_MAPPING": EXAMPLES / "mail.yaml",
        "OLD_SYSTEM_URL": f"sqlite:///{tmp_path / 'old.db'}",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"TAYORI_{name}", str(value))

    run = runner(capsys)

    assert run("init").code == 0
    assert run("handler", "add", "taro", "--name", "模擬 太郎", "--role", "responsible", "--side", "甲").code == 0
    return run


def test_mails_come_in_by_command(tayori: Tayori, tmp_path: Path) -> None:
    """Counts in JSON; a box that is not there and a source of no name are sentences with their exit codes."""
    assert tayori("ingest", "opinions", "--source", "mail").code == 4
    a_maildir(tmp_path / "box", [mail(TEXT)])
    said = tayori("ingest", "opinions", "--source", "mail", "--json")
    assert (said.code, said.json["recorded"]) == (0, 1)
    assert "街路樹" not in said.out
    refused = tayori("ingest", "opinions", "--source", "pigeon")
    assert refused.code == 2
    assert "mail" in refused.err


def test_a_migration_from_the_first_load_to_the_cut_over(tayori: Tayori, tmp_path: Path) -> None:
    """Load, verify with exit code 3 for what nobody explained, take back, verify, cut over; the report opens."""
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    database.create(engine, 60, seed=1)
    mapping = ("--mapping", EXAMPLES / "old_system.yaml")
    assert tayori("migrate", "load", *mapping, "--json").json["added"] == 59
    database.remove(engine, 7, database.BEGAN + timedelta(days=10))
    wrong = tayori("migrate", "verify", *mapping, "--as", "taro", "--json")
    assert (wrong.code, wrong.json["verdict"]) == (3, "different")
    assert tayori("migrate", "cut-over", SOURCE, "--as", "taro").code == 3
    assert tayori("migrate", "take-back", *mapping, "--cases", 1, "--as", "taro").code == 0
    out = tmp_path / "report.jws"
    assert tayori("migrate", "verify", *mapping, "--out", out, "--as", "taro").code == 0
    with open_office(some_settings(tmp_path / "var")) as office:
        public = Signer(office.signing_key).public_pem
    assert opened_report(out.read_text(), [public])["cases"] == {"source": 58, "here": 58}
    assert tayori("migrate", "cut-over", SOURCE, "--as", "taro").code == 0
    assert tayori("migrate", "status", SOURCE, "--json").json["phase"] == "cut_over"
    assert tayori("migrate", "load", *mapping).code == 3
    engine.dispose()


def test_a_contractors_copy_by_command(tayori: Tayori, tmp_path: Path) -> None:
    """Masked unless `--real` is said; without 甲's approval exit code 3 and no file."""
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    database.create(engine, 20, seed=1)
    engine.dispose()
    until = date.today() + timedelta(days=30)  # noqa: DTZ011 - the command's own clock
    asked: list[object] = ["migrate", "copy", tmp_path / "c.tar.age", "--recipient", Identity.generate().to_public()]
    asked += ["--expires", until, "--approval", "8新広聴第1号", "--purpose", "移行の試行"]
    asked += ["--mapping", EXAMPLES / "old_system.yaml", "--as", "taro", "--json"]
    assert tayori(*asked).code == 3
    assert not (tmp_path / "c.tar.age").exists()
    approved = ["copies", "approve", "8新広聴第1号", "--kind", "contractor", "--until", until, "--as", "taro"]
    assert tayori(*approved).code == 0
    said = tayori(*asked)
    assert (said.code, said.json["holds"]["masked"]) == (0, True)
    assert (tmp_path / "c.tar.age").read_bytes().startswith(b"age-encryption.org/v1")
