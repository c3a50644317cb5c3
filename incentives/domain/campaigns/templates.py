"""Campaign templates: files beside this module, and how one becomes rules, stages and codes.

A `$name` stands for an answer: alone it is the answer itself (`amount: $welcome` is a number), inside a text its words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from incentives.enums import Slot, StageOpens

FOLDER = Path(__file__).parent / "templates"
NAME = re.compile(r"\$([a-z_]+)")

Step = Literal["joined", "broke_ice", "active", "retained", "task", "quest", "came", "returned", "released"]
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Number:
    """A question of "what": its words, what is proposed, and its bounds, both included."""

    code: str
    names: Texts
    default: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage and its share of the time, in per cent; the shares of a template add up to 100."""

    names: Texts
    opens: StageOpens
    share: int


@dataclass(frozen=True, slots=True)
class Benefit:
    """A rule to be, what it is for, the number that it pays, and at which step."""

    slot: Slot
    pays: str
    at: Step
    rule: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """Everything that a campaign of one kind is made of. One that `follows` needs a round before it."""

    code: str
    names: Texts
    about: Texts
    follows: bool
    numbers: tuple[Number, ...]
    stages: tuple[StagePlan, ...]
    codes: tuple[Mapping[str, Any], ...]
    titles: Texts
    texts: Texts
    letter: Texts
    benefits: tuple[Benefit, ...]
    # Quests that it owns, as documents with their questions open.
    quests: tuple[Mapping[str, Any], ...] = ()
    # Activities that it owns: kind, words, place and seats, and the day of the stage that they belong to.
    activities: tuple[Mapping[str, Any], ...] = ()

    def number(self, code: str) -> Number | None:
        return next((each for each in self.numbers if each.code == code), None)


@lru_cache(maxsize=1)
def templates() -> dict[str, Template]:
    """Every template by its code, which is its file's name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def filled(value: Any, answers: Mapping[str, Any]) -> Any:
    """A part of a template with its answers; in lists, what is answered by None is left out."""
    if isinstance(value, Mapping):
        return {key: filled(each, answers) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        made = [filled(each, answers) for each in value]
        return [each for each in made if each is not None]
    if not isinstance(value, str):
        return value
    alone = NAME.fullmatch(value)
    if alone is not None:
        return answers[alone[1]]
    return NAME.sub(lambda found: str(answers[found[1]]), value)


def _read(path: Path) -> Template:
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    template = Template(
        code=path.stem,
        names=raw["names"],
        about=raw["about"],
        follows=raw.get("follows", False),
        numbers=tuple(
            Number(code, each["names"], each["default"], each["min"], each["max"])
            for code, each in raw["numbers"].items()
        ),
        stages=tuple(StagePlan(each["names"], StageOpens(each["opens"]), each["share"]) for each in raw["stages"]),
        codes=tuple(raw["codes"]),
        titles=raw["message"]["title"],
        texts=raw["message"]["text"],
        letter=raw["letter"],
        quests=tuple(raw.get("quests", ())),
        activities=tuple(raw.get("activities", ())),
        benefits=tuple(Benefit(Slot(each["slot"]), each["pays"], each["at"], each["rule"]) for each in raw["rules"]),
    )
    assert sum(stage.share for stage in template.stages) == 100, f"{path.name}: the stages share the whole time"
    assert all(template.number(each.pays) for each in template.benefits), f"{path.name}: a benefit pays a number"
    opened = {stage.opens for stage in template.stages}
    assert all(each["stage"] in opened for each in template.activities), f"{path.name}: an activity is in a stage"
    assert all("$budget" in each.rule["limits"] for each in template.benefits), (
        f"{path.name}: one budget for everything"
    )
    return template
