"""What an event type says of contents: the step, and the fields of the data that name the content and more of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from members.domain.events.schemas import BadSchema, DataSchema
from members.enums import ContentStep

WORDS = ("step", "id", "topic", "kind", "by")
STEPS = tuple(each.value for each in ContentStep if each != ContentStep.QUALITY)
# Somebody else does these, so the data must say who.
DONE_BY_OTHERS = (ContentStep.APPRECIATED, ContentStep.REPORTED)


@dataclass(frozen=True, slots=True)
class ContentWords:
    """The step, and attributes of the decoded data. Without a field for it, the kind is what the type is about."""

    step: str
    id: str
    topic: str = ""
    kind: str = ""
    by: str = ""
    kind_of_type: str = ""

    def read(self, event: Any) -> tuple[str, str, str, str]:
        """What an event says: the content's id, its kind, its topic, and who did it (a ref)."""
        kind = str(getattr(event, self.kind) or "") if self.kind else self.kind_of_type
        topic = str(getattr(event, self.topic) or "") if self.topic else ""
        return str(getattr(event, self.id)), kind, topic, str(getattr(event, self.by) or "") if self.by else ""


def read_words(schema: DataSchema, document: Any, counterpart: str = "") -> ContentWords | None:
    """Read `{step, id, topic, kind, by}`; None where the type says nothing of contents. Raises BadSchema.

    `by` is the counterpart where it is left out.
    """
    if not document:
        return None
    if not isinstance(document, Mapping):
        raise BadSchema('content is an object, such as {"step": "published", "id": "content_id"}.')
    unknown = sorted(set(document) - set(WORDS))
    if unknown:
        raise BadSchema(f"content has no {unknown[0]!r:.80}; it has {', '.join(WORDS)}.")
    step = document.get("step")
    if step not in STEPS:
        raise BadSchema(f"content.step is one of {', '.join(STEPS)}, not {step!r:.80}.")
    named = {word: document[word] for word in WORDS[1:] if document.get(word)}
    if step in DONE_BY_OTHERS:
        named.setdefault("by", counterpart)
    for word, name in named.items():
        if not isinstance(name, str) or name not in schema.fields or schema.fields[name].type != "string":
            needs = "; say who did it" if word == "by" and not name else ""
            raise BadSchema(f"content.{word} names {name!r:.80}, which is no text field of the schema{needs}.")
    if "id" not in named:
        raise BadSchema("content.id names the text field that holds the app's id of the content.")
    if schema.fields[named["id"]].optional:
        raise BadSchema(f"content.id names {named['id']!r}, which may be left out; every such event needs it.")
    attributes = {word: schema.attribute(name) for word, name in named.items()}
    return ContentWords(str(step), kind_of_type=schema.type_code.partition(".")[0], **attributes)
