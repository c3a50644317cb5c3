"""Rules: read what is promised, check a draft, try it on facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.schemas import PROBLEMS
from incentives.domain import publishing
from incentives.domain.rules import checking
from incentives.domain.rules.documents import Finding
from incentives.domain.rules.findings import near
from incentives.enums import NoticeOf
from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictBody
from members.api.problems import Problem
from members.domain.events.schemas import pointer_to
from members.enums import Scope


class RuleChange(serializers.Serializer[Any]):
    """What is announced of a rule: its next version, its end, or a change of what it shares, from this moment on."""

    of = serializers.ChoiceField(choices=[NoticeOf.NEXT.value, NoticeOf.END.value, NoticeOf.SHARED.value])
    shared = serializers.CharField(
        allow_blank=True, help_text="The shared limit or table that changes, such as limit votes; else empty."
    )
    version = serializers.IntegerField(
        source="version.number", help_text="The version that begins, ends, or shares what changes."
    )
    takes_effect_at = serializers.DateTimeField()
    why = serializers.ListField(child=serializers.CharField(), help_text="What may be less, a sentence each.")


class RuleBody(serializers.Serializer[Any]):
    """One version of a rule, with its document as it was published."""

    code = serializers.CharField(source="rule.code")
    version = serializers.IntegerField(source="number")
    state = serializers.CharField()
    when = serializers.CharField(source="event_type")
    document = serializers.DictField()
    published_at = serializers.DateTimeField(allow_null=True)
    change = RuleChange(allow_null=True, help_text="What is announced of this rule; null for nothing.")


class FindingBody(serializers.Serializer[Any]):
    pointer = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    severity = serializers.CharField()
    text = serializers.CharField()
    fix = serializers.CharField(allow_blank=True)
    span = serializers.ListField(child=serializers.IntegerField(), allow_null=True)


class ReportBody(serializers.Serializer[Any]):
    """What checking found; `most` is the most one event can move, by effect, in major units."""

    valid = serializers.BooleanField()
    findings = FindingBody(many=True)
    fields = serializers.ListField(child=serializers.CharField())
    most = serializers.ListField(child=serializers.CharField(allow_null=True))


class Draft(StrictBody):
    """A rule document as it would be saved."""

    document = serializers.DictField()


class Trial(StrictBody):
    """A rule document, and what an event would bring: field to value."""

    document = serializers.DictField()
    facts = serializers.DictField(default=dict)


class Tried(serializers.Serializer[Any]):
    matched = serializers.BooleanField()
    pays = serializers.DictField(child=serializers.CharField())


class RuleCheck(APIView):
    scopes = {"POST": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="check_rule", request=Draft, responses={200: ReportBody, **PROBLEMS})
    def post(self, request: Request, **_: Any) -> Response:
        """Check a rule document: every mistake with its place and its mend, and what it can cost."""
        body = Draft(data=request.data)
        body.is_valid(raise_exception=True)
        report = publishing.check_document(body.validated_data["document"])
        rule = report.rule
        return Response(
            {
                "valid": rule is not None,
                "findings": [finding_body(finding) for finding in report.findings],
                "fields": list(rule.fields()) if rule else [],
                "most": [f"{e.most():f}" if e.amount is not None else None for e in rule.effects] if rule else [],
            }
        )


class RuleEvaluate(APIView):
    scopes = {"POST": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="evaluate_rule", request=Trial, responses={200: Tried, **PROBLEMS})
    def post(self, request: Request, **_: Any) -> Response:
        """Try a rule document on facts, before limits; nothing is stored."""
        body = Trial(data=request.data)
        body.is_valid(raise_exception=True)
        report = publishing.check_document(body.validated_data["document"])
        if report.rule is None:
            errors = [{"pointer": f"#/document{f.pointer}", "detail": str(f)} for f in report.errors]
            raise Problem("The document has mistakes; see errors.", kind="invalid_rule", errors=errors)
        facts: dict[str, Any] = {"now": datetime.now(UTC)}
        for path, raw in body.validated_data["facts"].items():
            field = report.rule.schema.get(path)
            here = pointer_to(("facts", path))
            if field is None:
                sentence = f"There is no field {path[:80]!r} here. {near(path[:80], report.rule.schema)}"
                raise Problem(sentence, kind="unknown_field", pointer=here)
            try:
                facts[path] = checking.fact_from(raw, field)
            except ValueError as error:
                raise Problem(str(error), kind="invalid", pointer=here) from error
        missing = [p for p in report.rule.fields() if p not in facts and not report.rule.schema[p].optional]
        if missing:
            raise Problem(f"Give a value for {', '.join(missing)}.", kind="missing_facts", pointer="/facts")
        paid = checking.outcome(report.rule, facts)
        return Response(
            {"matched": paid is not None, "pays": {what: str(amount) for what, amount in (paid or {}).items()}}
        )


def finding_body(finding: Finding) -> dict[str, Any]:
    """A finding as the API tells it."""
    return {
        "pointer": finding.pointer,
        "code": finding.code,
        "severity": finding.severity,
        "text": finding.text,
        "fix": finding.fix,
        "span": list(finding.span) if finding.span else None,
    }
