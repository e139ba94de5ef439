"""Where mails wait: a Maildir or a folder of an IMAP server. A mail stays as it is until what it says is committed."""

import contextlib
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from tayori.errors import BadInput, NotFound, Unavailable
from tayori.mail import LOOPBACK

LARGEST_MAIL: Final = 40 << 20  # bytes; larger ones stay where they are and are told
BLOCK_BYTES: Final = 64 << 20  # how much is held at a time
BLOCK_MAILS: Final = 200
PATIENCE_SECONDS: Final = 60
SEEN: Final = b"\\Seen"
FACTS: Final = ("RFC822.SIZE", "INTERNALDATE")
Place = str | int
Block = list["WaitingMail"]


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """A mail in its box: where it lies, when it arrived there, its bytes."""

    place: Place
    arrived: datetime
    raw: bytes = field(repr=False)


class Box(Protocol):
    """A place where mails wait."""

    too_large: int
    """How many mails were left where they are because of their size."""

    def blocks(self) -> Iterator[Block]:
        """Give the mails that wait, some at a time, without touching them."""
        ...

    def file_away(self, places: Sequence[Place]) -> None:
        """Mark mails as seen and move them to the folder of what was taken in."""
        ...

    def filed(self, before: datetime) -> Iterator[Block]:
        """Give the mails in the folder of what was taken in that arrived before a moment, some at a time."""
        ...

    def delete_filed(self, places: Sequence[Place]) -> None:
        """Delete mails from that folder."""
        ...


def host_of(url: str) -> str | None:
    """Give the host of a box; None where it is a folder here. Raises BadInput where the address is not understood."""
    return _understood(url).hostname


@contextlib.contextmanager
def opened_box(url: str, done: str) -> Iterator[Box]:
    """Open a box: `maildir:///folder`, `imaps://user:password@host/FOLDER`, or `imap://` here or under STARTTLS.

    Raises:
        BadInput: the address is not understood.
        NotFound: there is no such folder.
        Unavailable: the server cannot be reached, or refuses; the folder is not this user's.

    """
    place = _understood(url)
    if place.scheme == "maildir":
        try:
            yield Maildir(Path(unquote(place.path)), done)
        except PermissionError:
            raise Unavailable("The folder of mails cannot be read by this user; see who owns it.") from None
        return
    try:
        with _connected(place) as server:
            yield ImapFolder(server, unquote(place.path.strip("/")) or "INBOX", done)
    except LoginError:
        raise Unavailable("The mail server refuses the user or the password; check TAYORI_MAIL_URL.") from None
    except (OSError, IMAPClientError) as fault:
        raise Unavailable(
            f"The mail server cannot be reached or broke off ({type(fault).__name__}); what was taken in stays, "
            "the rest waits in its folder."
        ) from None


class Maildir:
    """A Maildir: what waits lies in `new` and `cur`, what was taken in in the sub-folder `.NAME` (Maildir++)."""

    def __init__(self, folder: Path, done: str) -> None:
        """Open a folder. Raises NotFound where it is no Maildir."""
        if not all((folder / part).is_dir() for part in ("new", "cur")):
            raise NotFound("The folder of mails is no Maildir: it has no `new` and `cur`. Check TAYORI_MAIL_URL.")
        self._folder = folder
        self._done = folder / f".{done}"
        self.too_large = 0

    def blocks(self) -> Iterator[Block]:
        """Give the mails in the order of their arrival."""
        paths = []
        for path in _files_in(self._folder):
            with contextlib.suppress(FileNotFoundError):  # another program moved it: it lies in `cur`, or is gone
                if path.stat().st_size > LARGEST_MAIL:
                    self.too_large += 1
                else:
                    paths.append(path)
        yield from _read(paths)

    def file_away(self, places: Sequence[Place]) -> None:
        """Move mails, marked as seen."""
        for part in ("tmp", "new", "cur"):
            (self._done / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._done / "maildirfolder").touch()
        for place in places:
            path = Path(str(place))
            name, _, flags = path.name.partition(":2,")
            with contextlib.suppress(FileNotFoundError):
                path.rename(self._done / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")

    def filed(self, before: datetime) -> Iterator[Block]:
        """Give the mails that were moved and arrived before a moment."""
        paths = []
        for path in _files_in(self._done):
            with contextlib.suppress(FileNotFoundError):  # somebody deleted it
                if _arrival(path) < before:
                    paths.append(path)
        yield from _read(paths)

    def delete_filed(self, places: Sequence[Place]) -> None:
        """Delete mails that were moved."""
        for place in places:
            Path(str(place)).unlink(missing_ok=True)


class ImapFolder:
    """A folder of an IMAP server (RFC 3501); mails are read by PEEK, which marks nothing."""

    def __init__(self, server: IMAPClient, folder: str, done: str) -> None:
        """Open a folder."""
        self._server = server
        self._folder = folder
        self._done = done
        self.too_large = 0

    def blocks(self) -> Iterator[Block]:
        """Give the mails by their number."""
        self._select()
        known = self._server.fetch(self._server.search("UNDELETED"), FACTS)
        self.too_large = sum(1 for told in known.values() if told[b"RFC822.SIZE"] > LARGEST_MAIL)
        yield from self._contents({uid: told for uid, told in known.items() if told[b"RFC822.SIZE"] <= LARGEST_MAIL})

    def _contents(self, known: Mapping[int, Mapping[bytes, Any]]) -> Iterator[Block]:
        for uids in _portions({uid: told[b"RFC822.SIZE"] for uid, told in sorted(known.items())}):
            contents = self._server.fetch(uids, ["BODY.PEEK[]"])
            yield [
                WaitingMail(uid, known[uid][b"INTERNALDATE"].astimezone(UTC), contents[uid][b"BODY[]"])
                for uid in uids
                if uid in contents
            ]

    def file_away(self, places: Sequence[Place]) -> None:
        """Mark mails as seen and move them (RFC 6851); without MOVE, copy them and delete the copies left behind."""
        uids = [int(place) for place in places]
        if not uids:
            return
        if not self._server.folder_exists(self._done):
            self._server.create_folder(self._done)
        self._server.add_flags(uids, [SEEN], silent=True)
        if self._server.has_capability("MOVE"):
            self._server.move(uids, self._done)
            return
        self._server.copy(uids, self._done)
        self._server.delete_messages(uids, silent=True)
        if self._server.has_capability("UIDPLUS"):
            self._server.uid_expunge(uids)

    def filed(self, before: datetime) -> Iterator[Block]:
        """Give the mails that were moved and arrived on a day before a moment's: a server seeks by days."""
        if not self._server.folder_exists(self._done):
            return
        self._server.select_folder(self._done)
        yield from self._contents(
            self._server.fetch(self._server.search(["UNDELETED", "BEFORE", before.date()]), FACTS)
        )

    def delete_filed(self, places: Sequence[Place]) -> None:
        """Delete mails that were moved; without UIDPLUS with whatever else is marked as deleted there."""
        uids = [int(place) for place in places]
        if uids:
            self._server.delete_messages(uids, silent=True)
            if self._server.has_capability("UIDPLUS"):
                self._server.uid_expunge(uids)
            else:
                self._server.expunge()

    def _select(self) -> None:
        if not self._server.folder_exists(self._folder):
            raise NotFound("The mail server has no folder of this name; check TAYORI_MAIL_URL.")
        self._server.select_folder(self._folder)


def _files_in(folder: Path) -> list[Path]:
    parts = [folder / part for part in ("new", "cur")]  # one that cannot be read is an error, and never an empty one
    found = [path for part in parts if part.is_dir() for path in part.iterdir() if path.is_file()]
    return sorted(found, key=lambda path: path.name)


def _read(paths: Sequence[Path]) -> Iterator[Block]:
    block, held = Block(), 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            block.append(WaitingMail(str(path), _arrival(path), path.read_bytes()))
            held += len(block[-1].raw)
        if held > BLOCK_BYTES or len(block) == BLOCK_MAILS:
            yield block
            block, held = Block(), 0
    if block:
        yield block


def _portions(sizes: dict[int, int]) -> Iterator[list[int]]:
    portion, held = list[int](), 0
    for uid, size in sizes.items():
        if portion and (held + size > BLOCK_BYTES or len(portion) == BLOCK_MAILS):
            yield portion
            portion, held = [], 0
        portion.append(uid)
        held += size
    if portion:
        yield portion


def _arrival(path: Path) -> datetime:
    """When a mail was delivered: the name begins with the second (maildir's rule), else the file's own time."""
    second = path.name.partition(".")[0]
    if second.isascii() and second.isdecimal() and 0 < int(second) <= time.time():
        return datetime.fromtimestamp(int(second), UTC)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _understood(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        known = place.scheme == "maildir" and bool(place.path)
        known = known or (place.scheme in {"imap", "imaps"} and bool(place.hostname) and (place.port or 1) > 0)
    except ValueError:
        known = False
    if not known:
        raise BadInput(
            "TAYORI_MAIL_URL is not understood; write imaps://user:password@host/FOLDER or maildir:///FOLDER."
        )
    return place


@contextlib.contextmanager
def _connected(place: SplitResult) -> Iterator[IMAPClient]:
    host, secure = str(place.hostname), place.scheme == "imaps"
    context = ssl.create_default_context()
    with IMAPClient(
        host, place.port, ssl=secure, ssl_context=context if secure else None, timeout=PATIENCE_SECONDS
    ) as server:
        if not secure and host not in LOOPBACK:
            server.starttls(context)
        server.normalise_times = False
        server.login(unquote(place.username or ""), unquote(place.password or ""))
        yield server
