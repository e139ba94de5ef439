"""Every row of the reference files and of the sandbox's files comes out, none is lost or invented."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.letters.letters import Letter, Mailbag
from sandbox.letters.writers import write_csv, write_excel, write_json_array, write_json_lines
from tayori.ingest.sources.frame import FRAME_COLUMNS
from tayori.ingest.sources.mapping import read_file_mapping
from tests.sources.builders import EXAMPLES, ROOT, opinions

REFERENCE = Path(os.environ.get("OPINIONS_FOLDER", ROOT.parent / "shared" / "data" / "opinions"))
WRITERS: dict[str, tuple[str, Callable[[list[Letter], Path], int]]] = {
    "utf-8": ("l.csv", lambda letters, path: write_csv(letters, path, "utf-8")),
    "utf-8-sig": ("l.csv", lambda letters, path: write_csv(letters, path, "utf-8-sig")),
    "excel": ("l.xlsx", write_excel),
    "json lines": ("l.jsonl", write_json_lines),
    "json array": ("l.json", write_json_array),
}


@pytest.mark.parametrize(
    ("file", "rows", "without_opinion"),
    [
        ("aipubcom_args.csv", 9883, 0),
        ("aipubcom_ind2013_args.csv", 5957, 0),
        ("team_mirai_policy_prs.json", 1782, 5),
    ],
)
def test_every_row_of_a_reference_file_comes_out(file: str, rows: int, without_opinion: int) -> None:
    """Each example mapping reads its file whole; a missing body is left to the gate."""
    path = REFERENCE / file
    if not path.is_file():
        pytest.skip("the reference files are not on this machine")
    frame = opinions(path, read_file_mapping(EXAMPLES / f"{path.stem}.yaml"))
    assert len(frame) == rows
    assert tuple(frame.columns) == FRAME_COLUMNS
    assert frame["source_key"].nunique() == rows
    assert frame["opinion"].isna().sum() == without_opinion
    assert frame["received_on"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()


@pytest.mark.parametrize("kind", WRITERS)
def test_each_kind_of_file_gives_the_same_letters(kind: str, tmp_path: Path) -> None:
    """CSV with and without mark, Excel and JSON carry the desk's list unchanged."""
    letters = list(Mailbag(300, seed=7).letters())
    name, write = WRITERS[kind]
    assert write(letters, tmp_path / name) == 300
    frame = opinions(tmp_path / name, read_file_mapping(EXAMPLES / "desk_list.yaml"), chunk_rows=64)
    assert frame["source_key"].tolist() == [letter.key for letter in letters]
    assert frame["received_on"].tolist() == [letter.received_on.isoformat() for letter in letters]
    for item in ("channel", "addressee", "answer_wanted", "kind", "department", "opinion"):
        assert frame[item].tolist() == [getattr(letter, item) for letter in letters], item
    for item in ("name", "postal_code", "address", "telephone", "email", "fax"):
        assert frame[item].fillna("").tolist() == [getattr(letter, item) for letter in letters], item


def test_cp932_is_told_from_its_bytes(tmp_path: Path) -> None:
    """A list saved in the ward's old encoding is read as such, line breaks included."""
    letters = list(Mailbag(300, seed=7).letters())
    write_csv(letters, tmp_path / "l.csv", "cp932")
    frame = opinions(tmp_path / "l.csv", read_file_mapping(EXAMPLES / "desk_list.yaml"))
    assert frame["source_key"].tolist() == [letter.key for letter in letters]
    assert frame["opinion"].str.len().tolist() == [len(letter.opinion) for letter in letters]
