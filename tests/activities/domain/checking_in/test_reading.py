"""What is read from a still of a camera, and what is not looked at."""

from __future__ import annotations

import io

import pytest
from django.utils import translation
from PIL import Image

from activities.domain.checking_in.reading import CODES_MAX, CannotRead, read_still
from tests import stills

CODE = "L1" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJ"


@pytest.mark.parametrize(
    ("_case", "change"),
    [
        ("as_it_is", lambda still: still),
        ("upside_down", lambda still: still.rotate(180)),
        (
            "aslant",
            lambda still: still.crop((0, 0, 320, 320)).rotate(20, Image.Resampling.BICUBIC, expand=True, fillcolor=170),
        ),
        ("light_on_dark", lambda still: still.point(lambda shade: 255 - shade)),
        ("small", lambda still: still.resize((320, 240))),
        ("in_colour", lambda still: still.convert("RGB")),
        ("grainy", lambda still: Image.blend(still, Image.effect_noise(still.size, 60), 0.4)),
    ],
)
def test_the_code_on_a_still_is_read(_case, change):
    assert read_still(still=stills.jpeg(change(stills.picture(CODE)))) == [CODE]


def test_a_still_without_a_code_says_nothing():
    assert read_still(still=stills.jpeg(Image.effect_noise((640, 480), 80))) == []


def test_all_codes_in_sight_are_told_and_no_more_than_are_taken():
    both = read_still(still=stills.jpeg(stills.picture("L1A", "https://example.org/a")))
    many = read_still(still=stills.jpeg(stills.picture(*(f"L1{number}" for number in range(12)), size=(640, 480))))

    assert sorted(both) == ["L1A", "https://example.org/a"]
    assert len(many) == CODES_MAX


def test_a_code_that_says_nothing_is_none():
    assert read_still(still=stills.jpeg(stills.picture(""))) == []


@pytest.mark.parametrize(
    ("_case", "still", "kind"),
    [
        ("nothing", b"", "no_picture"),
        ("words", b"L1ABC", "no_picture"),
        ("another_kind_of_picture", stills.saved(stills.picture(CODE), "PNG"), "no_picture"),
        ("broken_off", stills.jpeg(stills.picture(CODE))[:2_000], "no_picture"),
        ("a_header_alone", stills.jpeg(stills.picture(CODE))[:300], "no_picture"),
        ("too_large", stills.jpeg(stills.picture(CODE)) + b"\x00" * 200 * 1024, "too_large"),
        ("too_many_pixels", stills.jpeg(Image.new("L", (641, 640))), "too_many_pixels"),
        ("a_bomb", stills.claiming(65_500, 65_500), "too_many_pixels"),
        ("pass_after_pass", stills.with_passes(15_000), "no_picture"),
    ],
)
def test_what_is_no_small_picture_of_a_camera_is_refused_in_words(_case, still, kind):
    with pytest.raises(CannotRead) as refused:
        read_still(still=still)

    assert refused.value.kind == kind
    assert refused.value.sentence.endswith(".")
    with translation.override("zh-hans"), pytest.raises(CannotRead, match="图片"):
        read_still(still=still)


def test_as_large_as_allowed_is_read(settings):
    still = stills.jpeg(stills.picture(CODE, size=(640, 640)))
    settings.STILL_BYTES_MAX = len(still)

    assert read_still(still=still) == [CODE]


def test_what_is_damaged_anywhere_is_read_or_refused_and_nothing_else(recwarn):
    whole = stills.jpeg(stills.picture(CODE, size=(320, 240)))
    # Every byte of the header, and some of the pixels.
    for place in [*range(700), *range(700, len(whole), 97)]:
        for byte in (0x00, 0xFF, whole[place] ^ 0x55):
            try:
                read_still(still=whole[:place] + bytes([byte]) + whole[place + 1 :])
            except CannotRead as error:
                assert error.kind in ("no_picture", "too_many_pixels")


def test_stills_of_a_real_camera_have_one_pass():
    assert stills.jpeg(stills.picture(CODE)).count(b"\xff\xda") == 1
    with Image.open(io.BytesIO(stills.jpeg(stills.picture(CODE)))) as image:
        assert image.size == (640, 480)
