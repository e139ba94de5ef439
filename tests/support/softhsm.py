"""A key device in software (SoftHSM): the same protocol as a device of hardware, its objects in a folder of files."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MODULE: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
TOOL: Final = "softhsm2-util"
PIN, OFFICERS_PIN = "1234-rehearsal", "5678-rehearsal"


def installed() -> bool:
    """Whether Debian's package softhsm2 is on this machine."""
    return MODULE.exists() and shutil.which(TOOL) is not None


@dataclass(frozen=True)
class SoftDevice:
    """A device that can hold tokens, be taken away and come back. One a process: the module reads its place once."""

    folder: Path

    @classmethod
    def begun(cls, folder: Path) -> "SoftDevice":
        """Make a device, and let this process and those it starts see it."""
        (folder / "tokens").mkdir(parents=True)
        written = f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        (folder / "softhsm.conf").write_text(written, "ascii")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm.conf")
        return cls(folder)

    def token(self, label: str) -> dict[str, Any]:
        """Make a token, and give the settings that name it."""
        words = [TOOL, "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", OFFICERS_PIN]
        subprocess.run(words, check=True, capture_output=True)
        return {"key_provider": "pkcs11", "pkcs11_module": MODULE, "pkcs11_token": label, "pkcs11_pin": PIN}

    def take_away(self) -> None:
        """Disconnect the device."""
        (self.folder / "tokens").rename(self.folder / "away")
        (self.folder / "tokens").mkdir()

    def bring_back(self) -> None:
        """Connect it again."""
        (self.folder / "tokens").rmdir()
        (self.folder / "away").rename(self.folder / "tokens")
