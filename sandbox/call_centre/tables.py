"""The call centre's FAQ system: tables as another vendor shaped them, codes as it chose them."""

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

BUSHO: Final = sa.Table(
    "M_BUSHO",
    METADATA,
    sa.Column("BUSHO_CD", sa.CHAR(4), primary_key=True),
    sa.Column("BUSHO_MEI", sa.String(40), nullable=False),
)

RENRAKUSAKI: Final = sa.Table(
    "T_RENRAKUSAKI",
    METADATA,
    sa.Column("RENRAKUSAKI_NO", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("SHIMEI", sa.String(80)),
    sa.Column("YUUBIN_NO", sa.String(16)),
    sa.Column("JUUSHO", sa.String(200)),
    sa.Column("TEL", sa.String(40)),
    sa.Column("MAIL", sa.String(200)),
    sa.Column("FAX_NO", sa.String(40)),
)

TOIAWASE: Final = sa.Table(
    "T_TOIAWASE",
    METADATA,
    sa.Column("TOIAWASE_NO", sa.CHAR(12), primary_key=True),
    sa.Column("UKETSUKE_NICHIJI", sa.DateTime, nullable=False),
    sa.Column("KOUSHIN_NICHIJI", sa.DateTime, nullable=False),
    sa.Column("KEIRO_KBN", sa.CHAR(1), nullable=False),  # 1 telephone, 2 fax, 3 the web page, 4 mail, 5 at the counter
    sa.Column("TAISHOU_GAI_FLG", sa.Integer, nullable=False),  # 1: outside the call centre's own scope
    sa.Column("KAITOU_KIBOU", sa.CHAR(1), nullable=False),  # 0 none, 1 from a department later, 9 not asked
    sa.Column("HIKITSUGI_BUSHO_CD", sa.CHAR(4)),
    sa.Column("STATUS_CD", sa.CHAR(2), nullable=False),  # 10 open, 20 answered at once, 30 handed over, 90 withdrawn
    sa.Column("SHUBETSU_CD", sa.CHAR(2), nullable=False),
    sa.Column("FAQ_NO", sa.Integer),
    sa.Column("RENRAKUSAKI_NO", sa.Integer),
    sa.Column("OPERATOR_ID", sa.CHAR(6), nullable=False),
    sa.Column("TSUUWA_BYOU", sa.Integer, nullable=False),
    sa.Column("NAIYOU", sa.Text),
    sa.Index("IX_TOIAWASE_KOUSHIN", "KOUSHIN_NICHIJI", "TOIAWASE_NO"),
)

DEPARTMENT_CODES: Final = {
    "0110": "総合政策部", "0120": "総務部", "0130": "危機管理担当部", "0210": "地域振興部", "0220": "文化観光産業部",
    "0310": "福祉部", "0320": "子ども家庭部", "0330": "健康部", "0410": "都市計画部", "0420": "みどり土木部",
    "0430": "環境清掃部", "0900": "教育委員会",
}  # fmt: skip
KIND_CODES: Final = {"opinion": "01", "request": "02", "complaint": "03", "inquiry": "04", "thanks": "05"}
