"""The page of an activity: what, when, where, who may come and what comes of it, ready to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activities.domain import deciding, questions, wording
from activities.domain.orders import foreseeing, pricing, providers
from activities.domain.orders.providers.offline import Offline
from activities.enums import ActivityState, GroupState, OrderState, Part, RegistrationState
from activities.models import COMING_STATES, Activity, Group, Order, Registration, Ticket
from config.site.gatherings import words
from config.site.queries.words import initials_of
from config.templatetags.names import amount
from incentives.domain.earnings import Way, ways_on
from incentives.domain.privileges.deciding import Answer
from incentives.domain.privileges.wording import WhyNot
from members.domain.outcomes import ACTIVITY_CHECKED_IN, ACTIVITY_ORDER_PAID, ACTIVITY_REGISTERED, ACTIVITY_SPOKE
from members.models import Member

SEATS_DRAWN_MAX = 90
# What a ticket's code ends with in the form where it is taken with a pass.
HELD_BY = ":pass"
PAYS_WHO_COMES = (ACTIVITY_REGISTERED, ACTIVITY_CHECKED_IN, ACTIVITY_ORDER_PAID)


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    initials: str
    part: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A ticket as a radio card, by its price or with a pass. `why_not` is empty where it can be taken."""

    value: str
    name: str
    text: str
    price: str
    why_not: str
    has_seats: bool
    is_chosen: bool = False
    group_size: int = 0
    has_alone: bool = False

    @property
    def can_be_had(self) -> bool:
        return not self.why_not and self.has_seats


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, with what was answered and what was wrong with that."""

    code: str
    name: str
    kind: str
    is_required: bool
    options: list[tuple[str, str]]
    answer: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats as they are drawn and in words; none are drawn where there are too many, or no bound."""

    taken: range
    free: range
    words: str
    waiting: int
    label: str


@dataclass(frozen=True, slots=True)
class Given:
    """What a visitor has written into the form, and what was wrong with it, by field."""

    ticket: str = ""
    guests: int = 0
    channel: str = ""
    group: str = ""
    stays_alone: bool = False
    free_code: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mine:
    """What a member has here: in which state, until when, what it costs, how it is paid, what cancelling would mean."""

    registration: Registration
    place: int | None
    price: str
    pay_words: str
    pay_online: bool
    back: str
    order: Order | None
    answers: list[tuple[str, str]]

    @property
    def id(self) -> str:
        return str(self.registration.public_id)

    @property
    def group(self) -> Group | None:
        """The group they buy with, while it gathers."""
        found = self.order.group if self.order is not None else None
        return found if found is not None and found.state == GroupState.OPEN else None


@dataclass(frozen=True, slots=True)
class Shown:
    activity: Activity
    icon: str
    kind: str
    name: str
    summary: str
    text: str
    when: str
    when_there: str
    where: str
    link: str
    space: str
    language: str
    people: list[Person]
    seats: Seats | None
    for_whom: str
    price: str
    is_over: bool
    is_coming: bool
    cancel_until: str
    guests: range
    verdict: deciding.Verdict | None = None
    joins_as: str = ""
    mine: Mine | None = None
    ended: Registration | None = None
    tickets: list[Choice] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    given: Given = field(default_factory=Given)

    @property
    def groups(self) -> list[Choice]:
        """The tickets that are bought together."""
        return [each for each in self.tickets if each.group_size and not each.why_not]


def shown_of(activity: Activity, member: Member | None, *, now: datetime, given: Given | None = None) -> Shown:
    """The page as this member sees it, or whoever passes by: a number of queries that never grows."""
    given = given or Given()
    icon, kind = words.KINDS[activity.kind]
    tickets = list(activity.tickets.filter(is_active=True).select_related("currency").order_by("price", "pk"))
    public: dict[str, Any] = {
        "activity": activity,
        "icon": icon,
        "kind": str(kind),
        "name": wording.name_of(activity),
        "summary": wording.words_in(activity.summaries),
        "text": wording.words_in(activity.texts),
        "when": words.when(activity),
        "where": words.where(activity),
        "space": words.space_name(activity),
        "language": activity.language,
        "seats": _seats(activity),
        "for_whom": words.for_whom(activity),
        "price": words.price_line(activity, tickets, now) if tickets else "",
        "is_over": activity.state in (ActivityState.FINISHED, ActivityState.REVIEWED) or activity.ends_at <= now,
        "is_coming": activity.state in COMING_STATES and now < activity.starts_at,
        "cancel_until": wording.moment_words(activity.cancel_until or activity.starts_at, activity),
        "guests": range(activity.guests_max + 1),
        "given": given,
    }
    if member is None:
        return Shown(**public, when_there="", link="", people=[])
    verdict = deciding.verdict_of(activity, member, now=now)
    people = list(activity.people.select_related("member"))
    mine = _mine(verdict.registration, now) if verdict.registration is not None else None
    has_place = mine is not None and mine.registration.state == RegistrationState.CONFIRMED
    return Shown(
        **public,
        when_there=words.when_there(activity, member.zone()),
        link=activity.link if has_place else "",
        people=[_person(each) for each in people],
        verdict=verdict,
        joins_as=_joins_as(verdict.would_be),
        mine=mine,
        ended=None if mine is not None else _ended(activity, member),
        tickets=_choices(activity, member, given, now) if mine is None else [],
        questions=_questions(activity, given) if mine is None else [],
        ways=_ways(activity, member, is_host=any(each.member_id == member.pk for each in people), now=now),
    )


def asked_of(activity: Activity) -> tuple[questions.Question, ...]:
    """The questions of an activity; none where nobody could read them."""
    try:
        return questions.read(activity.questions)
    except questions.BadQuestions:
        return ()


def _seats(activity: Activity) -> Seats | None:
    if activity.state not in COMING_STATES or activity.capacity is None:
        return None
    taken, free = min(activity.seats_taken, activity.capacity), activity.seats_left or 0
    is_drawn = activity.capacity <= SEATS_DRAWN_MAX
    waiting = activity.registrations.filter(state=RegistrationState.WAITING).count()
    said = {"seats": activity.capacity, "taken": taken, "free": free}
    return Seats(
        range(taken if is_drawn else 0), range(free if is_drawn else 0), words.seats(activity), waiting,
        _("%(seats)d seats, %(taken)d taken, %(free)d free") % said,
    )  # fmt: skip


def _person(each: Any) -> Person:
    name = each.member.display_name or _("A member")
    return Person(name, initials_of(name), str(Part(each.part).label))


def _joins_as(state: RegistrationState | None) -> str:
    said: dict[str | None, str] = {
        RegistrationState.CONFIRMED: _("Join"),
        RegistrationState.ASKED: _("Ask to join"),
        RegistrationState.WAITING: _("Join the waiting list"),
    }
    return said.get(state, "")


def _mine(registration: Registration, now: datetime) -> Mine:
    activity = registration.activity
    order = Order.objects.select_related("ticket__currency", "group").filter(registration=registration).first()
    price = ""
    if order is not None:
        price = words.sum_of(order.amount, order.money, order.points, order.ticket)
    elif registration.pass_uses:
        price = words.by_pass(registration)
    elif registration.ticket is not None:
        price = words.price_of(registration.ticket, activity.money, registration.seats)
    is_due = order is not None and order.state == OrderState.PLACED
    by_hand, online = _how_to_pay(order) if is_due else ("", False)
    return Mine(
        registration, registration.place_in_line(), price, by_hand, online, _back_words(registration, order, now),
        order, [(name, answer) for name, answer in _answered(activity, registration)],
    )  # fmt: skip


def _how_to_pay(order: Order | None) -> tuple[str, bool]:
    """In words where a person is paid; whoever is paid online is asked only when the member wants to pay."""
    if order is None or order.provider != Offline.code:
        return "", order is not None
    return providers.named(order.provider).begin(order, return_url="").words, False


def _back_words(registration: Registration, order: Order | None, now: datetime) -> str:
    """What cancelling now would mean, before it is done."""
    back = foreseeing.back_if_cancelled(registration, order, now=now)
    said = []
    if back.is_late:
        said.append(_("The time to cancel freely is over: this would be noted as late."))
    if order is not None and (back.paid or back.points_paid):
        code, ticket = order.money or registration.activity.money, order.ticket
        whole = words.sum_of(back.paid, code, back.points_paid, ticket)
        if back.is_all:
            said.append(_("Everything you gave goes back: %(sum)s.") % {"sum": whole})
        elif back.money or back.points:
            part = words.sum_of(back.money, code, back.points, ticket)
            said.append(_("%(part)s of %(whole)s goes back.") % {"part": part, "whole": whole})
        else:
            said.append(_("Nothing of %(whole)s goes back.") % {"whole": whole})
    if back.uses_taken:
        said.append(_uses_words(back))
    if not said:
        said.append(_("Your place goes to whoever is next."))
    return " ".join(said)


def _uses_words(back: foreseeing.Back) -> str:
    if back.uses == back.uses_taken:
        return _("What you used of your pass comes back.")
    if back.uses:
        said = {"back": back.uses, "taken": back.uses_taken}
        return _("%(back)d of %(taken)d uses of your pass come back.") % said
    return _("What you used of your pass does not come back.")


def _answered(activity: Activity, registration: Registration) -> list[tuple[str, str]]:
    found = []
    for each in asked_of(activity):
        answer = registration.answers.get(each.code)
        if answer is None:
            continue
        if each.kind == questions.YES_NO:
            text = _("Yes") if answer else _("No")
        elif each.kind == questions.CHOICE:
            text = wording.words_in(each.options.get(answer, {}), str(answer))
        else:
            text = str(answer)
        found.append((wording.words_in(each.names, each.code), text))
    return found


def _ended(activity: Activity, member: Member) -> Registration | None:
    return Registration.objects.filter(activity=activity, member=member).order_by("-pk").first()


def _choices(activity: Activity, member: Member, given: Given, now: datetime) -> list[Choice]:
    found = [each for offer in pricing.offers_of(activity, member, now=now) for each in _cards(offer, activity, member)]
    free = [each.value for each in found if each.can_be_had]
    chosen = given.ticket or (free[0] if free else "")
    return [replace(each, is_chosen=not each.why_not and each.value == chosen) for each in found]


def _cards(offer: pricing.Offer, activity: Activity, member: Member) -> Iterator[Choice]:
    """A ticket by its price, and before that with the pass of whoever has one."""
    if offer.by_pass is not None and (offer.ticket.pass_only or offer.by_pass.is_held):
        yield _with_pass(offer, offer.by_pass)
    if not offer.ticket.pass_only:
        yield _for_a_price(offer, activity, offer.why_not or pricing.may_not_pay(offer.ticket, member))


def _for_a_price(offer: pricing.Offer, activity: Activity, why: WhyNot | None) -> Choice:
    ticket: Ticket = offer.ticket
    text = wording.words_in(ticket.texts)
    if why is None and offer.left is not None:
        text = f"{text} {_('%(left)d left') % {'left': offer.left}}".strip()
    return Choice(
        ticket.code, wording.words_in(ticket.names, ticket.code), text, words.price_of(ticket, activity.money),
        why.sentence if why is not None else "", offer.left != 0, group_size=ticket.group_size or 0,
        has_alone=ticket.alone_id is not None,
    )  # fmt: skip


def _with_pass(offer: pricing.Offer, answer: Answer) -> Choice:
    ticket: Ticket = offer.ticket
    why = offer.why_not if answer.may else answer.why_not
    said = {"pass": wording.words_in(answer.definition.names, answer.definition.code), "left": answer.left}
    text = _("With your pass “%(pass)s”") if answer.left is None else _("With your pass “%(pass)s”, %(left)d left")
    price = _("Your pass")
    if answer.price is not None:
        currency = wording.words_in(answer.price.names, answer.price.currency)
        price = _("%(amount)s %(points)s") % {"amount": amount(answer.price.amount), "points": currency}
    return Choice(
        f"{ticket.code}{HELD_BY}", wording.words_in(ticket.names, ticket.code), text % said, price,
        why.sentence if why is not None else "", offer.left != 0,
    )  # fmt: skip


def _questions(activity: Activity, given: Given) -> list[Asked]:
    return [
        Asked(
            each.code, wording.words_in(each.names, each.code), each.kind, each.is_required,
            [(code, wording.words_in(names, code)) for code, names in each.options.items()],
            given.answers.get(each.code, ""), given.errors.get(each.code, ""),
        )
        for each in asked_of(activity)
    ]  # fmt: skip


def _ways(activity: Activity, member: Member, *, is_host: bool, now: datetime) -> list[Way]:
    if activity.state not in (*COMING_STATES, ActivityState.RUNNING):
        return []
    known: dict[str, Any] = {"event.data.kind": activity.kind, "event.data.activity": activity.code}
    if activity.space is not None:
        known["event.data.space"] = activity.space.ref
    # Known as well where it is a part of none: what a campaign pays is for its own activities.
    known["event.data.campaign"] = activity.campaign.code if activity.campaign is not None else None
    types = (*PAYS_WHO_COMES, ACTIVITY_SPOKE) if is_host else PAYS_WHO_COMES
    return ways_on(member, types=types, known=known, now=now, language=get_language() or "en")
