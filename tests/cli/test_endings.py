"""`tayori disposal` and `tayori retention close-contract` as operators script them, from the list to the proof."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyrage.x25519 import Identity  # type: ignore[import-untyped]  # pyrage has no types

from tayori.certificates.bundle import checked
from tayori.certificates.jws import Signer
from tayori.office import Office, open_office
from tayori.retention.ward_statements import RECEIPT, RECEIPT_FORM
from tests.support.builders import a_line_id, some_settings
from tests.support.command import Tayori, agent_file, runner
from tests.support.letters import ALetter, receipt, receive
from tests.support.people import follow

pytestmark = pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)
PHRASES = {"chief": "correct-horse-battery", "sakura": "another-long-phrase", "taro": "third-long-phrase"}


@pytest.fixture
def signer() -> Signer:
    """Give 甲's key."""
    return Signer(Ed25519PrivateKey.generate())


@pytest.fixture
def tayori(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], signer: Signer
) -> Tayori:
    """Give the command in an office with both sides' handlers and 甲's keys."""
    agent = agent_file(tmp_path, PHRASES)
    (tmp_path / "ward.pub.pem").write_bytes(signer.public_pem)
    (tmp_path / "ward.age").write_text(str(Identity.generate().to_public()))
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(agent))
    monkeypatch.setenv("TAYORI_WARD_PUBLIC_KEY_FILE", str(tmp_path / "ward.pub.pem"))
    monkeypatch.setenv("TAYORI_WARD_RECIPIENT_FILE", str(tmp_path / "ward.age"))
    monkeypatch.setenv("TAYORI_WEB_BASE_URL", "http://127.0.0.1:9")  # nothing answers there
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.chdir(tmp_path)

    run = runner(capsys)

    assert run("init").code == 0
    people = [("chief", "responsible", "乙", ()), ("sakura", "desk", "甲", ("--as", "chief"))]
    for name, role, side, as_ in people:
        assert run("handler", "add", name, "--name", f"模擬 {name}", "--role", role, "--side", side, *as_).code == 0
    words = ("--role", "responsible", "--role", "desk", "--side", "甲", "--as", "chief")
    assert run("handler", "add", "taro", "--name", "模擬 太郎", *words).code == 0
    return run


@pytest.fixture
def office(tayori: Tayori, tmp_path: Path) -> Iterator[Office]:
    """Give the office behind the command."""
    del tayori  # it is set up by now
    with open_office(some_settings(tmp_path / "var")) as opened:
        yield opened


def long_ago() -> ALetter:
    return ALetter(done_on=(datetime.now(UTC) - timedelta(days=366 * 8)).date(), said="模擬の古い意見")


def test_a_disposal_from_the_list_to_the_register(tayori: Tayori, office: Office) -> None:
    """List, propose, two signatures, a dry run, the run, the register: each answers in JSON, none shows content."""
    (number,) = receive(office, long_ago())
    shown = tayori("disposal", "list", "--json")
    assert shown.json["due"][0]["receipts"] == [receipt(number)]
    assert "古い意見" not in shown.out + tayori("disposal", "list").out
    list_id = tayori("disposal", "list", "--propose", "--as", "sakura", "--json").json["list_id"]
    assert tayori("disposal", "run", list_id, "--execute", "--as", "chief").code == 3
    assert tayori("disposal", "approve", list_id, "--as", "sakura").code == 0
    assert tayori("disposal", "approve", list_id, "--as", "chief", "--json").json["state"] == "approved"
    dry = tayori("disposal", "run", list_id, "--json").json
    assert dry == [{"series": "mayor", "disposed": 1, "withheld": 0}]
    assert tayori("disposal", "list", "--json").json["lists"][0]["state"] == "approved"
    done = tayori("disposal", "run", list_id, "--execute", "--as", "chief", "--json").json
    assert (done["disposed"], done["withheld"]) == (1, 0)
    (line,) = tayori("disposal", "register", "--json").json
    assert line["certificate_no"] == done["certificate"]
    folder = office.settings.home / "certificates"
    bundle = folder / f"{done['certificate']}.json"
    assert checked(bundle, [folder / "issuer.pub.pem"]).number == done["certificate"]


def test_a_hold_by_command(tayori: Tayori, office: Office) -> None:
    """Hold and lift: another responsible handler lifts; until then nothing is due."""
    receive(office, long_ago())
    words = ("disposal", "hold", "--reason", "lawsuit", "--document", "令8訴第1号", "--as", "taro", "--json")
    hold_id = tayori(*words).json["hold_id"]
    assert tayori("disposal", "list", "--json").json["due"][0]["held"] == 1
    assert tayori("disposal", "list", "--propose", "--as", "sakura").code == 3
    assert tayori("disposal", "lift", hold_id, "--document", "令8訴第2号", "--as", "taro").code == 3
    assert tayori("disposal", "lift", hold_id, "--document", "令8訴第2号", "--as", "chief").code == 0
    assert tayori("disposal", "list", "--json").json["due"][0]["due"] == 1


def test_a_contract_ends_by_command(tayori: Tayori, office: Office, signer: Signer, tmp_path: Path) -> None:
    """plan, sign by both, return, receipt, erase: in this order only, with the words, and a certificate at the end."""
    follow(office, [a_line_id(1), a_line_id(2)])
    end = ("retention", "close-contract", "--contract", "L", "--json")
    plan = tayori(*end).json
    assert (plan["state"], plan["obstacles"]) == ("open", [])
    assert tayori(*end, "--step", "sign").code == 2
    assert tayori(*end, "--step", "sign", "--document", "令8政情第100号", "--as", "chief").json["state"] == "proposed"
    assert tayori(*end, "--step", "return", "--as", "chief").code == 3
    assert tayori(*end, "--step", "sign", "--as", "taro").json["state"] == "signed"
    returned = tayori(*end, "--step", "return", "--as", "chief").json
    said = {
        "form": RECEIPT_FORM,
        "contract": "L",
        "dated": office.today().isoformat(),
        "closing": returned["closing_id"],
        "archive_sha256": returned["sha256"],
        "classes": sorted(returned["rows"]),
        "receiver": "区政情報課",
    }
    (tmp_path / "receipt.jws").write_text(signer.sign(said, RECEIPT))
    erase = (*end, "--step", "erase", "--as", "chief", "--witness", "taro")
    assert tayori(*erase, "--phrase", "契約Lを終了し、すべて消去する").code == 3
    assert tayori(*end, "--step", "receipt", "--file", tmp_path / "receipt.jws", "--as", "chief").code == 0
    assert tayori(*erase, "--phrase", "はい").code == 2
    assert tayori(*erase).code == 5
    ended = tayori(*erase, "--phrase", "契約Lを終了し、すべて消去する").json
    assert ended["state"] == "closed"
    assert ended["certificate"].startswith("L-")
    assert tayori("ingest", "events").code == 0
    assert tayori("certificate", "list", "--json").json[0]["kind"] == "contract_end"
    assert tayori(*end).json["state"] == "closed"
