"""Specimens of what clients do with the mail that is answered, with HTML, with long lines and with files."""

from collections.abc import Iterator

from sandbox.mails.writing import (
    TEXT,
    Specimen,
    base64_mail,
    file_part,
    mail,
    nested,
    of_parts,
    part,
    quoted_mail,
    word,
)

OLD = "お問合せありがとうございます。\n担当課からご連絡します。"
QUOTED = "\n".join(f"> {line}" for line in OLD.split("\n"))
HELD = {"kind": "letter", "text": TEXT}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
HTML = (
    "<html><head><style>p{color:red}</style></head><body>"
    "<p>歩道の街路樹が傾いています。<br>点検をお願いします。</p></body></html>"
)


def specimens() -> Iterator[Specimen]:
    """Give the specimens."""
    for name, source, opening, old in _OPENINGS:
        yield Specimen(
            f"history-{name}", source, base64_mail(f"{TEXT}\n\n{opening}\n{old}\n", "utf-8"), HELD | {"history": True}
        )
    yield from _kept_histories()
    yield from _html()
    yield from _lines()
    yield from _files()


_BLOCK = "差出人: 区 <kucho@city.example.lg.jp>\n送信日時: 2026年11月1日 10:00\n宛先: 模擬 太郎\n件名: 回答\n"
_OPENINGS = (
    ("gmail-ja", "Gmail (日本語)", "2026年11月1日(日) 10:00 新宿区 <kucho@city.example.lg.jp>:", QUOTED),
    (
        "gmail-ja-wrapped",
        "Gmail (日本語), wrapped",
        "2026年11月1日(日) 10:00 区民の声担当\n<kucho@city.example.lg.jp>:",
        QUOTED,
    ),
    ("gmail-en", "Gmail (English)", "On Sun, Nov 1, 2026 at 10:00 AM Ward <kucho@city.example.lg.jp> wrote:", QUOTED),
    ("apple-ja", "Apple Mail (日本語)", "2026/11/01 10:00、区 <kucho@city.example.lg.jp>のメール:", QUOTED),
    ("thunderbird-ja", "Thunderbird (日本語)", "区民の声担当 さんは書きました:", QUOTED),
    ("thunderbird-date", "Thunderbird", "On 2026/11/01 10:00, 区民の声担当 wrote:", QUOTED),
    ("becky", "Becky!", "区民の声担当さんが書きました：", QUOTED),
    ("outlook-ja", "Outlook (日本語)", "-----元のメッセージ-----", f"{_BLOCK}\n{OLD}"),
    ("outlook-en", "Outlook (English)", "-----Original Message-----\nFrom: ward", OLD),
    ("outlook-block", "Outlook 2016 (日本語)", f"________________________________\n{_BLOCK}", OLD),
    ("outlook-block-only", "Outlook on the web", _BLOCK, OLD),
    ("yahoo-ja", "Yahoo!メール", "----- 元のメール -----", OLD),
    ("phone", "a phone", "---- Original Message ----", OLD),
    ("no-opening", "a client without an opening line", "", QUOTED),
    ("wide-marks", "a client that quotes with ＞", "", QUOTED.replace(">", "＞")),
)


def _kept_histories() -> Iterator[Specimen]:
    between = "On Sun, Nov 1, 2026 Ward <a@example.jp> wrote:\n> いつですか。\n昨日です。\n> どこですか。\n駅前です。"
    yield Specimen("answers-in-between", "RFC 3676: inline answers", base64_mail(f"回答します。\n\n{between}", "utf-8"),
                   {"text": f"回答します。\n\n{between}", "history": False})  # fmt: skip
    forwarded = f"-----Original Message-----\nFrom: 友人\n\n{TEXT}"
    yield Specimen(
        "forwarded-only",
        "a mail that only forwards",
        base64_mail(forwarded, "utf-8"),
        {"text": forwarded, "history": False},
    )
    below = f"{QUOTED}\n\n{TEXT}"
    yield Specimen("answer-below", "bottom posting", base64_mail(below, "utf-8"), {"text": below, "history": False})
    sign = f"{TEXT}\n\n-- \n模擬 太郎\n新宿区歌舞伎町1-4-1"
    yield Specimen(
        "signature-stays", "RFC 3676, 4.3: the address stands in it", base64_mail(sign, "utf-8"), {"text": sign}
    )
    speech = "係の方が「> 3日待て」と書きました: 困ります。"
    yield Specimen(
        "words-like-an-opening",
        "a sentence that only looks like one",
        base64_mail(speech, "utf-8"),
        {"text": speech, "history": False},
    )
    dashes = "要望です。\n-----\n1. 街灯\n2. 歩道"
    yield Specimen(
        "dashes-in-text", "a list that writers make", base64_mail(dashes, "utf-8"), {"text": dashes, "history": False}
    )


def _html() -> Iterator[Specimen]:
    yield Specimen("html-only", "webmail", quoted_mail(HTML, subtype="html"), HELD)
    both = (part(TEXT, "text/plain; charset=utf-8"), part("<b>別</b>", "text/html; charset=utf-8"))
    yield Specimen("alternative", "RFC 2046", of_parts(*both, kind="alternative"), HELD | {"files": 0})
    empty = (part(" \n", "text/plain; charset=utf-8"), part(HTML, "text/html; charset=utf-8"))
    yield Specimen(
        "empty-plain", "a client that leaves the plain part empty", of_parts(*empty, kind="alternative"), HELD
    )
    told = (part("このメールはHTML形式です。", "text/plain; charset=utf-8"), part(HTML, "text/html; charset=utf-8"))
    yield Specimen("placeholder-plain", "a plain part that says nothing", of_parts(*told, kind="alternative"), HELD)
    meta = HTML.replace("<head>", '<head><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">')
    yield Specimen("html-meta", "the charset in the HTML alone", mail(meta.encode("cp932"), typed="text/html"), HELD)
    gmail = HTML.replace("</body>", f'<div class="gmail_quote">{OLD}</div></body>')
    yield Specimen("html-gmail-quote", "Gmail", quoted_mail(gmail, subtype="html"), HELD)
    apple = HTML.replace("</body>", f'<blockquote type="cite">{OLD}</blockquote></body>')
    yield Specimen("html-cite", "Apple Mail, Thunderbird", quoted_mail(apple, subtype="html"), HELD)
    outlook = HTML.replace("</body>", f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">{OLD}</div></body>')
    yield Specimen("html-outlook", "Outlook on the web", quoted_mail(outlook, subtype="html"), HELD)
    script = HTML.replace("</body>", "<script>alert(1)</script><!-- 見えない --></body>")
    yield Specimen("html-script", "what no reader sees", quoted_mail(script, subtype="html"), HELD)
    rows = "<table><tr><td>場所</td><td>駅前</td></tr><tr><td>内容</td><td>街灯</td></tr></table>"
    yield Specimen(
        "html-table", "a form's table", quoted_mail(rows, subtype="html"), {"text": "場所  駅前\n内容  街灯"}
    )
    yield Specimen(
        "html-entities",
        "HTML",
        quoted_mail("<p>A&amp;B &lt;区&gt;&nbsp;&#12354;</p>", subtype="html"),
        {"text": "A&B <区> あ"},
    )
    yield Specimen(
        "html-broken",
        "tags that never close",
        quoted_mail("<div><b>街灯<table><td>切れ", subtype="html"),
        {"kind": "letter"},
    )


def _lines() -> Iterator[Specimen]:
    flowed = "歩道の街路樹が \n傾いています。\n点検をお願いします。"
    yield Specimen(
        "flowed-delsp", "RFC 3676", mail(flowed, typed="text/plain; charset=utf-8; format=flowed; delsp=yes"), HELD
    )
    english = "The light at the \ncorner is out.\n From here."
    yield Specimen("flowed", "RFC 3676", mail(english, typed="text/plain; charset=us-ascii; format=flowed"),
                   {"text": "The light at the corner is out.\nFrom here."})  # fmt: skip
    yield Specimen("bare-cr", "an old Macintosh", base64_mail(TEXT.replace("\n", "\r"), "utf-8"), HELD)
    yield Specimen(
        "many-blank-lines",
        "phones",
        base64_mail(TEXT.replace("\n", "\n") + "\n" * 30 + "以上", "utf-8"),
        {"text": f"{TEXT}\n\n以上"},
    )
    yield Specimen("nothing", "an empty mail", mail("", Subject=""), {"text": "", "subject": "", "files": 0})
    yield Specimen(
        "subject-only",
        "phones",
        mail("", Subject=word("街灯が切れています")),
        {"text": "", "subject": "街灯が切れています"},
    )


def _files() -> Iterator[Specimen]:
    said = part(TEXT, "text/plain; charset=utf-8")
    yield Specimen(
        "picture", "RFC 2183", of_parts(said, file_part(PNG, "image/png", 'filename="a.png"')), HELD | {"files": 1}
    )
    encoded = f'filename="{word("写真")}.png"'
    yield Specimen("file-name-encoded", "RFC 2047 in a parameter, forbidden and usual",
                   of_parts(said, file_part(PNG, "image/png", encoded)), HELD | {"files": 1})  # fmt: skip
    star = "filename*=utf-8''%E5%86%99%E7%9C%9F.png"
    yield Specimen("file-name-2231", "RFC 2231", of_parts(said, file_part(PNG, "image/png", star)), HELD | {"files": 1})
    cut = "filename*0*=utf-8''%E5%86%99; filename*1*=%E7%9C%9F.png"
    yield Specimen(
        "file-name-2231-cut", "RFC 2231, 3", of_parts(said, file_part(PNG, "image/png", cut)), HELD | {"files": 1}
    )
    text_file = file_part("別紙".encode("cp932"), "text/plain; charset=shift_jis", 'filename="b.txt"')
    yield Specimen("text-file", "a text that is a file, no body", of_parts(said, text_file), HELD | {"files": 1})
    picture = part("iVBORw0KGgo=", 'image/png; name="i.png"', "Content-Transfer-Encoding: base64", "Content-ID: <1>")
    shown = nested(part(HTML, "text/html; charset=utf-8"), picture, kind="related", boundary="=_b2")
    yield Specimen("inline-picture", "RFC 2387", of_parts(said, shown, kind="alternative"), HELD | {"files": 1})
    inner = mail("中のメール", Subject="inner")
    yield Specimen(
        "mail-in-mail", "RFC 2046, 5.2.1", of_parts(said, part(inner, "message/rfc822")), HELD | {"files": 1}
    )
    pdf = file_part(b"%PDF-1.4", "application/pdf", 'filename="c.pdf"')
    yield Specimen("file-alone", "a letter as a PDF", of_parts(pdf), {"text": "", "files": 1})
    tnef = file_part(b"\x78\x9f\x3e\x22", "application/ms-tnef", 'filename="winmail.dat"')
    yield Specimen("winmail", "Outlook's own form", of_parts(said, tnef), HELD | {"files": 1})
    signed = of_parts(said, file_part(b"0\x80", "application/pkcs7-signature", 'filename="smime.p7s"'), kind="signed")
    yield Specimen("signed", "RFC 8551", signed, HELD | {"files": 1})
    footer = part("-- \nsent by list", "text/plain; charset=us-ascii")
    yield Specimen(
        "two-texts", "a list that adds a footer", of_parts(said, footer), {"text": f"{TEXT}\n\n-- \nsent by list"}
    )
    yield Specimen(
        "no-boundary", "RFC 2046, broken", mail(TEXT, typed="multipart/mixed"), {"kind": "letter", "text": TEXT}
    )
    open_ended = of_parts(said, file_part(PNG, "image/png", 'filename="a.png"')).rsplit(b"--=_b1--", 1)[0]
    yield Specimen("no-last-boundary", "a mail that was cut off", open_ended, HELD | {"files": 1})
    deep = said
    for level in range(30):
        deep = nested(deep, kind="mixed", boundary=f"=_d{level}")
    yield Specimen("thirty-deep", "a mail forwarded for ever", of_parts(deep), HELD)
