"""Pictures: checked, upright, without what a camera wrote, within LINE's limits; same file, same name."""

import io
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from tayori.broadcast import picturing
from tayori.broadcast.picturing import LARGEST_FILE, LARGEST_PREVIEW, PREVIEW_SIDE, prepared
from tayori.errors import BadInput
from tests.support.wording import FLYER, a_photo


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **more)
    return held.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(BadInput) as told:
        prepared(content, FLYER)
    assert told.value.sentence.startswith(FLYER)
    return told.value.sentence


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_a_camera_wrote_is_gone_before_anything_is_hashed(kind: str) -> None:
    """EXIF, the place, the maker, comments: none is in the picture or its preview; the pixels are."""
    handed_in = a_photo(kind=kind)
    assert b"marked-camera" in handed_in
    made = prepared(handed_in, FLYER)
    for content in (made.content, made.preview):
        assert b"marked" not in content
        assert not opened(content).getexif()
        assert set(opened(content).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert opened(made.content).format == kind
    assert (made.width, made.height) == opened(made.content).size == (800, 600)


def test_the_same_file_has_the_same_name_and_another_has_another() -> None:
    """A picture is named by its bytes; metadata alone changes no name."""
    assert prepared(a_photo(), FLYER).name == prepared(a_photo(), "other.jpg").name
    bare = saved(Image.new("RGB", (800, 600), "teal"), "PNG")
    assert prepared(a_photo(kind="PNG"), FLYER).name == prepared(bare, FLYER).name
    assert prepared(a_photo(colour="navy"), FLYER).name != prepared(a_photo(), FLYER).name


def test_a_picture_is_turned_upright() -> None:
    """A phone's sideways picture is stored as it was seen, since the note about it is taken away."""
    made = prepared(a_photo((400, 300), turned=6), FLYER)
    assert (made.width, made.height) == (300, 400)


@given(st.integers(1, 2_600), st.integers(1, 2_600))
@settings(max_examples=20, deadline=None)
def test_a_preview_fits_lines_cards(width: int, height: int) -> None:
    """At most 1,024 pixels a side and 1 MB, a JPEG, whatever the picture."""
    preview = prepared(saved(Image.new("RGB", (width, height), "teal"), "PNG"), FLYER).preview
    assert opened(preview).format == "JPEG"
    assert max(opened(preview).size) <= PREVIEW_SIDE
    assert len(preview) <= LARGEST_PREVIEW


def test_a_noisy_picture_still_gets_its_preview() -> None:
    """The worst to pack, noise, stays below 1 MB by a lower quality."""
    noise = Image.frombytes("RGB", (1_100, 1_100), random.Random(1).randbytes(1_100 * 1_100 * 3))  # noqa: S311 - replayable
    assert len(prepared(saved(noise, "JPEG", quality=60), FLYER).preview) <= LARGEST_PREVIEW


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_way_to_write_colours_is_taken(mode: str) -> None:
    """Black and white, grey, palettes, transparency, printers' colours: all become what a phone shows."""
    kind = "JPEG" if mode == "CMYK" else "PNG"
    made = prepared(saved(Image.new(mode, (30, 20)), kind), FLYER)
    assert opened(made.content).mode in {"L", "LA", "RGB", "RGBA"}


def test_what_is_transparent_is_white_in_the_preview() -> None:
    """Cards lie on white."""
    made = prepared(saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"), FLYER)
    assert opened(made.preview).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("profile", [ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"broken"])
def test_a_colour_profile_is_applied_and_taken_away(profile: bytes) -> None:
    """A profile may tell the device; one that nobody can read changes nothing."""
    made = prepared(saved(Image.new("RGB", (20, 20), "teal"), "PNG", icc_profile=profile), FLYER)
    assert "icc_profile" not in opened(made.content).info


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        a_photo()[:200],
        a_photo()[:-400],
        b"\xff\xd8\xff" * 9,
    ],
)
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    """Other kinds, SVG, and files that break off."""
    assert "no whole JPEG or PNG" in refused(content)


def test_half_a_picture_is_refused_whatever_other_libraries_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library that renders PDFs tells Pillow to pass half a picture; what residents see is whole all the same."""
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(BadInput, match="no whole JPEG or PNG"):
        prepared(a_photo()[:-400], "flyer.jpg")


def test_a_moving_picture_is_refused() -> None:
    """LINE shows still pictures here; an animated PNG is refused, not cut down to a frame."""
    frames: list[Any] = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    assert "moves" in refused(saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))


def test_a_file_has_lines_border() -> None:
    """10 MB pass, one byte more does not."""
    whole = a_photo()
    assert LARGEST_FILE == 10 * 1_024 * 1_024
    assert prepared(whole + bytes(LARGEST_FILE - len(whole)), FLYER).width == 800
    assert "10485760" in refused(whole + bytes(LARGEST_FILE - len(whole) + 1))


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of too many pixels is refused before it is unpacked; one at the border passes."""
    monkeypatch.setattr(picturing, "MOST_PIXELS", 100 * 100)
    assert "pixels" in refused(saved(Image.new("L", (101, 100)), "PNG"))
    assert prepared(saved(Image.new("L", (100, 100)), "PNG"), FLYER).height == 100
