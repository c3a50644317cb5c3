"""What takes others' attention is for sale to a tenth, and whoever writes more is told what to change."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from incentives.domain.privileges.attention import SellsAttention, check_sale, for_sale
from incentives.domain.program.applying import apply_program
from incentives.domain.program.words import BadProgram
from incentives.models import Currency, Privilege, PrivilegeGround
from tests import factories

pytestmark = pytest.mark.django_db

SALES = [
    ("no attention", {"takes_attention": False}, [None], None),
    ("nothing sold", {}, [], None),
    ("a tenth", {"takes_attention": True, "places": 100}, [10], None),
    ("a tenth in two prices", {"takes_attention": True, "places": 100}, [4, 6], None),
    ("not said", {}, [1], "say whether it takes others' attention"),
    ("no places", {"takes_attention": True}, [], "how often all members together"),
    ("more than a tenth", {"takes_attention": True, "places": 100}, [11], "at most 10 may be bought"),
    ("more in two prices", {"takes_attention": True, "places": 100}, [5, 6], "at most 10 may be bought"),
    ("without an end", {"takes_attention": True, "places": 100}, [None], "at most 10 may be bought"),
    ("too few places", {"takes_attention": True, "places": 9}, [1], "at most 0 may be bought"),
]


@pytest.mark.parametrize(("_case", "values", "sold", "sentence"), SALES, ids=[case[0] for case in SALES])
def test_a_privilege_sells_a_tenth_of_others_attention_at_most(_case, values, sold, sentence):
    grounds = [PrivilegeGround(kind="purchase", price=10, bought_max=most) for most in sold]
    made = Privilege(code="pin", **values)

    if sentence is None:
        check_sale(made, grounds)
    else:
        with pytest.raises(SellsAttention, match=sentence):
            check_sale(made, grounds)


def test_a_tenth_is_rounded_down():
    assert [for_sale(takes_attention=True, places=places) for places in (9, 10, 19, 20)] == [0, 1, 1, 2]
    assert (for_sale(takes_attention=False, places=None), for_sale(takes_attention=None, places=50)) == (None, 0)


def test_a_file_that_sells_more_is_refused_and_nothing_of_it_is_kept(tmp_path):
    factories.world()
    (tmp_path / "privileges.yaml").write_text(
        "pin:\n  takes_attention: true\n  places: 50\n  grounds: [{price: 10, currency: points, bought_max: 6}]\n"
    )

    with pytest.raises(BadProgram, match=r"privileges\.yaml, pin: .* at most 5 may be bought"):
        apply_program(folder=tmp_path, now=timezone.now())

    assert Privilege.objects.count() == 0


def test_the_form_refuses_it_with_the_sentence():
    factories.world()
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ines"))
    form = {
        "code": "pin", "names": '{"en": "Pin"}', "texts": "{}", "kind": "plain", "way": "app", "every": "month",
        "takes_attention": "true", "places": "50", "is_active": "on",
        "grounds-TOTAL_FORMS": "1", "grounds-INITIAL_FORMS": "0", "grounds-0-kind": "purchase",
        "grounds-0-currency": Currency.objects.get(code="points").pk, "grounds-0-price": "10",
        "grounds-0-bought_max": "6",
    }  # fmt: skip

    refused = client.post("/admin/incentives/privilege/add/", form)
    kept = client.post("/admin/incentives/privilege/add/", {**form, "grounds-0-bought_max": "5"})

    assert "at most 5 may be bought" in refused.content.decode()
    assert (kept.status_code, Privilege.objects.count(), PrivilegeGround.objects.count()) == (302, 1, 1)
