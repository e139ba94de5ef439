"""The second reader is another program: it gets texts through a pipe, and whatever it does wrong costs nothing."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tayori.errors import Unavailable
from tayori.opinions import second_reader
from tayori.opinions.second_reader import SecondReader, words_for
from tests.opinions.stand_in_reader import BAD
from tests.support.ginza import interpreter
from tests.support.stand_in import stand_in

TEXT = "甲乙丙が公園に来た。"
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("how", [*BAD, "dies", "no name"])
def test_what_is_no_answer_is_refused_without_a_word_of_the_text(how: str) -> None:
    """A crash, a torn line, too few answers, places outside of the text: one sentence, nobody's words in it."""
    with pytest.raises(Unavailable, match="second reader stopped") as told, SecondReader(stand_in(how)) as reader:
        reader.persons([TEXT])
    assert "甲" not in f"{told.value!r} {told.value.__cause__!r}"
    assert told.value.__suppress_context__ or told.value.__context__ is None


def test_a_reader_that_says_nothing_is_ended() -> None:
    """It is not waited for without end, and its process is gone."""
    with pytest.raises(Unavailable), SecondReader(stand_in("silent"), patience=0.5) as reader:
        reader.persons([TEXT])
    assert not psutil.pid_exists(reader.pid)


def test_an_interpreter_that_is_not_there_is_named_by_its_setting(tmp_path: Path) -> None:
    """The sentence says which setting to look at."""
    with pytest.raises(Unavailable, match="TAYORI_GINZA_PYTHON"):
        SecondReader(words_for(tmp_path / "python"))


def test_places_count_characters_of_the_whole_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long texts go in pieces, several to a question; places lead back into the text they came from."""
    monkeypatch.setattr(second_reader, "AT_ONCE", 900)
    texts = [f"{'あいう。' * at}\n甲乙丙\n" * 3 for at in (1, 200, 0, 120)]
    texts.append("")
    with SecondReader(stand_in()) as reader:
        found = reader.persons(texts)
    assert [[text[begin:end] for begin, end in places] for text, places in zip(texts, found, strict=True)] == [
        *[["甲乙丙"] * 3] * 4,
        [],
    ]


@pytest.fixture(scope="module")
def ginza() -> Path:
    """Give the interpreter of GiNZA's environment; skip where it was not made."""
    found = interpreter()
    if found is None:
        pytest.skip("GiNZA's environment is not there (make ginza)")
    return found


@pytest.mark.ginza
def test_ginza_sees_people_and_holds_nothing_of_the_text(ginza: Path) -> None:
    """Dummies are seen, a clean text is left alone; arguments, environment, sockets and files hold nothing of ours."""
    texts = ["きのう、担任の伊藤先生と鈴木一郎が窓口に来た。\n", "公園の遊具を直してください。", ""]
    with SecondReader(words_for(ginza)) as reader:
        seen, clean, empty = reader.persons(texts)
        process = psutil.Process(reader.pid)
        assert reader.name == "ja_ginza 5.3.0"
        assert {texts[0][begin:end] for begin, end in seen} == {"伊藤", "鈴木一郎"}
        assert (clean, empty) == ([], [])
        assert process.environ().keys() <= {"LC_CTYPE"}
        assert process.net_connections() == []
        assert all(one.mode == "r" for one in process.open_files())
        assert "鈴木" not in " ".join(process.cmdline())


@pytest.mark.ginza
def test_ginza_bars_itself_from_files_and_sockets(ginza: Path) -> None:
    """Once it reads, whatever would open a file or a socket ends it."""
    program = "import ginza_reader as one, sys; sys.addaudithook(one._bar); {}; print('still here')"
    for doing in ("open('/dev/null', 'w')", "import socket; socket.create_connection(('127.0.0.1', 9))", "x = 1"):
        words = [str(ginza), "-c", program.format(doing)]
        ended = subprocess.run(words, cwd=ROOT / "tayori" / "opinions", capture_output=True, check=False)
        assert (b"still here" in ended.stdout) is (doing == "x = 1")


@pytest.mark.ginza
def test_ginza_dies_with_who_started_it(ginza: Path) -> None:
    """Kill -9 of the worker leaves no reader behind."""
    program = (
        "import sys, time; from pathlib import Path; from tayori.opinions.second_reader import *\n"
        f"reader = SecondReader(words_for(Path({str(ginza)!r}))); print(reader.pid, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    with starter.stdout:
        reader = psutil.Process(int(starter.stdout.readline()))
    starter.kill()
    starter.wait()
    assert psutil.wait_procs([reader], timeout=30)[1] == []
