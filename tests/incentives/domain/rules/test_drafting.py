"""New words are held to more than old ones, which are judged as they were."""

from __future__ import annotations

import pytest

from incentives.domain import publishing
from incentives.domain.catalogues import check_shared_limit
from incentives.domain.rules.documents import BadDocument
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


@pytest.mark.parametrize(
    ("_case", "limit", "places"),
    [
        ("least", {"per": "rule", "alarm": "1%"}, []),
        ("most", {"per": "rule", "alarm": "100%"}, []),
        ("of_a_programme", {"per": "programme", "alarm": "80%"}, []),
        ("of_a_member", {"per": "member", "alarm": "80%"}, ["/limits/0/alarm"]),
        ("of_an_actor", {"per": "actor", "alarm": "80%"}, ["/limits/0/alarm"]),
        ("nothing", {"per": "rule", "alarm": "0%"}, ["/limits/0/alarm"]),
        ("too_much", {"per": "rule", "alarm": "101%"}, ["/limits/0/alarm"]),
        ("a_fraction", {"per": "rule", "alarm": "12.5%"}, ["/limits/0/alarm"]),
        ("a_word", {"per": "rule", "alarm": "soon"}, ["/limits/0/alarm"]),
        ("a_number", {"per": "rule", "alarm": 80}, ["/limits/0/alarm"]),
    ],
)
def test_an_alarm_is_a_share_of_a_budget(_case, limit, places):
    assert refused(times=5, **limit) == places


def test_a_shared_limit_is_held_to_the_same():
    document = {"per": "member", "every": "day", "times": 5, "alarm": "80%"}

    with pytest.raises(BadDocument, match="Only a budget rings"):
        check_shared_limit(code="daily", document=document)
