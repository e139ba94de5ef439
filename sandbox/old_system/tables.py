"""The old opinion system's tables: personal items lie scattered over five of them, as the second paper complains."""

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

UKETSUKE: Final = sa.Table(
    "KOE_UKETSUKE",
    METADATA,
    sa.Column("UKETSUKE_NO", sa.String(12), primary_key=True),
    sa.Column("UKETSUKE_BI", sa.String(10), nullable=False),  # R8.11.2
    sa.Column("BAITAI_CD", sa.String(2), nullable=False),
    sa.Column("ATESAKI_KBN", sa.String(1), nullable=False),
    sa.Column("KAITOU_KBN", sa.String(1), nullable=False),
    sa.Column("SHUBETSU_CD", sa.String(2)),
    sa.Column("SHUKAN_CD", sa.String(4)),
    sa.Column("JOUTAI_CD", sa.String(2), nullable=False),
    sa.Column("KANRYOU_BI", sa.String(10)),
    sa.Column("SAKUJO_FLG", sa.String(1), nullable=False),
    sa.Column("KOUSHIN_NICHIJI", sa.DateTime, nullable=False, index=True),
)
TEISHUTSUSHA: Final = sa.Table(
    "KOE_TEISHUTSUSHA",
    METADATA,
    sa.Column("UKETSUKE_NO", sa.String(12), primary_key=True),
    sa.Column("SHIMEI", sa.String(80)),
    sa.Column("YUUBIN", sa.String(8)),
)
RENRAKU: Final = sa.Table(  # one row each way to reach somebody: 1 telephone, 2 fax, 3 mail, 4 address
    "KOE_RENRAKU",
    METADATA,
    sa.Column("RENRAKU_NO", sa.Integer, primary_key=True),
    sa.Column("UKETSUKE_NO", sa.String(12), nullable=False, index=True),
    sa.Column("SHUBETSU", sa.String(1), nullable=False),
    sa.Column("NAIYOU", sa.String(400), nullable=False),
)
HONBUN: Final = sa.Table(  # the text, cut every 200 characters
    "KOE_HONBUN",
    METADATA,
    sa.Column("UKETSUKE_NO", sa.String(12), primary_key=True),
    sa.Column("GYOU_NO", sa.Integer, primary_key=True),
    sa.Column("HONBUN", sa.String(200), nullable=False),
)
KAITOU: Final = sa.Table(
    "KOE_KAITOU",
    METADATA,
    sa.Column("UKETSUKE_NO", sa.String(12), primary_key=True),
    sa.Column("RENBAN", sa.Integer, primary_key=True),
    sa.Column("KAITOU_BUN", sa.String(200), nullable=False),
)
TENPU: Final = sa.Table(
    "KOE_TENPU",
    METADATA,
    sa.Column("TENPU_NO", sa.Integer, primary_key=True),
    sa.Column("UKETSUKE_NO", sa.String(12), nullable=False, index=True),
    sa.Column("FILE_MEI", sa.String(120), nullable=False),
    sa.Column("JITTAI", sa.LargeBinary, nullable=False),
)
BUSHO: Final = sa.Table(
    "KOE_BUSHO",
    METADATA,
    sa.Column("BUSHO_CD", sa.String(4), primary_key=True),
    sa.Column("BUSHO_MEI", sa.String(40), nullable=False),
)
