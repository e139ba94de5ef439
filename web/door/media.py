"""Pictures of submitted broadcasts, served under the hash of their bytes: they can be kept for ever, never changed.

One flat folder and one shape of name: whatever else is asked for does not exist. A file whose bytes are no longer those
of its name is not served, so that nobody sees a picture that was not approved.
"""

import logging
import stat
from functools import lru_cache
from pathlib import Path
from typing import Final

import anyio.to_thread
from fastapi import FastAPI, Response
from fastapi.responses import FileResponse

from tayori.domain.pictures import MEDIA_PATH, PICTURE_NAME, sha256_of

TYPES: Final = {"jpg": "image/jpeg", "png": "image/png"}
HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
log = logging.getLogger("tayori.door")


def add_media(app: FastAPI, folder: Path) -> None:
    """Let the door serve the pictures of one folder."""

    @app.api_route(MEDIA_PATH + "{name}", methods=["GET", "HEAD"])
    async def picture(name: str) -> Response:
        named = PICTURE_NAME.fullmatch(name)
        if named is None or not await anyio.to_thread.run_sync(_is_genuine, folder / name, named[1]):
            return Response(status_code=404)
        return FileResponse(folder / name, media_type=TYPES[named[2]], headers=HEADERS)


def _is_genuine(path: Path, expected: str) -> bool:
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            return False
        genuine = _hash(path, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size) == expected
    except OSError:
        return False
    if not genuine:
        log.error("a picture is not what its name says; it was not served")
    return genuine


@lru_cache(maxsize=1_000)
def _hash(path: Path, *_unchanged: int) -> str:
    """Hash a file once, and again as soon as anything about it changed."""
    return sha256_of(path.read_bytes())
