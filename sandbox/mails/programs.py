"""Specimens of mails that no resident wrote, and of those that only look so."""

from collections.abc import Iterator

from sandbox.mails.writing import TEXT, WRITER, Specimen, mail, of_parts, part, word

SERVER = "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.jp>"
BOUNCE, AUTO = {"kind": "bounce"}, {"kind": "auto_reply"}
LETTER = {"kind": "letter", "text": TEXT}


def specimens() -> Iterator[Specimen]:
    """Give the specimens."""
    yield from _reports()
    yield from _plain_bounces()
    yield from _answers()
    yield from _letters_all_the_same()


def _status(action: str, code: str) -> bytes:
    told = (
        "Reporting-MTA: dns; mx.example.jp\r\n\r\n"
        f"Final-Recipient: rfc822; {WRITER}\r\nAction: {action}\r\nStatus: {code}\r\n"
    )
    said = part("This is a delivery status notification.", "text/plain; charset=us-ascii")
    returned = part(mail(TEXT, Subject=word("回答")), "message/rfc822")
    report = ' ; report-type="delivery-status"'
    return of_parts(said, part(told, "message/delivery-status"), returned, kind="report", more=report, **_FROM_SERVER)


_FROM_SERVER = {"Return-Path": "<>", "From": SERVER, "Subject": "Delivery Status Notification"}


def _reports() -> Iterator[Specimen]:
    yield Specimen("dsn-failed", "RFC 3464", _status("failed", "5.1.1"), BOUNCE)
    yield Specimen("dsn-remark", "RFC 3464, remarks in the field", _status("Failed (user unknown)", "5.1.1"), BOUNCE)
    yield Specimen("dsn-delayed", "RFC 3464", _status("delayed", "4.4.1"), {"kind": "delay"})
    yield Specimen("dsn-delivered", "RFC 3464", _status("delivered", "2.0.0"), {"kind": "delivered"})
    yield Specimen("dsn-relayed", "RFC 3464", _status("relayed", "2.0.0"), {"kind": "delivered"})
    bare = of_parts(
        part("Undelivered.", "text/plain"), kind="report", more="; report-type=delivery-status", **_FROM_SERVER
    )
    yield Specimen("dsn-without-status", "RFC 6522, broken", bare, BOUNCE)
    told = "Final-Recipient: rfc822; a@example.jp\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
    read = of_parts(
        part("開封しました", "text/plain; charset=utf-8"),
        part(told, "message/disposition-notification"),
        kind="report",
        more="; report-type=disposition-notification",
    )
    yield Specimen("mdn", "RFC 8098", read, {"kind": "receipt"})


def _plain_bounces() -> Iterator[Specimen]:
    postfix = (
        "This is the mail system at host mx.example.jp.\n\n"
        "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n"
        f"<{WRITER}>: host mx.example.jp[192.0.2.1] said: 550 5.1.1 User unknown\n"
    )
    qmail = (
        "Hi. This is the qmail-send program at mx.example.jp.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{WRITER}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\n"
    )
    exim = (
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {WRITER}\n    unknown user\n\n------ This is a copy of the message, including all the headers. ------\n"
    )
    for name, words in (("qmail", qmail), ("exim", exim)):
        yield Specimen(
            f"bounce-{name}", f"{name}: a bounce without a report", mail(words, typed=None, **_FROM_SERVER), BOUNCE
        )
    report = ' ; report-type="delivery-status"'
    told = of_parts(part(postfix, "text/plain"), kind="report", more=report, **_FROM_SERVER)
    yield Specimen("bounce-postfix", "Postfix", told, BOUNCE)


def _answers() -> Iterator[Specimen]:
    answering = "In-Reply-To: <9@city.example.lg.jp>"
    yield Specimen("auto-replied", "RFC 3834", mail(TEXT, "Auto-Submitted: auto-replied"), AUTO)
    remark = 'Auto-Submitted: auto-replied (vacation); owner-email="a@example.jp"'
    yield Specimen("auto-replied-remark", "RFC 3834, remarks and parameters", mail(TEXT, remark), AUTO)
    yield Specimen("exchange", "Exchange: out of office", mail(TEXT, "X-Auto-Response-Suppress: All",
                   "Auto-Submitted: auto-generated", answering, Subject=word("自動応答: 回答")), AUTO)  # fmt: skip
    yield Specimen("x-autoreply", "an old server", mail(TEXT, "X-Autoreply: yes"), AUTO)
    yield Specimen("precedence", "vacation(1)", mail(TEXT, "Precedence: auto_reply"), AUTO)
    yield Specimen(
        "subject-ja", "a phone provider", mail(TEXT, answering, Subject=word("自動返信：ただいま不在です")), AUTO
    )
    yield Specimen(
        "subject-bracket", "a company's server", mail(TEXT, answering, Subject=word("【自動返信】お問合せ")), AUTO
    )
    yield Specimen("subject-en", "Outlook", mail(TEXT, answering, Subject="Out of Office: Re: answer"), AUTO)
    yield Specimen(
        "null-sender-vacation", "Sieve vacation", mail(TEXT, Return_Path="<>", Subject="Automatic reply: x"), AUTO
    )


def _letters_all_the_same() -> Iterator[Specimen]:
    yield Specimen(
        "form", "a form's mail is generated and is a letter", mail(TEXT, "Auto-Submitted: auto-generated"), LETTER
    )
    yield Specimen("auto-no", "RFC 3834", mail(TEXT, "Auto-Submitted: no"), LETTER)
    yield Specimen("about-auto-replies", "a letter about automatic answers",
                   mail(TEXT, Subject=word("自動返信が届きません")), LETTER)  # fmt: skip
    about = f"返送されたメールの件です。\n550 5.1.1 <{WRITER}>: User unknown と出ました。"
    yield Specimen("about-a-bounce", "a letter that quotes a bounce", mail(about), {"kind": "letter", "text": about})
    yield Specimen("list", "a mailing list", mail(TEXT, "Precedence: bulk", "List-Id: <a.example.jp>"), LETTER)
    yield Specimen("answer-to-answer", "a resident who answers", mail(TEXT, "In-Reply-To: <9@city.example.lg.jp>",
                   Subject=word("Re: ご意見への回答")), LETTER)  # fmt: skip
    yield Specimen(
        "null-sender-letter", "a program that sends with an empty path", mail(TEXT, Return_Path="<>"), LETTER
    )
