from __future__ import annotations

import pytest

from incentives.domain.rules.documents import BadDocument, read_document
from incentives.domain.rules.expiry import BadExpiry, check_expiry


@pytest.mark.parametrize(
    "policy",
    [
        None, {}, {"kind": "never"}, {"kind": "after", "days": 0, "end_of": "month"}, {"kind": "after", "years": 100},
        {"kind": "on", "month": 12, "day": 31}, {"kind": "idle", "days": 1},
    ],
)  # fmt: skip
def test_a_currency_can_live_by_it(policy):
    check_expiry(policy)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("never", "has a kind"),
        ({"kind": "sometimes"}, "has a kind"),
        ({"kind": "after"}, "needs one of days, months or years"),
        ({"kind": "after", "days": 1, "months": 1}, "needs one of"),
        ({"kind": "after", "days": -1}, "from 0 to 36500"),
        ({"kind": "after", "days": True}, "from 0 to 36500"),
        ({"kind": "after", "months": 1.5}, "from 0 to 1200"),
        ({"kind": "after", "years": 101}, "from 0 to 100"),
        ({"kind": "after", "days": 1, "end_of": "week"}, "end_of is month, quarter or year"),
        ({"kind": "after", "days": 1, "day": 1}, "does not know day"),
        ({"kind": "on", "month": 2, "day": 29}, "exist in every year"),
        ({"kind": "on", "month": 2}, "exist in every year"),
        ({"kind": "idle"}, "idle needs days"),
        ({"kind": "idle", "days": 0}, "from 1 to 36500"),
        ({"kind": "idle", "months": 1}, "does not know months"),
    ],
)
def test_it_is_refused_and_says_why(policy, sentence):
    with pytest.raises(BadExpiry, match=sentence):
        check_expiry(policy)


@pytest.mark.parametrize("policy", [{"kind": "on"}, {"kind": "after"}, {"kind": "idle", "days": 3}])
def test_a_rule_cannot_bring_an_expiry_that_would_fail_when_it_pays(policy):
    award = {"do": "award", "currency": "points", "amount": 1, "expires": policy}

    with pytest.raises(BadDocument) as caught:
        read_document({"code": "post", "when": "content.published", "then": [award]})

    assert [finding.pointer for finding in caught.value.findings] == ["/then/0/expires"]
