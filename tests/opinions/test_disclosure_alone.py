"""Disclosure control can be taken out of the house: its folder alone, with numpy and scipy, does what its page says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "tayori/opinions/disclosure"
ALONE = """
import sys
sys.path.insert(0, {here!r})
{example}
ours = [module.__file__ for name, module in sys.modules.items() if name.startswith("tayori.")]
assert all(path is None or path.startswith({here!r}) for path in ours), "it took in something of the house"
"""


def test_the_folder_alone_runs_the_example_of_its_page(tmp_path: Path) -> None:
    """Copied away from the rest, the package prints exactly what docs/disclosure.md says that it prints."""
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    page = (ROOT / "docs/disclosure.md").read_text("utf-8")
    example, printed = re.findall(r"```(?:python)?\n(.*?)```", page, re.DOTALL)
    program = ALONE.format(here=str(tmp_path), example=example)
    ran = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, printed), ran.stderr[-500:]
