from __future__ import annotations

import string
import uuid

import pytest

from activities.domain.checking_in.codes import code_of, picture_of, read_code
from activities.models import Registration

REGISTRATION = Registration(public_id=uuid.UUID("019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a22"))


def test_a_code_names_its_registration_in_the_letters_that_a_qr_code_packs_best():
    code = code_of(REGISTRATION)

    assert read_code(code) == REGISTRATION.public_id
    assert len(code) == 44
    assert set(code) <= set(string.ascii_uppercase + string.digits)
    assert picture_of(code).startswith("<svg")


def test_a_code_may_be_typed_in_small_letters_with_blanks():
    code = code_of(REGISTRATION).lower()

    assert read_code(f" {code[:10]} {code[10:20]}-{code[20:]} ") == REGISTRATION.public_id


def test_a_code_may_be_typed_on_a_keyboard_for_chinese():
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code_of(REGISTRATION))

    assert read_code(f"{wide[:20]}\u3000{wide[20:]}") == REGISTRATION.public_id


@pytest.mark.parametrize("place", range(44))
def test_no_letter_of_a_code_can_be_another(place):
    code = code_of(REGISTRATION)

    altered = [
        code[:place] + sign + code[place + 1 :] for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if sign != code[place]
    ]

    assert [each for each in altered if read_code(each) is not None] == []


@pytest.mark.parametrize(
    "text", ["", "L1", "L2" + code_of(REGISTRATION)[2:], "L1ÄÖ", "ada", "L1" + "A" * 42, "x" * 9000, "\x00"]
)
def test_what_we_have_not_signed_names_nobody(text):
    assert read_code(text) is None


def test_another_key_signs_otherwise_and_an_old_one_is_known_for_a_while(settings):
    code = code_of(REGISTRATION)
    old = settings.SECRET_KEY

    settings.SECRET_KEY = "another"
    assert read_code(code) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert read_code(code) == REGISTRATION.public_id
