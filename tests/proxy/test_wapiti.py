"""wapiti over the running site, through nginx: what it finds is nothing, or explained here."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.builders import House

pytestmark = [pytest.mark.nginx, pytest.mark.wapiti, pytest.mark.slow, pytest.mark.timeout(1_200)]

MODULES = "backup,blindsql,cookieflags,crlf,csp,csrf,exec,file,http_headers,methods,redirect,sql,xss,permanentxss"
"""All that attack the site itself; those left out fetch lists from the network, or wait for calls from outside."""
EXPLAINED = {
    "X-XSS-Protection is not set": (
        "no browser has had the filter since 2019, and where it was it could be turned against a page; the policy lets "
        "no script run at all"
    ),
    "CSRF token 'token' is not properly checked in backend": (
        "a token is good once, and the scanner spent it when it sent the form; afterwards its own request and the "
        "forged one are refused alike, which it takes for no difference (see tests/resident/test_forgeries.py)"
    ),
}
"""What wapiti says, and why it stands."""


@pytest.fixture(scope="module")
def wapiti() -> str:
    """Give the program; skip where it is not installed."""
    found = shutil.which("wapiti")
    if found is None:
        pytest.skip("wapiti is not installed")
    return found


def scan(wapiti: str, house: House, folder: Path, scope: str, path: str, *words: str) -> dict[str, Any]:
    """Scan the site from a page on, and give the report."""
    report = folder / "report.json"
    command = [wapiti, "-u", f"{house.proxy.base}/{path}", "--scope", scope, "-m", MODULES, "--verify-ssl", "0"]
    command += ["-f", "json", "-o", str(report), "--flush-session", "--no-bugreport", "--store-session", str(folder)]
    command += ["--max-scan-time", "20", "--max-attack-time", "8", "-t", "30", "-v", "0", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)
    assert report.exists(), done.stdout + done.stderr
    read: dict[str, Any] = json.loads(report.read_text())
    return read


def findings(report: dict[str, Any]) -> list[str]:
    """Give what was found, each with its place and why it was taken for one."""
    return [
        f"{kind}: {one['method']} {one['path']} {one['info']}"
        for part in ("vulnerabilities", "anomalies")
        for kind, found in report[part].items()
        for one in found
        if one["info"] not in EXPLAINED
    ]


def unhurried(house: House) -> None:
    """Let the scanner ask as often as it likes: what it should try are the pages, not the limits before them."""
    allowed = house.pages.context.limits.allowed
    allowed |= dict.fromkeys(allowed, 1_000_000)


def test_a_stranger_finds_nothing(wapiti: str, house: House, tmp_path: Path) -> None:
    """Nobody logged in: no finding, and no answer of 5xx."""
    unhurried(house)
    assert findings(scan(wapiti, house, tmp_path, "folder", "")) == []


@pytest.mark.parametrize("path", ["settings", "me", "staff", "erase"])
def test_a_resident_finds_nothing(wapiti: str, house: House, tmp_path: Path, path: str) -> None:
    """With a resident's session, page by page, so that the scanner does not log itself out: no finding."""
    unhurried(house)
    house.pages.follow(8)
    browser, _ = house.pages.enter(8)
    (jar,) = [one for one in browser.cookies.values() if any(name.startswith("__Host-") for name in one)]
    cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
    assert findings(scan(wapiti, house, tmp_path, "page", path, "-H", f"Cookie: {cookie}")) == []
