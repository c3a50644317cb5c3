"""Shapes that several endpoints answer with."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from members.api.schemas import PAGE_PARAMETERS, PROBLEMS

__all__ = ["PAGE_PARAMETERS", "PROBLEMS", "Trace"]


class ClauseTrace(serializers.Serializer[Any]):
    text = serializers.CharField()
    passed = serializers.BooleanField()
    read = serializers.DictField()
    why_not = serializers.CharField(allow_blank=True)


class EffectTrace(serializers.Serializer[Any]):
    what = serializers.CharField(help_text="A currency's or a badge's code.")
    kind = serializers.CharField()
    wanted = serializers.CharField()
    paid = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class RuleTrace(serializers.Serializer[Any]):
    code = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    matched = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    clauses = ClauseTrace(many=True)
    effects = EffectTrace(many=True)


class Trace(serializers.Serializer[Any]):
    """What became of an event: `waiting`, `judged` or `failed`, and what every rule of its type made of it."""

    state = serializers.CharField()
    judged_at = serializers.DateTimeField(allow_null=True)
    moved = serializers.DictField(child=serializers.CharField())
    rules = RuleTrace(many=True)
    error = serializers.CharField(allow_blank=True)
