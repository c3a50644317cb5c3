"""What may stand on cards and in invitation letters: who we are, never what one gets for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from incentives.models import Currency

LETTER_LENGTH_MAX = 400
# Words for a reward, in the languages we speak. The names of the currencies come on top.
_REWARD = (
    "reward", "bonus", "cash", "prize", "voucher", "coupon", "earn", "gift card", "money", "discount",
    "奖励", "奖金", "红包", "现金", "返现", "返利", "优惠券", "赚", "积分", "奖品",
)  # fmt: skip
_SIGNS = re.compile(r"[$€£¥￥]|\b(?:eur|usd|cny|rmb)\b|[0-9０-９]\s*元", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class BadLetter(Exception):
    """A letter that promises something; `language` is where, the message says what to take out."""

    def __init__(self, language: str, sentence: str) -> None:
        super().__init__(f"{language}: {sentence}")
        self.language, self.sentence = language, sentence


def check_letter(letter: Mapping[str, str], amounts: Iterable[int]) -> None:
    """Refuse words on a card or in a letter that print a reward: currencies, amounts, money. Raises BadLetter."""
    if not letter.get("en"):
        raise BadLetter("en", _("Write the letter at least in English."))
    paid = {each for each in amounts if each}
    names = _currency_names()
    for language, text in letter.items():
        if not text.strip() or "\x00" in text or len(text) > LETTER_LENGTH_MAX:
            raise BadLetter(language, _("Write 1 to %(most)d characters.") % {"most": LETTER_LENGTH_MAX})
        found = next((word for word in (*names, *_REWARD) if _stands_in(word, text)), None)
        sign = _SIGNS.search(text)
        if found is None and sign is not None:
            found = sign[0]
        if found is None:
            found = next((each[0] for each in _NUMBER.finditer(text) if _value(each[0]) in paid), None)
        if found is not None:
            said = _("Take out “%(word)s”: a card says why somebody would like it here, not what is paid for it.")
            raise BadLetter(language, said % {"word": found})


def _currency_names() -> list[str]:
    names: set[str] = set()
    for code, said in Currency.objects.values_list("code", "names"):
        names |= {code, *said.values()}
    return sorted(name.lower() for name in names if name.strip())


def _stands_in(word: str, text: str) -> bool:
    """Whether a word stands in a text: as a whole word, one or many, where the script has spaces."""
    plain = text.lower()
    if not word.isascii():
        return word in plain
    stem = re.escape(word.removesuffix("s"))
    return re.search(rf"\b{stem}(?:s|es|ed|ing)?\b", plain) is not None


def _value(written: str) -> int | None:
    digits = written.replace(",", "")
    return int(digits) if digits.isdecimal() else None
