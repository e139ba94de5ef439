"""Settings fail closed: a rehearsal never reaches LINE, live no unprotected store, and no secret prints (L7, L8)."""

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from tasks.support import settings_here
from tayori import deployment
from tayori.deployment import Weight
from tayori.errors import BadInput, Refused
from tayori.office import Office, set_up
from tayori.settings import LINE_HOSTS, Mode, Settings
from tests.support.builders import START, some_settings

SOMEWHERE = "postgresql://tayori@db.example.jp/tayori"
VERIFIED = f"{SOMEWHERE}?sslmode=verify-full"


@pytest.mark.parametrize("host", sorted(LINE_HOSTS))
def test_a_rehearsal_refuses_the_real_line(tmp_path: Path, host: str) -> None:
    """L7: dummy people never reach LINE's own hosts."""
    with pytest.raises(ValidationError, match="rehearsal refuses"):
        some_settings(tmp_path, line_api_base=f"https://{host}")
    with pytest.raises(ValidationError, match="rehearsal refuses"):
        some_settings(tmp_path, line_login_base=f"https://{host}")


@pytest.mark.parametrize("store", ["database_url", "vault_url", "inbox_url"])
@pytest.mark.parametrize("mode", ["", "?sslmode=require", "?sslmode=verify-ca"])
def test_live_refuses_a_store_below_verify_full(tmp_path: Path, store: str, mode: str) -> None:
    """L8: between our own parts too, the wire is encrypted and the other end proven."""
    changes: dict[str, Any] = {"mode": Mode.LIVE, store: SOMEWHERE + mode}
    with pytest.raises(ValidationError, match="verify-full"):
        some_settings(tmp_path, **changes)
    some_settings(tmp_path, **changes | {store: VERIFIED})


def test_no_secret_has_a_default_and_none_prints(tmp_path: Path) -> None:
    """A secret is given or absent; printing settings shows none, nor does a refusal."""
    secrets = [name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)]
    assert secrets
    assert all(Settings.model_fields[name].default is None for name in secrets)
    device: dict[str, Any] = {"key_provider": "pkcs11", "pkcs11_module": tmp_path / "module.so", "pkcs11_token": "t"}
    settings = some_settings(tmp_path, **device, **{name: SecretStr("s3cr3t-word") for name in secrets})
    assert "s3cr3t-word" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_every_setting_says_what_it_is() -> None:
    """docs/settings.md is printed from the fields, so each has a description."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_a_broken_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the variable and the rule, never what was set."""
    monkeypatch.setenv("TAYORI_SEND_SHARE", "plenty-s3cr3t")
    with pytest.raises(BadInput, match="TAYORI_SEND_SHARE") as told:
        settings_here()
    assert "s3cr3t" not in told.value.sentence


def test_hosts_that_are_not_on_the_list_are_refused_by_the_name_of_their_setting(tmp_path: Path) -> None:
    """L9, L15: every outside host of the deployment stands on the allowed list."""
    changes: dict[str, Any] = {
        "mode": Mode.LIVE,
        "database_url": VERIFIED,
        "smtp_url": "smtps://desk:pass@mail.example.jp",
        "call_centre_url": "postgresql://reader@faq.example.jp/faq",
        "mail_url": "imaps://desk:pass@box.example.jp/INBOX",
    }
    environment = {"PREFECT_API_URL": "https://prefect.example.jp/api"}
    line = "api.line.me,api-data.line.me"
    strict = some_settings(tmp_path, **changes, deployment_allowed_hosts=f"db.example.jp,{line}")
    with pytest.raises(Refused) as told:
        deployment.refuse_strangers(strict, environment)
    for name in ("TAYORI_SMTP_URL", "TAYORI_MAIL_URL", "TAYORI_CALL_CENTRE_URL", "PREFECT_API_URL"):
        assert name in told.value.sentence
    assert "TAYORI_DATABASE_URL" not in told.value.sentence
    assert "example.jp" not in told.value.sentence
    allowed = f"db.example.jp,{line},mail.example.jp,box.example.jp,faq.example.jp,prefect.example.jp"
    deployment.refuse_strangers(some_settings(tmp_path, **changes, deployment_allowed_hosts=allowed), environment)


@pytest.mark.parametrize("url", ["http://prefect.example.jp/api", "ftp://127.0.0.2/x"])
def test_a_prefect_api_in_the_open_is_refused(url: str) -> None:
    """L8: the API that starts runs is on this machine or under TLS."""
    with pytest.raises(Refused, match="PREFECT_API_URL"):
        deployment.refuse_open_api(url)
    deployment.refuse_open_api("http://127.0.0.1:4200/api")
    deployment.refuse_open_api("https://prefect.example.jp/api")


OPEN = {
    "line_api_base": "http://api.line.example",
    "line_data_api_base": "http://data.line.example",
    "line_login_base": "http://login.line.example",
    "web_base_url": "http://line.example.lg.jp",
    "call_centre_url": SecretStr("postgresql://reader@faq.example.jp/faq"),
    "old_system_url": SecretStr("postgresql://reader@old.example.jp/koe"),
}


@pytest.mark.parametrize("name", sorted(OPEN))
def test_the_doctor_names_every_wire_in_the_open(tmp_path: Path, name: str) -> None:
    """L8: in live a wire between our own parts that is neither TLS nor this machine is a failed check, by its name."""
    set_up(some_settings(tmp_path), START)
    changes: dict[str, Any] = {"mode": Mode.LIVE, "web_base_url": "https://line.example.lg.jp"}
    closed = some_settings(tmp_path, **changes)
    assert deployment.open_wires(closed, {}) == []
    opened = some_settings(tmp_path, **changes | {name: OPEN[name]})
    assert deployment.open_wires(opened, {}) == [f"TAYORI_{name.upper()}"]
    (found,) = [one for one in deployment.examine(opened, {}) if one.name == "wires (L8)"]
    assert (found.weight, f"TAYORI_{name.upper()}" in found.sentence) == (Weight.FAILED, True)
    assert "example" not in found.sentence


def test_the_doctor_looks_whether_the_second_reader_can_be_started(office: Office) -> None:
    """Unset it is no check; set, a program that is not there is a failed one."""

    def found(**changes: Any) -> list[Weight]:  # noqa: ANN401 - settings by name
        settings = office.settings.model_copy(update=changes)
        return [one.weight for one in deployment.examine(settings, {}) if one.name == "second reader"]

    assert found() == []
    assert found(ginza_python=Path("nowhere/python")) == [Weight.FAILED]
    assert found(ginza_python=Path(sys.executable)) == [Weight.OK]


def test_the_doctor_finds_a_key_that_others_may_read_and_one_that_is_gone(office: Office) -> None:
    """P8: each key file is there and readable by its owner alone; a healthy deployment has no failed check."""
    assert not [one for one in deployment.examine(office.settings, {}) if one.weight is Weight.FAILED]
    office.index_path.chmod(0o644)
    office.signing_path.unlink()
    failed = {one.name for one in deployment.examine(office.settings, {}) if one.weight is Weight.FAILED}
    assert failed >= {"key index.key (P8)", "key signing.pem (P8)"}
