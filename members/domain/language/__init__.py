"""The expression language, `lang: 1`: a small, typed, closed subset of CEL that cannot fail. Plain Python.

    checked = check("event.data.words >= 300", schema)
    holds = compile_expression(checked, arguments=("event",))

See docs/rules.md for the language itself.
"""

from members.domain.language.arithmetic import exact
from members.domain.language.checker import Checked, check, conjoined, guards, seconds_of
from members.domain.language.codegen import ARGUMENTS, CodeBuilder, compile_expression
from members.domain.language.errors import LanguageError, Message, Span
from members.domain.language.explain import Step, explain
from members.domain.language.parser import parse
from members.domain.language.schema import Field, Schema, Tables
from members.domain.language.text import canonical
from members.domain.language.tree import Interval, Node, same
from members.domain.language.types import BOOL, DECIMAL, DURATION, INT, STRING, TIMESTAMP, ListOf, Type

__all__ = [
    "ARGUMENTS", "BOOL", "DECIMAL", "DURATION", "INT", "STRING", "TIMESTAMP", "Checked", "CodeBuilder", "Field",
    "Interval", "LanguageError", "ListOf", "Message", "Node", "Schema", "Span", "Step", "Tables", "Type", "canonical",
    "check", "compile_expression", "conjoined", "exact", "explain", "guards", "parse", "same",
    "seconds_of",
]  # fmt: skip
