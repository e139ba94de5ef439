"""The same calls as a second vendor keeps them: one wide table, words for codes, times as text, truth values."""

from typing import Any, Final

import sqlalchemy as sa

from sandbox.call_centre.inquiries import inquiries
from sandbox.call_centre.tables import DEPARTMENT_CODES

METADATA: Final = sa.MetaData()
INQUIRY: Final = sa.Table(
    "inquiry",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("opened", sa.String(10), nullable=False),
    sa.Column("touched", sa.String(14), nullable=False, index=True),  # 20260401090000
    sa.Column("route", sa.String(12), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("own_business", sa.Boolean, nullable=False),
    sa.Column("wants_answer", sa.String(8), nullable=False),
    sa.Column("department", sa.String(40)),
    sa.Column("body", sa.Text, nullable=False),
    *(sa.Column(name, sa.String(200)) for name in ("caller", "zip", "place", "phone", "mail", "fax")),
)
_ROUTES: Final = {"1": "phone", "2": "fax", "3": "web", "4": "counter", "5": "other"}
_STATES: Final = {"10": "open", "20": "answered", "30": "handed", "90": "withdrawn"}
_WANTS: Final = {"0": "no", "1": "yes", "9": "unasked"}
_CONTACT: Final = {"YUUBIN_NO": "zip", "JUUSHO": "place", "TEL": "phone", "MAIL": "mail", "FAX_NO": "fax"}


def create(engine: sa.Engine, count: int, seed: int, *, marker: str = "") -> tuple[str, ...]:
    """Make the table and fill it; give the keys in scope."""
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    made = list(inquiries(1, count, seed, marker=marker))
    with engine.begin() as connection:
        connection.execute(INQUIRY.insert(), [_row(one.toiawase, one.renrakusaki) for one in made])
    return tuple(str(int(one.key[1:])) for one in made if one.in_scope)


def _row(told: dict[str, Any], contact: dict[str, Any] | None) -> dict[str, Any]:
    held = contact or {}
    return {
        "id": int(told["TOIAWASE_NO"][1:]),
        "opened": f"{told['UKETSUKE_NICHIJI']:%Y-%m-%d}",
        "touched": f"{told['KOUSHIN_NICHIJI']:%Y%m%d%H%M%S}",
        "route": _ROUTES[told["KEIRO_KBN"]],
        "state": _STATES[told["STATUS_CD"]],
        "own_business": told["TAISHOU_GAI_FLG"] == 0,
        "wants_answer": _WANTS[told["KAITOU_KIBOU"]],
        "department": DEPARTMENT_CODES.get(told["HIKITSUGI_BUSHO_CD"]),
        "body": told["NAIYOU"],
        "caller": held.get("SHIMEI"),
        **{name: held.get(column) for column, name in _CONTACT.items()},
    }
