"""The one form of a campaign: who, what, when, budget and message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from incentives.domain.campaigns import gatherings
from incentives.domain.campaigns.drafting import Answers
from incentives.domain.campaigns.gatherings import OwnedActivity
from incentives.domain.campaigns.holding_out import PERCENT_MAX
from incentives.domain.campaigns.templates import Template
from incentives.domain.campaigns.words import LETTER_LENGTH_MAX
from incentives.domain.ledger.queries import major
from incentives.enums import CampaignState, CurrencyKind, ReleasedTo
from incentives.models import Campaign, Currency
from members.domain.notifications.templates import TEXT_LENGTH_MAX, TITLE_LENGTH_MAX
from members.domain.texts import text_in
from members.models import Segment

LANGUAGES = (("en", gettext_lazy("English")), ("zh-hans", gettext_lazy("Chinese")))
USUAL_LENGTH = timedelta(days=28)
MOMENT = "%Y-%m-%dT%H:%M"
NUMBER = "number_"


def _moment(label: Any) -> forms.DateTimeField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=label, widget=widget, input_formats=[MOMENT, f"{MOMENT}:%S"])


class CampaignForm(forms.Form):
    """Five questions; the fields of "what" are the template's."""

    code = forms.SlugField(
        label=gettext_lazy("code"), max_length=40, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Such as spring-friends. Codes and rules carry it."),
    )  # fmt: skip
    audience = forms.ModelChoiceField(
        Segment.objects.all(), label=gettext_lazy("audience"), required=False, widget=UnfoldAdminSelectWidget,
        empty_label=gettext_lazy("Everybody"),
    )  # fmt: skip
    voices = forms.ModelChoiceField(
        Segment.objects.all(), label=gettext_lazy("known voices"), required=False, widget=UnfoldAdminSelectWidget,
        empty_label=gettext_lazy("Nobody before the others"), help_text=gettext_lazy("They may invite first."),
    )  # fmt: skip
    follows = forms.ModelChoiceField(
        Campaign.objects.exclude(state=CampaignState.DRAFT), label=gettext_lazy("round before"), required=False,
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    begins_at = _moment(gettext_lazy("begins at"))
    ends_at = _moment(gettext_lazy("ends at"))
    currency = forms.ModelChoiceField(
        Currency.objects.filter(kind=CurrencyKind.SPENDABLE), label=gettext_lazy("currency"), empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    budget = forms.DecimalField(
        label=gettext_lazy("budget"), max_digits=18, decimal_places=4, min_value=Decimal(0),
        widget=UnfoldAdminDecimalFieldWidget, help_text=gettext_lazy("The most that all of it together can cost."),
    )  # fmt: skip
    reserve = forms.DecimalField(
        label=gettext_lazy("of it hidden"), max_digits=18, decimal_places=4, min_value=Decimal(0), initial=0,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=gettext_lazy("Kept for surprises that you release with a reason while it runs."),
    )  # fmt: skip

    hold_out = forms.IntegerField(
        label=gettext_lazy("held out, in per cent"), min_value=0, max_value=PERCENT_MAX, initial=0, required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy(
            "Of those whom something hidden is for: they get nothing, so that one can see what it does. At most 10 %, "
            "and 60 days."
        ),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, template: Template, campaign: Campaign | None = None) -> None:
        self.template = template
        super().__init__(data, initial=_initial(template, campaign))
        language = get_language() or "en"
        for each in template.numbers:
            self.fields[f"{NUMBER}{each.code}"] = forms.IntegerField(
                label=text_in(dict(each.names), language), min_value=each.least, max_value=each.most,
                widget=UnfoldAdminIntegerFieldWidget,
            )  # fmt: skip
        for word, label, most in _WORDS:
            for code, name in LANGUAGES:
                is_line = word in ("names", "titles")
                self.fields[f"{word}_{code}"] = forms.CharField(
                    label=f"{label} ({name})", max_length=most, required=code == "en",
                    widget=UnfoldAdminTextInputWidget if is_line else UnfoldAdminTextareaWidget(attrs={"rows": 3}),
                )  # fmt: skip
        if not template.follows:
            del self.fields["follows"]
        else:
            self.fields["follows"].required = True
        if not any(stage.opens == "voices" for stage in template.stages):
            del self.fields["voices"]

    def answers(self) -> Answers:
        given = self.cleaned_data
        words = {
            word: {code: given[f"{word}_{code}"] for code, _name in LANGUAGES if given[f"{word}_{code}"]}
            for word, _label, _most in _WORDS
        }
        return Answers(
            code=given["code"], audience=given["audience"], voices=given.get("voices"), follows=given.get("follows"),
            numbers={each.code: given[f"{NUMBER}{each.code}"] for each in self.template.numbers},
            begins_at=given["begins_at"], ends_at=given["ends_at"], currency=given["currency"],
            budget=given["budget"], reserve=given["reserve"], hold_out=given["hold_out"] or 0, **words,
        )  # fmt: skip

    def field_of(self, name: str) -> str | None:
        """The field of ours in which a mistake is shown; None for the form as a whole."""
        for candidate in (name, f"{NUMBER}{name}", f"{name}_en"):
            if candidate in self.fields:
                return candidate
        return None

    def parts(self) -> Iterator[tuple[Promise, Promise, list[forms.BoundField]]]:
        """The five questions with what they mean and their fields."""
        numbers = [f"{NUMBER}{each.code}" for each in self.template.numbers]
        words = [f"{word}_{code}" for word in ("titles", "texts", "letter") for code, _name in LANGUAGES]
        for title, about, names in (
            (
                gettext_lazy("Who?"),
                _ABOUT["who"],
                ["code", "names_en", "names_zh-hans", "audience", "voices", "follows"],
            ),
            (gettext_lazy("What?"), _ABOUT["what"], numbers),
            (gettext_lazy("When?"), _ABOUT["when"], ["begins_at", "ends_at"]),
            (gettext_lazy("Within which budget?"), _ABOUT["budget"], ["currency", "budget", "reserve", "hold_out"]),
            (gettext_lazy("In which words?"), _ABOUT["message"], words),
        ):
            yield title, about, [self[name] for name in names if name in self.fields]


_WORDS = (
    ("names", gettext_lazy("name"), 80), ("titles", gettext_lazy("title"), TITLE_LENGTH_MAX),
    ("texts", gettext_lazy("text"), TEXT_LENGTH_MAX), ("letter", gettext_lazy("invitation letter"), LETTER_LENGTH_MAX),
)  # fmt: skip
_ABOUT = {
    "who": gettext_lazy("For whom it is, and by which name it is known."),
    "what": gettext_lazy("An amount of 0 leaves its rule out. Nobody is paid for sending a code."),
    "when": gettext_lazy("In the programme's time zone; within a year."),
    "budget": gettext_lazy("Every rule of it draws on this one budget."),
    "message": gettext_lazy(
        "Title and text go to the audience once. The letter stands on cards and invitations: it may not print a reward."
    ),
}


def _initial(template: Template, campaign: Campaign | None) -> dict[str, Any]:
    begins = timezone.localtime().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    names: Any = {}
    words: dict[str, Any] = {"titles": template.titles, "texts": template.texts, "letter": template.letter}
    given: dict[str, Any] = {
        "begins_at": begins.strftime(MOMENT), "ends_at": (begins + USUAL_LENGTH).strftime(MOMENT), "budget": 1000,
        **{f"{NUMBER}{each.code}": each.default for each in template.numbers},
    }  # fmt: skip
    if campaign is not None:
        names, words = campaign.names, {word: getattr(campaign, word) for word in words}
        scale = campaign.currency.scale
        kept = ("code", "audience", "voices", "follows", "currency")
        given = {
            **{name: getattr(campaign, name) for name in kept},
            **{name: timezone.localtime(getattr(campaign, name)).strftime(MOMENT) for name in ("begins_at", "ends_at")},
            **{f"{NUMBER}{code}": value for code, value in campaign.numbers.items()},
            "budget": major(campaign.budget, scale), "reserve": major(campaign.reserve, scale),
            "hold_out": campaign.hold_out,
        }  # fmt: skip
    for word, said in {"names": names, **words}.items():
        given |= {f"{word}_{code}": said.get(code, "") for code, _name in LANGUAGES}
    return given


class StopForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """Why everything stops, and which of the activities that members know of are called off, one by one."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("For colleagues; members do not read it."),
    )  # fmt: skip
    call_off = forms.MultipleChoiceField(
        label=gettext_lazy("Call off"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Activities that are not ticked take place. Drafts that nobody touched are removed."),
    )  # fmt: skip
    call_off_reason = forms.CharField(
        label=gettext_lazy("Why they are called off"), max_length=300, required=False,
        widget=UnfoldAdminTextInputWidget, help_text=gettext_lazy("Everybody who is registered reads it."),
    )  # fmt: skip

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        campaign = Campaign.objects.filter(pk=object_id or 0).first()
        open_now = [each for each in gatherings.owned(campaign) if each.can_be_called_off] if campaign else []
        if not open_now:
            del self.fields["call_off"], self.fields["call_off_reason"]
            return
        self.fields["call_off"].choices = [(each.code, _in_a_line(each)) for each in open_now]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("call_off") and not cleaned.get("call_off_reason"):
            self.add_error("call_off_reason", gettext("Say why; everybody who is registered reads it."))
        return cleaned


def _in_a_line(activity: OwnedActivity) -> str:
    """Such as `An evening, 4 Dec, 19:00, on the calendar, 12 seats taken`."""
    name = text_in(dict(activity.names), get_language() or "en", activity.code)
    moment = date_format(timezone.localtime(activity.starts_at), "SHORT_DATETIME_FORMAT")
    taken = gettext("%(count)d seats taken") % {"count": activity.taken}
    return f"{name} · {moment} · {activity.state_words} · {taken}"


class ReleaseForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """To whom the hidden part goes, and why; they read it."""

    whom = forms.ChoiceField(label=gettext_lazy("to whom"), choices=ReleasedTo.choices, widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Those whom it is for may read it."),
    )  # fmt: skip
