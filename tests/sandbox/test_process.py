"""The platform as a process of its own, and the control door that rehearsals use."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import psutil
import pytest

from sandbox.line.client import ControlRefused
from sandbox.line.ids import IdSpace
from sandbox.line.platform import Account
from sandbox.line.serve import RunningPlatform, make_app, platform_in_thread, running_platform
from tests.sandbox.builders import a_text

_SEED = 21


def multicast(platform: RunningPlatform, to: list[Any]) -> str:
    """Send; the request id of the answer."""
    answer = httpx.post(
        f"{platform.base_url}/v2/bot/message/multicast",
        json={"to": to, "messages": a_text()},
        headers={"Authorization": f"Bearer {platform.account.access_token}", "X-Line-Retry-Key": str(uuid4())},
    )
    return answer.raise_for_status().headers["x-line-request-id"]


def test_it_starts_serves_and_ends_by_its_pid() -> None:
    """Ready when the block begins; afterwards the process is gone."""
    with running_platform(friends=1000, account=Account(seed=_SEED)) as platform:
        assert platform.control.ask("ready")["pid"] == platform.pid
        assert multicast(platform, IdSpace(_SEED).ids(0, 500))
        assert platform.control.summary(expected={"range": [0, 1000]})["missed"] == 500
        assert platform.control.stats()["endpoints"]["multicast"]["answers"] == {"200": 1}
    assert not psutil.pid_exists(platform.pid)


def test_the_expected_people_can_be_named_in_every_way(tmp_path: Path) -> None:
    """A range of indices, ids, a file of ids, a mask on disk: the same audience, the same summary."""
    ids = IdSpace(_SEED).ids(0, 100)
    (tmp_path / "ids").write_text("".join(f"{one}\n" for one in ids))
    np.save(tmp_path / "mask.npy", np.ones(100, np.bool_))
    ways = (
        {"range": [0, 100]},
        {"ids": ids},
        {"ids_file": str(tmp_path / "ids")},
        {"mask_file": str(tmp_path / "mask.npy")},
    )
    with running_platform(friends=150, account=Account(seed=_SEED)) as platform:
        multicast(platform, IdSpace(_SEED).ids(50, 120))
        summaries = [platform.control.summary(expected=way) for way in ways]
    assert all(one == summaries[0] for one in summaries)
    assert (summaries[0]["reached"], summaries[0]["missed"], summaries[0]["stray"]) == (50, 50, 20)


def test_time_can_be_put_forward_and_everything_begun_anew() -> None:
    """Rehearsals jump over days; a reset forgets people, messages and faults, and may change the account."""
    with running_platform(friends=10, account=Account(seed=_SEED)) as platform:
        control = platform.control
        before = control.ask("ready")["time"]
        assert control.ask("clock", advance=86400)["time"] > before
        multicast(platform, IdSpace(_SEED).ids(0, 10))
        control.ask("faults", rules=[{"endpoint": "multicast", "kind": "error", "times": None}])
        control.ask("reset", seed=22, monthly_limit=5)
        assert control.ask("people")["census"]["friend"] == 0
        assert control.summary()["requests"] == 0
        control.friends(5)
        multicast(platform, IdSpace(22).ids(0, 5))
        assert control.summary()["copies"] == 5


@pytest.mark.parametrize(
    ("verb", "asked", "sentence"),
    [
        ("nonsense", {}, "No such verb"),
        ("reset", {"sede": 1}, "An account has"),
        ("emit", {"kind": "nonsense"}, "Kinds of events"),
        ("emit", {"count": 1}, "No webhook URL"),
        ("friends", {}, "KeyError"),
        ("block", {"ids_file": "/nonexistent"}, "FileNotFoundError"),
    ],
)
def test_what_it_does_not_understand_it_says(verb: str, asked: dict[str, Any], sentence: str) -> None:
    """A rehearsal that asks wrongly gets a sentence, not a hang."""
    app = make_app(Account())
    app.platform.befriend(1)
    with platform_in_thread(app) as platform, pytest.raises(ControlRefused, match=sentence):
        platform.control.ask(verb, **asked)
