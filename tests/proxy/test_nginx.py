"""nginx with the shipped configuration, before the real doors: TLS, addresses, limits, headers, and nothing written."""

import socket
import ssl
from pathlib import Path

import httpx
import pytest

from tests.ingest.builders import an_event, followers, take_in
from tests.proxy.builders import House, ask
from tests.support.builders import a_line_id
from tests.support.nginx import NAME, Proxy, running_proxy
from tests.support.ports import free_port
from tests.support.wording import a_picture
from web.door.webhook import WEBHOOK_PATH
from web.headers import HEADERS

pytestmark = pytest.mark.nginx
OURS = ("Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")


def test_a_delivery_comes_in_through_nginx(house: House) -> None:
    """L8: LINE's webhook over TLS reaches the inbox, and the door sees the raw bytes that were signed."""
    assert house.deliver(an_event("follow", 1)).status_code == 200
    assert house.deliver(an_event("follow", 2), signature="AAAA").status_code == 401
    take_in(house.office)
    assert set(followers(house.office)) == {a_line_id(1)}


def test_a_resident_uses_the_pages_through_nginx(house: House) -> None:
    """Log in and set, route and token checked behind the proxy as before it."""
    house.pages.follow(3)
    browser, page = house.pages.enter(3)
    assert page.status == 200
    assert page.url.startswith(house.proxy.base)
    saved = browser.submit(page.form("/settings"), genre=[1], area="3")
    assert saved.status == 200
    assert any(cookie.startswith("__Host-") and "Secure" in cookie for cookie in browser.set_cookies)
    forged = browser.post("/settings", page.form("/settings").fields, {"origin": "https://evil.example"})
    assert forged.status == 403


def test_pictures_are_served_and_nothing_is_written_there(house: House) -> None:
    """Pictures of broadcasts come from the door; other methods end at nginx."""
    path = f"/media/{a_picture().name}"
    assert ask(house.proxy, "GET", path).content == a_picture().content
    assert ask(house.proxy, "PUT", path, content=b"x").status_code == 403


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/healthz", "/healthz/x", "/webhook", "/webhook/line/"])
def test_what_is_for_this_machine_alone_is_closed(house: House, path: str) -> None:
    """Health and figures cannot be read from outside, nor can the webhook be found by a neighbouring path."""
    assert ask(house.proxy, "GET", path).status_code == 404


def test_the_webhook_takes_deliveries_alone(house: House) -> None:
    """Another method ends at nginx."""
    assert ask(house.proxy, "GET", WEBHOOK_PATH).status_code == 403


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_is_of_today(house: House, version: ssl.TLSVersion) -> None:
    """TLS 1.2 and 1.3, by suites with forward secrecy."""
    context = ssl.create_default_context(cafile=str(house.proxy.folder / "certificate.pem"))
    context.minimum_version = context.maximum_version = version
    name, _, _ = _handshake(house.proxy, context, NAME)
    assert name.startswith(("TLS_", "ECDHE"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_older_tls_is_refused(house: House, version: ssl.TLSVersion) -> None:
    """Nothing older is spoken."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol|alert"):
        _handshake(house.proxy, context, NAME)


def test_another_name_gets_no_certificate(house: House) -> None:
    """A name that is not the ward's is refused before anything is said, and so is a Host header of another name."""
    context = ssl.create_default_context(cafile=str(house.proxy.folder / "certificate.pem"))
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized"):
        _handshake(house.proxy, context, "other.example")
    with pytest.raises(httpx.RemoteProtocolError):
        ask(house.proxy, "GET", "/", headers={"host": "other.example"})


def test_plain_http_leads_to_tls(house: House) -> None:
    """Nothing is served in the open, and the way on is to the ward's own name whatever the Host header says."""
    answer = httpx.get(f"{house.proxy.plain}/me", headers={"host": "evil.example"}, trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}/me")


def test_pages_keep_their_headers_and_nginx_adds_none_twice(house: House) -> None:
    """Each header once, as the pages say it; the server's kind and version are nobody's business."""
    answer = ask(house.proxy, "GET", "/")
    for name, value in HEADERS.items():
        if name != "Content-Security-Policy":
            assert answer.headers.get_list(name) == [value]
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert answer.headers.get_list("server") == ["nginx"]


def test_nginxs_own_refusals_are_pages_with_headers(house: House) -> None:
    """A body too large, a header too long: the right status, in Japanese, with the headers of every page."""
    large = ask(house.proxy, "POST", "/settings", content=b" " * (600 << 10))
    long = ask(house.proxy, "GET", "/", headers={"x-long": "a" * 20_000})
    body = ask(house.proxy, "POST", WEBHOOK_PATH, content=b" " * ((2 << 20) + 1))
    assert [one.status_code for one in (large, long, body)] == [413, 400, 413]
    for refused in (large, long, body):
        assert "表示できません" in refused.text
        assert all(name in refused.headers for name in OURS)
        assert refused.headers["cache-control"] == "no-store"


def test_an_address_that_the_browser_claims_is_not_believed(house: House) -> None:
    """The doors count by the address that nginx saw; claims in headers change nothing."""
    limits = house.pages.context.limits
    limits.allowed["address", "ask"] = 3
    try:
        claims = [{"x-real-ip": f"192.0.2.{one}", "x-forwarded-for": f"192.0.2.{one}"} for one in range(6)]
        statuses = [ask(house.proxy, "GET", "/", headers=claim).status_code for claim in claims]
    finally:
        limits.allowed["address", "ask"] = 1_500
    assert statuses[-1] == 429
    assert statuses.count(429) >= 3


def test_nothing_of_anybody_is_written(house: House) -> None:
    """No address, path, query, header, body or name reaches a file of nginx; large bodies never touch the disk."""
    before = house.proxy.touched()
    house.deliver(an_event("message", 5, message={"type": "text", "text": "marked-talk" * 9_000}))
    ask(
        house.proxy,
        "GET",
        "/me?name=marked-query",
        headers={"user-agent": "marked-agent", "referer": "https://marked-r/"},
    )
    ask(house.proxy, "POST", "/marked-path", content=b"marked-body" * 20_000, headers={"x-real-ip": "198.51.100.7"})
    ask(house.proxy, "POST", "/settings", content=b"marked-body" * 60_000)
    assert house.proxy.touched() == before, "a body or an answer was put aside on the disk"
    written = house.proxy.written()
    assert "webhook 200" in written
    for word in ("marked", "127.0.0.1", "198.51.100.7", "/me", a_line_id(5), NAME):
        assert word not in written.replace("127.0.0.1:" + str(house.proxy.port), "")
    with Path(house.proxy.folder / "access.log").open() as log:
        assert all(len(line.split()) == 6 for line in log)


def test_a_door_that_is_away_is_told_so_that_line_delivers_again(tmp_path: Path) -> None:
    """Without the door behind it nginx answers 502, which is no 2xx: LINE keeps the delivery. Residents read why."""
    with running_proxy(tmp_path, free_port(), free_port(), free_port()) as proxy:
        answer = ask(proxy, "POST", WEBHOOK_PATH, content=b"{}")
        page = ask(proxy, "GET", "/")
    assert (answer.status_code, page.status_code) == (502, 502)
    assert "確認できませんでした" in page.text
    assert page.headers["retry-after"] == "60"


def _handshake(proxy: Proxy, context: ssl.SSLContext, name: str) -> tuple[str, str, int]:
    with (
        socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as safe,
    ):
        used = safe.cipher()
        assert used is not None
        return used


def test_a_resident_writes_to_the_ward_through_nginx(house: House) -> None:
    """O1, O6: written, looked over and sent behind the proxy as before it; the webhook's door serves no form."""
    assert house.desk.write().status == 200
    assert house.desk.waiting() == 1


def test_the_opinion_screen_has_its_own_way(house: House) -> None:
    """What lies under /opinion/ is asked of the screen, and nothing beside it is."""
    for path in ("/opinion", "/opinion/", "/opinion/send"):
        ask(house.proxy, "GET", path)
    ask(house.proxy, "GET", "/opinions")
    places = [line.split()[1] for line in (house.proxy.folder / "access.log").read_text().splitlines()]
    assert places[-4:] == ["opinion", "opinion", "opinion", "pages"]
