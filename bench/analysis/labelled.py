"""Masking and prohibited matters on the labelled sets, the whole and the part that no rule was made for."""

from collections.abc import Mapping
from pathlib import Path

from tayori.opinions.facts import Analyst
from tayori.opinions.tokens import Tokeniser
from tests.opinions.labelled_set import judged, scored, sentences, statements


def measure(folder: Path) -> Mapping[str, float]:
    """Give recall by characters, the share of clean characters masked, precision and recall; the folder stays empty."""
    del folder
    tokeniser, analyst = Tokeniser(), Analyst()
    figures: dict[str, float] = {"labelled_sentences": len(sentences()), "labelled_statements": len(statements())}
    for suffix, held_back in (("", (True, False)), ("_held_back", (True,))):
        masks = scored(tokeniser, [one for one in sentences() if one.held_back in held_back])
        levels = judged(analyst, [one for one in statements() if one.held_back in held_back])
        figures |= {
            f"pii_recall_structured{suffix}": round(masks.structured.recall, 4),
            f"pii_recall_names{suffix}": round(masks.names.recall, 4),
            f"clean_masked_share{suffix}": round(masks.clean_masked_share, 4),
            f"prohibited_precision{suffix}": round(levels.precision, 3),
            f"prohibited_recall{suffix}": round(levels.recall, 3),
        }
    return figures
