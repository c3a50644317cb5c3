"""A rule as it is written: YAML, in which every finding has its line and column, and many a mend."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from incentives.domain.rules.documents import Finding

_REPLACEMENT = re.compile(r"Did you mean '?([^'?\s]+)'?\?")


class NotReadable(Exception):
    """A text that is no YAML, or none that could be a rule."""

    def __init__(self, sentence: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(sentence)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with its place in the text.

    `line` and `column` count from 1. `begins` and `ends` are offsets into the text where it could be told exactly;
    `before`, `marked` and `after` are the words around them, and `mend` is what to write instead.
    """

    text: str
    fix: str
    is_error: bool
    line: int | None
    column: int | None
    begins: int | None = None
    ends: int | None = None
    before: str = ""
    marked: str = ""
    after: str = ""
    mend: str = ""


def read_text(text: str) -> dict[str, Any]:
    """Read a rule's YAML. Raises NotReadable, which says on which line it stops making sense."""
    try:
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = f"{error.problem or error.context}".strip().rstrip(".")
        place = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        raise NotReadable(f"This is not YAML: {problem}.", *place) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotReadable(f"This is not YAML: {error}.") from error
    if not isinstance(document, dict):
        raise NotReadable("A rule has words and values, such as code: my-rule.", 1, 1)
    return document


def write_text(document: dict[str, Any]) -> str:
    """A document as YAML again."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def place_findings(text: str, findings: Iterable[Finding]) -> list[Placed]:
    """Say of each finding where in the text it stands. The text is one that `read_text` has read."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return [_placed(text, root, finding) for finding in findings]


def differences(before: str, after: str) -> list[tuple[str, str]]:
    """What changed between two texts, as (sign, line): "+" new, "-" gone, " " for the lines around."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [(line[:1], line[1:]) for line in lines if not line.startswith(("---", "+++", "@@"))]


def _placed(text: str, root: Any, finding: Finding) -> Placed:
    key, node = _walk(root, finding.pointer)
    is_error = finding.severity == "error"
    if node is None:
        return Placed(finding.text, finding.fix, is_error, None, None)
    exact = _exact(text, node)
    found = _REPLACEMENT.search(finding.fix)
    mend = found.group(1) if found else ""
    span: tuple[int, int] | None = None
    if finding.span is not None and exact is not None:
        span = exact[0] + finding.span[0], min(exact[0] + finding.span[1], exact[1])
    elif finding.code == "unknown_word" and key is not None:
        span = key.start_mark.index, key.end_mark.index
    elif mend and exact is not None:
        span = exact
    start = span[0] if span is not None else (key or node).start_mark.index
    line, column = _line_and_column(text, start)
    if span is None:
        return Placed(finding.text, finding.fix, is_error, line, column)
    row_begins, row_ends = start - column + 1, text.find("\n", start)
    row_ends = len(text) if row_ends < 0 else row_ends
    return Placed(
        finding.text,
        finding.fix,
        is_error,
        line,
        column,
        begins=span[0],
        ends=span[1],
        before=text[row_begins : span[0]].lstrip(),
        marked=text[span[0] : min(span[1], row_ends)],
        after=text[min(span[1], row_ends) : row_ends],
        mend=mend,
    )


def _walk(root: Any, pointer: str) -> tuple[Any, Any]:
    """The key and the value that a JSON pointer names, or the deepest ones on the way to it."""
    key, node = None, root
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if str(pair[0].value) == step), None)
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            found = (None, node.value[int(step)])
        else:
            found = None
        if found is None:
            break
        key, node = found
    return key, node


def _exact(text: str, node: Any) -> tuple[int, int] | None:
    """Where a scalar's value stands word for word; None where YAML has unfolded or unescaped it."""
    if not isinstance(node, yaml.ScalarNode):
        return None
    start = node.start_mark.index + (1 if node.style in ("'", '"') else 0)
    end = start + len(node.value)
    return (start, end) if text[start:end] == node.value and "\n" not in node.value else None


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
