"""Specimens of charsets: labelled rightly, wrongly, not at all, and cut by clients where no character ends."""

from collections.abc import Iterator

from sandbox.mails.writing import (
    TEXT,
    WRITER,
    Specimen,
    base64_mail,
    cp50221,
    mail,
    of_parts,
    part,
    quoted_mail,
    word,
    word_of,
)

PLAIN = {"kind": "letter", "text": TEXT, "subject": "街路樹について", "name": "模擬 太郎", "address": WRITER}
NEC = "①子どもの遊び場 ②㈱の跡地 ｶﾞｰﾄﾞﾚｰﾙ 髙橋様 5㎞"
WAVE = "10時～12時、費用は－100円。"


def specimens() -> Iterator[Specimen]:
    """Give the specimens."""
    yield from _labelled()
    yield from _mislabelled()
    yield from _headers()
    yield from _damaged()


def _labelled() -> Iterator[Specimen]:
    jis = TEXT.encode("iso-2022-jp")
    yield Specimen("utf-8-8bit", "RFC 6532", mail(TEXT, "Content-Transfer-Encoding: 8bit"), PLAIN)
    yield Specimen("utf-8-base64", "RFC 2045", base64_mail(TEXT, "utf-8"), PLAIN)
    yield Specimen("utf-8-quoted", "RFC 2045", quoted_mail(TEXT), PLAIN)
    yield Specimen("utf-8-mark", "a client that writes a byte order mark", base64_mail("\ufeff" + TEXT, "utf-8"), PLAIN)
    yield Specimen("iso-2022-jp", "RFC 1468", mail(jis, typed="text/plain; charset=ISO-2022-JP"), PLAIN)
    yield Specimen("iso-2022-jp-base64", "RFC 1468", base64_mail(TEXT, "iso-2022-jp"), PLAIN)
    yield Specimen("euc-jp", "a Unix client", base64_mail(TEXT, "euc-jp"), PLAIN)
    yield Specimen("shift-jis", "a mobile phone", base64_mail(TEXT, "shift_jis"), PLAIN)
    yield Specimen(
        "cp932-as-shift-jis", "Windows calls CP932 Shift_JIS", base64_mail(NEC, "cp932", "Shift_JIS"), {"text": NEC}
    )
    yield Specimen(
        "cp50221", "Outlook: signs beyond JIS X 0208", mail(cp50221(NEC), typed="text/plain; charset=iso-2022-jp"),
        {"text": NEC, "unreadable": 0},
    )  # fmt: skip
    yield Specimen(
        "wave-dash", "the signs that differ between CP932 and Shift_JIS", base64_mail(WAVE, "cp932", "shift_jis"),
        {"text": WAVE},
    )  # fmt: skip
    yield Specimen(
        "gb2312", "a writer with a Chinese client", base64_mail("你好，请修路", "gb2312"), {"text": "你好，请修路"}
    )
    yield Specimen(
        "korean", "a writer with a Korean client", base64_mail("길이 어둡습니다", "euc-kr"), {"text": "길이 어둡습니다"}
    )
    yield Specimen(
        "latin-1", "an English letter", base64_mail("Café noise at 23:00", "latin-1"), {"text": "Café noise at 23:00"}
    )
    yield Specimen("ascii", "RFC 5322", mail("Please fix the light.", typed=None), {"text": "Please fix the light."})
    yield Specimen("emoji", "a smartphone", base64_mail("ありがとう😀👍🏽", "utf-8"), {"text": "ありがとう😀👍🏽"})
    yield Specimen(
        "variants",
        "names with variation selectors",
        base64_mail("葛󠄀城の﨑田と𠮷野", "utf-8"),
        {"text": "葛󠄀城の﨑田と𠮷野"},
    )


def _mislabelled() -> Iterator[Specimen]:
    yield Specimen("cp932-as-utf-8", "a mailer on a web page", base64_mail(TEXT, "cp932", "utf-8"), PLAIN)
    yield Specimen("cp932-as-iso-2022-jp", "an old form", base64_mail(TEXT, "cp932", "iso-2022-jp"), PLAIN)
    yield Specimen("cp932-as-ascii", "no label at all", mail(TEXT.encode("cp932"), typed="text/plain"), PLAIN)
    yield Specimen("euc-as-latin-1", "a list server", base64_mail(TEXT, "euc-jp", "iso-8859-1"), PLAIN)
    yield Specimen("euc-unlabelled", "a list server", mail(TEXT.encode("euc-jp"), typed=None), PLAIN)
    yield Specimen("utf-8-as-latin-1", "a phone's default", base64_mail(TEXT, "utf-8", "iso-8859-1"), PLAIN)
    yield Specimen("utf-8-as-shift-jis", "a mailer on a web page", base64_mail(TEXT, "utf-8", "Shift_JIS"), PLAIN)
    yield Specimen("utf-8-unlabelled", "no label", mail(TEXT, typed=None), PLAIN)
    yield Specimen("jis-unlabelled", "mails before MIME", mail(TEXT.encode("iso-2022-jp"), typed=None), PLAIN)
    yield Specimen("jis-as-utf-8", "a gateway that relabels", base64_mail(TEXT, "iso-2022-jp", "utf-8"), PLAIN)
    yield Specimen("unknown-label", "x-unknown", base64_mail(TEXT, "utf-8", "x-unknown"), PLAIN)
    yield Specimen("nonsense-label", "a broken client", base64_mail(TEXT, "utf-8", "文字化け"), PLAIN)
    yield Specimen("label-with-language", "RFC 2231", mail(TEXT, typed="text/plain; charset*=utf-8'ja'utf-8"), PLAIN)


def _headers() -> Iterator[Specimen]:
    long = "区立図書館の開館時間の延長と、夜間の自習室の利用についての要望"
    content = long.encode()
    cut = "\r\n ".join(word_of(content[at : at + 16], "utf-8") for at in range(0, len(content), 16))
    yield Specimen(
        "subject-cut-inside-a-character", "clients that cut by bytes", mail(TEXT, Subject=cut), {"subject": long}
    )
    folded = "\r\n ".join(word(long[at : at + 8], "iso-2022-jp") for at in range(0, len(long), 8))
    yield Specimen("subject-folded-jis", "RFC 2047", mail(TEXT, Subject=folded), {"subject": long})
    yield Specimen("subject-q", "RFC 2047", mail(TEXT, Subject=word("騒音の件", how="Q")), {"subject": "騒音の件"})
    yield Specimen(
        "subject-cp50221", "Outlook", mail(TEXT, Subject=word_of(cp50221("①騒音の件"), "iso-2022-jp")),
        {"subject": "①騒音の件"},
    )  # fmt: skip
    eight = "Subject: 騒音の件".encode("cp932")
    yield Specimen("subject-8bit-cp932", "forbidden and usual", mail(TEXT, eight, Subject=""), {"subject": "騒音の件"})
    yield Specimen(
        "subject-8bit-utf-8", "RFC 6532", mail(TEXT, "Subject: 騒音の件", Subject=""), {"subject": "騒音の件"}
    )
    yield Specimen("no-subject", "phones", mail(TEXT, Subject=""), {"subject": "", "text": TEXT})
    quoted = f'"{word("模擬 太郎")}" <{WRITER}>'
    yield Specimen("name-in-quotes", "encoded words in quotes, forbidden and usual", mail(TEXT, From=quoted), PLAIN)
    yield Specimen("name-with-comma", "RFC 5322", mail(TEXT, From=f'"Mogi, Taro" <{WRITER}>'), {"name": "Mogi, Taro"})
    yield Specimen("no-name", "RFC 5322", mail(TEXT, From=WRITER), {"name": "", "address": WRITER})
    yield Specimen(
        "name-is-address", "phones", mail(TEXT, From=f'"{WRITER}" <{WRITER}>'), {"name": "", "address": WRITER}
    )
    old = "taro..mogi.@docomo.example"
    yield Specimen("dots-in-address", "addresses of old phones", mail(TEXT, From=f"<{old}>"), {"address": old})
    yield Specimen("no-from", "a broken gateway", mail(TEXT, From=""), {"name": "", "address": "", "text": TEXT})
    two = f"{WRITER}, hanako@example.jp"
    yield Specimen("two-writers", "RFC 5322", mail(TEXT, From=two), {"address": WRITER})
    yield Specimen(
        "several-to", "RFC 5322", mail(TEXT, To=f"{word('区長')} <KUCHO@City.example.lg.jp>, b@example.jp"),
        {"to": ("kucho@city.example.lg.jp", "b@example.jp")},
    )  # fmt: skip


def _damaged() -> Iterator[Specimen]:
    broken = TEXT.encode()[:-3] + b"\xe3\x81" + "以上".encode()
    yield Specimen("half-a-character", "cut by a gateway", mail(broken), {"kind": "letter", "unreadable": 1})
    bad = part(TEXT.encode("cp932"), "text/plain; charset=shift_jis", "Content-Transfer-Encoding: 8bit")
    yield Specimen("8bit-in-part", "RFC 2045", of_parts(bad), PLAIN)
    yield Specimen("nul-bytes", "a broken client", mail(TEXT.replace("。", "。\0")), PLAIN)
    cut = b"\x1b$B" + TEXT[:5].encode("euc-jp").translate(bytes(b & 0x7F for b in range(256)))
    yield Specimen(
        "jis-without-its-end", "a client that forgets to switch back",
        mail(cut + b"\r\nOK", typed="text/plain; charset=iso-2022-jp"),
        {"text": f"{TEXT[:5]}\nOK"},
    )  # fmt: skip
