"""(g): may this member pin? One process over HTTP, beside a bare balance of the same members, interleaved."""

from __future__ import annotations

import http.client
import statistics
import time

WARM, ASKED = 50, 400


def prepare(members: int) -> None:
    """Offer a privilege from a tier on, with a quota that is partly used; runs in a worker."""
    from django.utils import timezone

    from incentives.domain.privileges import using
    from incentives.models import Currency, Privilege, PrivilegeGround
    from members.models import Ladder, Member, Standing, Tier

    points = Currency.objects.get(code="points")
    ladder = Ladder.objects.create(code="bench", metric="balance:points")
    tier = Tier.objects.create(ladder=ladder, code="first", threshold=1)
    pin = Privilege.objects.create(code="pin", quota=2)
    PrivilegeGround.objects.create(privilege=pin, kind="tier", tier=tier)
    PrivilegeGround.objects.create(privilege=pin, kind="purchase", currency=points, price=10)
    now = timezone.now()
    chosen = list(Member.objects.filter(ref__in=[f"m{n}" for n in range(members)]))
    Standing.objects.bulk_create(Standing(member=member, ladder=ladder, tier=tier, since=now) for member in chosen)
    for number, member in enumerate(chosen):
        if number % 2:
            using.use_privilege(member_id=member.pk, code="pin", key=number.to_bytes(32, "big"), now=now, actor="bench")


def seconds(port: int, key: str, paths: list[str]) -> float:
    """The median seconds of a GET over one connection, after some to warm up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for number, path in enumerate(paths):
        started = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Api-Key {key}"})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 200, (answer.status, said[:300])
        if number >= WARM:
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def check_over_balance(port: int, key: str, *, rounds: int, members: int) -> tuple[float, float]:
    """How many times a balance a check costs (the median of rounds), and its median milliseconds."""
    refs = [f"m{number % members}" for number in range(WARM + ASKED)]
    ratios, checks = [], []
    for _ in range(rounds):
        balance = seconds(port, key, [f"/api/v1/members/{ref}/balances" for ref in refs])
        check = seconds(port, key, [f"/api/v1/members/{ref}/privileges/pin" for ref in refs])
        ratios.append(check / balance)
        checks.append(check)
    return statistics.median(ratios), statistics.median(checks) * 1000
