"""New words are held to more than old ones, which are judged as they were."""

from __future__ import annotations

import pytest

from incentives.domain import publishing
from incentives.models import Account, RuleVersion
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()


def refused(**limit: object) -> list[str]:
    """The places of what is wrong with a rule that has this limit."""
    limit = {"per": "member", "every": "day", **limit}
    document = {"code": "post", "when": "content.published", "then": [award(10)], "limits": [limit]}
    return [finding.pointer for finding in publishing.check_document(document).errors]


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ("", []),
        ("daily", []),
        ("a1-b", []),
        ("1", ["/limits/0/code"]),
        ("1st", ["/limits/0/code"]),
        ("Daily", ["/limits/0/code"]),
        ("a:b", ["/limits/0/code"]),
        ("a" * 65, ["/limits/0/code"]),
    ],
)
def test_a_limits_code_begins_with_a_letter(code, places):
    assert refused(code=code, times=5) == places


def test_a_rule_that_was_published_with_a_number_as_a_limits_code_is_judged_as_before():
    factories.MemberFactory(ref="ada")
    version = factories.rule({"then": [award(1)], "limits": [{"every": "day", "times": 1}]})
    older = {**version.document, "limits": [{"code": "7", "every": "day", "times": 2}]}
    RuleVersion.objects.filter(pk=version.pk).update(document=older)

    factories.report(*(item(f"e{n}", "ada") for n in range(3)))
    factories.judge()

    assert Account.objects.get().balance == 2
