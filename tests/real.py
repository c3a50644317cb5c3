"""A real community through the public ways in, compared with the reputations on record.

make real     needs ../shared/data/stackexchange-quantum; the last line printed is JSON
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
DATA, GAME = FOLDER / "stackexchange-quantum", FOLDER / "game-referral-kfactor"
PROGRAM = Path("docs/examples/stackexchange")
# The game's players registered between these days; guests who came by invitation join the cohort of nobody.
GAME_FROM, GAME_UNTIL = datetime(2022, 7, 1, tzinfo=UTC), datetime(2023, 5, 1, tzinfo=UTC)
ACCEPTED, UP, DOWN, BOUNTY_STARTED, BOUNTY_WON = "1", "2", "3", "8", "9"
QUESTION, ANSWER = "1", "2"


def read(name: str, folder: Path = DATA) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def events() -> Iterator[dict[str, Any]]:
    """Turn the site's own tables into events: members first, then votes in order of id.

    Votes carry a date without a time, and many dates lie before their post's instant; their ids are the order.
    """
    posts = {post["id"]: post for post in read("posts")}
    known = set()
    for user in read("users"):
        known.add(user["id"])
        yield event(f"user-{user['id']}", "account.created", user["id"], user["created_at"], {})
    for vote in sorted(read("votes"), key=lambda vote: int(vote["id"])):
        for made in of_vote(vote, posts.get(vote["post_id"]), posts):
            if made["subject"] in known:
                yield made


def of_vote(
    vote: dict[str, str], post: dict[str, str] | None, posts: dict[str, dict[str, str]]
) -> Iterator[dict[str, Any]]:
    kind, when, name = vote["vote_type_id"], vote["date"], f"vote-{vote['id']}"
    about: dict[str, Any] = {"post_id": vote["post_id"]}
    if kind == BOUNTY_STARTED and vote["user_id"] and vote["bounty_amount"]:
        yield event(name, "bounty.started", vote["user_id"], when, {**about, "amount": int(vote["bounty_amount"])})
    if post is None or not post["owner_user_id"]:
        return
    author, wiki = post["owner_user_id"], bool(post["community_owned_at"])
    if kind == BOUNTY_WON and vote["bounty_amount"]:
        yield event(name, "bounty.won", author, when, {**about, "amount": int(vote["bounty_amount"])})
    elif kind in (UP, DOWN) and post["post_type_id"] in (QUESTION, ANSWER):
        type_code = "question.voted" if post["post_type_id"] == QUESTION else "answer.voted"
        yield event(name, type_code, author, when, {**about, "up": kind == UP, "wiki": wiki})
    elif kind == ACCEPTED and post["post_type_id"] == ANSWER:
        asker = posts.get(post["parent_id"], {}).get("owner_user_id", "")
        data = {**about, "by_author": asker == author, "wiki": wiki}
        yield event(name, "answer.accepted", author, when, data)
        if asker:
            yield event(f"{name}-asker", "answer.accepting", asker, when, data)


def event(name: str, type_code: str, subject: str, when: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"source": "site", "id": name, "type": type_code, "subject": subject, "time": f"{when}Z", "data": data}


def load(folder: Path) -> int:
    """Run the commands an operator would run, on a fresh database, and return how many events there were."""
    from django.core.management import call_command

    file = folder / "events.jsonl"
    made = [json.dumps(each) for each in events()]
    file.write_text("\n".join(made))
    call_command("migrate", verbosity=0)
    call_command("program", "apply", PROGRAM, "--in-force-from", "2018-01-01T00:00:00+00:00")
    call_command("import_events", str(file))
    call_command("pump")
    return len(made)


def compared() -> dict[str, Any]:
    from incentives.domain.ledger.verify import verify
    from incentives.models import Account, BadgeGrant, Currency
    from members.models import Member

    balances: dict[str, dict[str, int]] = {}
    refs = dict(Member.objects.values_list("id", "ref"))
    for currency in Currency.objects.all():
        found = Account.objects.filter(currency_id=currency.pk).values_list("member_id", "balance")
        balances[currency.code] = {refs[member]: balance for member, balance in found}
    alone, associated = balances["reputation"], balances["reputation-associated"]
    recorded = {user["id"]: int(user["reputation"]) for user in read("users") if int(user["reputation"]) > 1}
    wanted = Counter(badge["user_id"] for badge in read("badges") if badge["name"] == "Nice Question")
    granted = Counter(refs[member] for member in BadgeGrant.objects.values_list("member_id", flat=True))
    return {
        "members_above_1": len(recorded),
        "exact": sum(alone.get(ref, 0) == value for ref, value in recorded.items()),
        "exact_with_association_bonus": sum(associated.get(ref, 0) == value for ref, value in recorded.items()),
        "member_409": associated["409"],
        "nice_question": [sum((wanted & granted).values()) - sum((granted - wanted).values()), sum(wanted.values())],
        "ledger": "ok" if all(proof.holds for proof in verify()) else "wrong",
    }


def players() -> Iterator[dict[str, Any]]:
    for user in read("users", GAME):
        yield event(f"player-{user['ID User']}", "account.created", user["ID User"], f"{user['Reg Date']}T12:00:00", {})


def load_game(folder: Path) -> None:
    """Bring the players in as events, then their invitations with what became of each, in the file's order.

    The file gives no dates: an invitation is sent on its inviter's first day, and accepted on the next.
    """
    from django.core.management import call_command
    from django.db import transaction

    from members.domain.invitations.accepting import accept
    from members.domain.invitations.making import invite
    from members.models import Member

    file = folder / "players.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in players()))
    call_command("import_events", str(file))
    members = Member.objects.in_bulk([user["ID User"] for user in read("users", GAME)], field_name="ref")
    rows = list(enumerate(read("referral", GAME)))
    for first in range(0, len(rows), 500):
        with transaction.atomic():
            for number, row in rows[first : first + 500]:
                inviter = members[row["ID User"]]
                made = invite(inviter=inviter, now=inviter.joined_at, channel="game")
                if row["Ref Reg"] == "1":
                    # Guests are dated after the cohort, for nobody knows which of the players they became.
                    accept(code=made.code, ref=f"guest-{number}", now=GAME_UNTIL)


def grown() -> dict[str, Any]:
    from members.domain.invitations import growth

    cohort = {"joined_from": GAME_FROM, "joined_until": GAME_UNTIL}
    (line,) = growth.growth(accepted_within=None, **cohort)  # type: ignore[arg-type]
    return {
        "k_factor": float(line.k or 0),
        "invitations_per_member": float(line.per_member or 0),
        "conversion": float(line.conversion or 0),
        "power_inviters": len(growth.power_inviters()),
        "spammers": len(growth.spam_suspects()),
    }


GROWN = {
    "k_factor": 0.9207,
    "invitations_per_member": 2.5773,
    "conversion": 0.3572,
    "power_inviters": 27,
    "spammers": 1,
}


def main() -> int:
    if not DATA.is_dir():
        print(f"The data are not here: {DATA}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="laurels-real-") as folder:
        os.environ["DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        started = time.perf_counter()
        count = load(Path(folder))
        if GAME.is_dir():
            load_game(Path(folder))
        found = compared() | (grown() if GAME.is_dir() else {})
        seconds = round(time.perf_counter() - started, 1)
    print(json.dumps({"events": count, **found, "seconds": seconds}))
    right = {
        "exact": 142,
        "exact_with_association_bonus": 1667,
        "member_409": 5102,
        "nice_question": [145, 145],
        "ledger": "ok",
        **(GROWN if GAME.is_dir() else {}),
    }
    return 0 if all(found[name] == value for name, value in right.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
