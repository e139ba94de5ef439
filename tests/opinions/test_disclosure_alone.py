"""Disclosure control can be taken out of the house: its folder alone, with numpy and scipy, does what its page says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "tayori/opinions/disclosure"


def test_the_folder_alone_runs_the_example_of_its_page(tmp_path: Path) -> None:
    """Copied away from the rest, the package prints exactly what docs/disclosure.md says that it prints."""
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    example, printed = re.findall(
        r"```(?:python)?\n(.*?)```", (ROOT / "docs/disclosure.md").read_text("utf-8"), re.DOTALL
    )
    alone = f"import sys; sys.path = [{str(tmp_path)!r}, *(one for one in sys.path if {str(ROOT)!r} != one)]\n{example}"
    ran = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", alone], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, printed), ran.stderr[-500:]
