"""The floor, the pipeline beside it, and what the pipeline does under a hot member, a budget and a large ledger."""

from __future__ import annotations

import pickle
import statistics
from typing import Any

from tests.bench import programme, report, size
from tests.bench.places import Postgresql
from tests.bench.processes import ask, pumped

# The prepared database of each place.
templates: dict[str, str] = {}


def floor_and_pipeline(place: Any, processes: int) -> None:
    """(a) and (b): the same rows by hand-written set-based SQL, and by the whole pipeline; interleaved."""
    report.progress(f"floor and pipeline, {place.name}")
    template = place.new("even")
    ask(template, place.folder, "prepare", size.MEMBERS, size.EVENTS, 0.0, False)
    kept = place.folder / f"{place.name}.pickle"
    recording = place.copy(template)
    ask(recording, place.folder, "record", str(kept), size.BATCH)
    batches = pickle.loads(kept.read_bytes())
    wanted = place.sums(recording)
    place.drop(recording)
    floors: list[float] = []
    pipes: list[float] = []
    noise: list[float] = []
    for number in range(size.ROUNDS):
        pair = []
        for _ in range(2 if number < 2 else 1):
            url = place.copy(template)
            pair.append(place.replay(url, batches))
            assert place.sums(url) == wanted, (place.sums(url), wanted)
            place.drop(url)
        if len(pair) == 2:
            noise.append(pair[0] / pair[1])
        floors.append(pair[-1])
        url = place.copy(template)
        pipes.append(pumped(url, place.folder, processes))
        assert place.sums(url) == wanted, (place.sums(url), wanted)
        if number == 0:
            assert ask(url, place.folder, "check")["wrong"] == []
        place.drop(url)
    report.results[f"floor_over_floor_{place.name}"] = [round(each, 2) for each in noise]
    report.results[f"floor_per_second_{place.name}"] = round(size.EVENTS / statistics.median(floors))
    report.results[f"pipeline_per_second_{place.name}"] = round(size.EVENTS / statistics.median(pipes))
    report.results[f"pipeline_over_floor_{place.name}"] = round(
        statistics.median([f / p for f, p in zip(floors, pipes, strict=True)]), 2
    )
    templates[place.name] = template
    report.results["awards"] = wanted["journals"][0]


def in_turn(place: Postgresql, sources: dict[str, str]) -> dict[str, float]:
    """How fast the pipeline is on each of these databases over the first of them, measured in turn; medians."""
    ratios: dict[str, list[float]] = {name: [] for name in sources}
    for _ in range(size.ROUNDS):
        seconds = {}
        for name, source in sources.items():
            url = place.copy(source)
            seconds[name] = pumped(url, place.folder, 2)
            place.drop(url)
        first = next(iter(seconds.values()))
        for name, taken in seconds.items():
            ratios[name].append(first / taken)
    return {name: round(statistics.median(found), 2) for name, found in ratios.items()}


def variants(place: Postgresql) -> None:
    """A member who does a tenth of everything, and a budget that every event has to ask."""
    even = templates["postgresql"]
    for name, hot, has_budget in (("hot", 0.1, False), ("budget", 0.0, True)):
        report.progress(f"the pipeline, {name}")
        other = place.new(name)
        ask(other, place.folder, "prepare", size.MEMBERS, size.EVENTS, hot, has_budget)
        report.results[f"{name}_over_even"] = in_turn(place, {"even": even, name: other})[name]
        place.drop(other)


def grows(place: Postgresql) -> None:
    """What a larger house costs: the pipeline's speed over its speed on the smallest, by rows, members and rules."""
    report.progress(f"a ledger of up to {size.LEDGERS[-1]} rows")
    ledgers = {}
    for rows in size.LEDGERS:
        ledgers[str(rows)] = place.copy(templates["postgresql"])
        ask(ledgers[str(rows)], place.folder, "bulk_ledger", rows, size.MEMBERS)
    found = report.results["speed_by_ledger_rows"] = in_turn(place, ledgers)
    report.results["at_1m_over_10k"] = found[str(size.LEDGERS[-1])]
    report.results["at_1m_means_rows"] = size.LEDGERS[-1]
    for what, numbers in (("members", size.COMMUNITIES), ("rules", size.RULE_SETS)):
        report.progress(f"up to {numbers[-1]} {what}")
        sources = {}
        for number in numbers:
            sources[str(number)] = place.new(f"{what}{number}")
            members, rules = (number, programme.RULES) if what == "members" else (size.MEMBERS, number)
            ask(sources[str(number)], place.folder, "prepare", members, size.EVENTS, 0.0, False, rules)
        report.results[f"speed_by_{what}"] = in_turn(place, sources)
        for url in sources.values():
            place.drop(url)
    for url in ledgers.values():
        place.drop(url)
