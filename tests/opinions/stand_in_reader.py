"""A second reader for tests: it speaks the lines of ginza_reader.py and takes the dummy name 甲乙丙 for a person.

Its first argument says how it behaves; `after` questions are answered well before it misbehaves.
"""

import json
import re
import sys
import time

NAME = re.compile("甲乙丙|落合")
BAD = {
    "torn": '{"persons": [[[0,',
    "no json": "甲乙丙",
    "no object": "[]",
    "too few": '{"persons": []}',
    "no list": '{"persons": [7]}',
    "beyond the end": '{"persons": [[[0, 999999]]]}',
    "backwards": '{"persons": [[[2, 1]]]}',
    "overlapping": '{"persons": [[[0, 2], [1, 3]]]}',
    "a word": '{"persons": [[["甲", "乙"]]]}',
}


def main(how: str = "well", after: str = "0", name: str = "stand-in 1") -> None:
    """Answer every line of the input."""
    if how == "no name":
        say("{}\n")
    say(json.dumps({"reader": name}) + "\n")
    for at, line in enumerate(sys.stdin):
        if how != "well" and at >= int(after):
            misbehave(how)
        texts = json.loads(line)["texts"]
        say(json.dumps({"persons": [[one.span() for one in NAME.finditer(text)] for text in texts]}) + "\n")


def misbehave(how: str) -> None:
    """Die, keep silent, or answer badly."""
    if how == "silent":
        time.sleep(3600)
    if how in BAD:
        say(BAD[how] + ("" if how == "torn" else "\n"))
    sys.exit(1)


def say(line: str) -> None:
    """Write, and keep nothing back."""
    sys.stdout.write(line)
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
