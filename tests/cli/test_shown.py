"""What residents wrote is shown as they wrote it, and steers no terminal."""

import pytest

from cli.show import facts, table


@pytest.mark.parametrize("written", ["[/b]公園に[red]段差[/red]がある。", "[link=https://x.invalid]ここ[/link]"])
def test_brackets_are_no_markup(capsys: pytest.CaptureFixture[str], written: str) -> None:
    """Whoever answers reads every sign of the letter, in a list and alone."""
    table([{"said": written}], {"said": "内容"}, as_json=False)
    facts({"said": written}, {"said": "内容"}, as_json=False)
    assert capsys.readouterr().out.count(written) == 2


def test_signs_that_steer_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """An escape sequence is text like any other."""
    table([{"said": "一\x1b[31m二\x07"}], {"said": "内容"}, as_json=False)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "一\\x1b[31m二\\x07" in out
