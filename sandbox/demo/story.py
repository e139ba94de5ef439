"""The whole walk on dummy people: from adding the account to the certificate, from the mailbag to the report."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from sandbox.approver import let_through
from sandbox.demo import desk, letters, residents, world
from sandbox.line.platform import Account
from sandbox.line.serve import RunningPlatform, running_platform
from tayori.broadcast import desk as broadcast_desk
from tayori.certificates.bundle import checked
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.office import Office, open_office, set_up, utc_now
from tayori.settings import Settings
from tayori.staffing import appoint
from tayori.vault.roster import Credential, NewHandler

PASSPHRASE: Final = "a rehearsal passphrase"  # noqa: S105 - opens nothing but a rehearsal
HANDLERS: Final = {
    "writer": "模擬 花子",
    "approver": "模擬 太郎",
    "desk": "模擬 桜",
}
MESSAGE: Final = [
    {"type": "text", "text": "【子育て】秋の子育てメッセのお知らせ（稽古用）\n会場と時間は区の案内をご覧ください。"}
]
BLOCKED_SHARE: Final = 0.02
QUIT_SHARE: Final = 0.005


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to rehearse: how many residents, which letters, where to write."""

    residents: int = 10_000
    opinions: Path | None = None
    mapping: Path | None = None
    out: Path = Path("out/demo")
    seed: int = 1


@dataclass(slots=True)
class Rehearsal:
    """What the rehearsal found, and how long each step took."""

    wanted: Wanted
    say: Any
    summary: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def step(self, name: str, told: str) -> Iterator[None]:
        """Say a step and time it."""
        self.say(told)
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 2)


def rehearse(wanted: Wanted, say: Any) -> dict[str, Any]:  # noqa: ANN401 - print, or a progress bar's print
    """Rehearse it all, write `out/demo`, and give the summary that is written there too."""
    story = Rehearsal(wanted, say)
    began = time.perf_counter()
    shutil.rmtree(wanted.out, ignore_errors=True)
    home = (wanted.out / "var").resolve()
    home.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        platform = stack.enter_context(running_platform(account=Account(seed=wanted.seed)))
        os.environ |= world.QUIET | world.settings_environment(home, platform)
        set_up(Settings(), utc_now())
        prefect = stack.enter_context(world.prefect_server(home / "prefect"))
        door = stack.enter_context(world.door(home))
        office = stack.enter_context(open_office(rng=Random(wanted.seed)))
        credentials = _handlers(office)
        with story.step("join", f"{wanted.residents:,} 人が友だち登録し、受信設定を送る"):
            _join(story, office, platform, door)
        with story.step("prefect_ready", "Prefect サーバの起動を待つ"):
            world.wait_for(prefect)
        _news(story, office, platform, credentials)
        _leaving(story, office, platform)
        _letters(story, office, credentials)
    story.seconds["total"] = round(time.perf_counter() - began, 2)
    story.summary["seconds"] = story.seconds
    (wanted.out / "summary.json").write_text(json.dumps(story.summary, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return story.summary


def _handlers(office: Office) -> dict[str, Credential]:
    """Appoint the handlers as a ward does: the responsible one first, the others by them."""
    since = office.today() - timedelta(days=30)
    chief = NewHandler(HandlerId("responsible-1"), "模擬 統", ("responsible",), "甲", since)
    responsible = appoint(office, None, chief, PASSPHRASE)
    made = {"responsible": responsible}
    for role, name in HANDLERS.items():
        side = "甲" if role == "desk" else "乙"
        new = NewHandler(HandlerId(f"{role}-1"), name, (role,), side, since)
        made[role] = appoint(office, responsible, new, PASSPHRASE)
    return made


def _join(story: Rehearsal, office: Office, platform: RunningPlatform, door: world.Served) -> None:
    world.wait_for(door)
    webhook = door.url.replace("/healthz", "/webhook/line")
    residents.add_the_account(platform, webhook, story.wanted.residents)
    residents.set_what_they_want(office, story.wanted.residents, story.wanted.seed, office.now())
    story.summary["residents"] = story.wanted.residents


def _news(story: Rehearsal, office: Office, platform: RunningPlatform, credentials: dict[str, Credential]) -> None:
    from sandbox.demo.flows import run_broadcast, run_ingest  # noqa: PLC0415 - start-up time: Prefect takes seconds

    with story.step("ingest", "受付箱から取り込む（flows/ingest）"):
        events = run_ingest(office)
        story.summary["events"] = events
    with story.step("broadcast", "起案・承認し、一度だけ送る（flows/broadcast）"):
        broadcast_id = _approved(office, credentials)
        batches = run_broadcast(office, broadcast_id)
    mask = story.wanted.out / "expected.npy"
    residents.should_receive(story.wanted.residents, story.wanted.seed, mask)
    ledger = platform.control.summary(endpoint="multicast", expected={"mask_file": str(mask.resolve())})
    mask.unlink()
    story.summary["broadcast"] = {
        "audience": ledger["expected"],
        "batches": batches,
        "delivered": ledger["reached"],
        "missed": ledger["missed"],
        "doubled": ledger["doubled"],
    }


def _approved(office: Office, credentials: dict[str, Credential]) -> BroadcastId:
    now = office.now()
    genre = str(residents.GENRE)
    new = broadcast_desk.written(genre, residents.segment(), MESSAGE, now, now + timedelta(hours=1))
    broadcast_id = broadcast_desk.draft(office, credentials["writer"], new)
    seen = broadcast_desk.review(office, broadcast_id)
    broadcast_desk.submit(office, credentials["writer"], broadcast_id, seen, small_reason="稽古")
    broadcast_desk.approve(office, credentials["approver"], broadcast_id, broadcast_desk.review(office, broadcast_id))
    let_through(office, credentials["approver"], broadcast_id)
    return broadcast_id


def _leaving(story: Rehearsal, office: Office, platform: RunningPlatform) -> None:
    from sandbox.demo.flows import run_ingest, run_reconcile, run_retention  # noqa: PLC0415 - start-up time

    count = story.wanted.residents
    with story.step("reconcile", "登録をやめた人、LINEの利用をやめた人を知る（flows/reconcile を二度）"):
        run_reconcile(office)
        story.summary["left"] = residents.leave(
            platform, max(1, int(count * BLOCKED_SHARE)), max(1, int(count * QUIT_SHARE)), story.wanted.seed
        )
        story.summary["events"] = _added(story.summary["events"], run_ingest(office))
        run_reconcile(office)
        run_reconcile(office)
    with story.step("retention", "消去し、残っていないことを調べ、証明書を発行する（flows/retention）"):
        night = run_retention(office)
    story.summary["erased"] = night["erased"]
    story.summary["residue_hits"] = night["residue_hits"]
    story.summary["certificates_valid"] = _verified(office, story.wanted.out)


def _verified(office: Office, out: Path) -> int:
    public = out / "signing.pub.pem"
    public.write_bytes((office.keys_folder / "signing.pub.pem").read_bytes())
    shutil.copytree(office.settings.home / "certificates", out / "certificates")
    return sum(bool(checked(bundle, [public])) for bundle in sorted((out / "certificates").glob("*.json")))


def _letters(story: Rehearsal, office: Office, credentials: dict[str, Credential]) -> None:
    from sandbox.demo.flows import run_analysis, run_desk, run_intake, show_due  # noqa: PLC0415 - start-up time

    wanted, today = story.wanted, office.today()
    home = office.settings.home / "letters"
    if wanted.opinions is None:
        sources, url = letters.mailbag(home, _yesterday(today), wanted.seed), letters.call_centre(home, wanted.seed)
    else:
        sources, url = letters.own_file(wanted.opinions, wanted.mapping), None
    with story.step("letters", "意見等を取り込み、広聴が回付・決裁・回答し、処理を終える（flows/desk）"):
        counts = run_intake(office, sources, url, letters.CALL_CENTRE)
        run_desk()
        kept = desk.keep(office, credentials["desk"])
        letters.end_cases(office, credentials["desk"], today, kept.numbers)
        story.summary["desk"] = desk.answer(office, credentials, kept, wanted.out / "answers")
        show_due()
        span = letters.span(office) if wanted.opinions else None
    with story.step("analysis", "マスキングし、集計し、報告する（flows/opinion_analysis）"):
        report = run_analysis(office, wanted.out / "report", span)
    story.summary["opinions"] = counts | {"masked_spans": report["masked_spans"]}
    story.summary["report"] = {name: report[name] for name in ("tables", "suppressed_cells")}


def _yesterday(today: date) -> date:
    return today - timedelta(days=1)


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one[name] + other[name] for name in one}
