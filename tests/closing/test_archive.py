"""What 甲 gets back of the desk's work: the proof of every decision, and a letter's files as they were."""

import json
from base64 import b64decode

from sqlalchemy import insert

from tayori.domain.identifiers import Contract
from tayori.ingest.intake import add_files
from tayori.ingest.sources.files import LetterFile
from tayori.warehouse.schema.desk import reply_stamp
from tests.closing.conftest import Ward, lines

FILES = [LetterFile("attachment", f"{no}.png", "image/png", bytes([no])) for no in range(41)]
STAMP = {"seq": 1, "step": 0, "post": "section", "department": "広聴担当課", "stamp": "decided", "by": "chief"}
SIGNED = {"statement": b"{}", "signature": b"signed"}


def test_the_proof_of_a_decision_and_the_files_of_a_letter_are_returned(ward: Ward) -> None:
    """決裁 is an official record with its signature; a file comes back as its bytes, few to a part of the archive."""
    office, number = ward.office, ward.letters[0]
    with office.writing_people() as (people, vault):
        keys = office.case_keys.open(vault, [number])
        add_files(people, [(number, keys[number], FILES)])
        people.execute(insert(reply_stamp).values({"case_no": number, "at": office.now(), **STAMP, **SIGNED}))
    ward.sign(Contract.OPINIONS)
    files = ward.opened(ward.hand_over(Contract.OPINIONS).archive)
    (stamp,) = lines(files, "reply_stamp")
    assert {name: b64decode(stamp[name]) for name in SIGNED} == SIGNED
    told = {row["title"]: b64decode(row["content"]) for row in lines(files, "letter_file")}
    assert told == {one.title: one.content for one in FILES}
    assert len([name for name in files if name.startswith("data/letter_file/")]) == 3
    schema = json.loads(files["schema.json"])
    assert schema["letter_file"]["columns"]["content"]["written"].startswith("base64")
    assert "返還しない" in schema["case_reply"]["columns"]["mark"]["written"]
