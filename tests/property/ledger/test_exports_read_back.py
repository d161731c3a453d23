"""A ledger exported and imported into an empty account tells the same, except where the export said it can't."""

from collections import defaultdict
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from nightdesk.accounts.files.export_tables import TABLES
from nightdesk.accounts.files.exporting import ExportFormat, Unsaid, exported
from nightdesk.accounts.files.facts import Origin, digest, file_facts
from nightdesk.accounts.files.model import FileFact
from nightdesk.accounts.files.multiset import moved
from nightdesk.accounts.files.registry import detect
from nightdesk.accounts.files.table import read_table
from nightdesk.kernel.assets import VenueId
from nightdesk.ledger.model import Entry, Fact
from tests.builders.ledger import chained
from tests.property.strategies import histories

AFFECTED = {Unsaid.ENTRY, Unsaid.BALANCES, Unsaid.SPLIT}


def write(form: ExportFormat, entries: list[Entry]) -> tuple[bytes, dict[int, set[Unsaid]]]:
    part = exported(form, entries, lambda _: "Main, EUR")
    losses: dict[int, set[Unsaid]] = defaultdict(set)
    for loss in part.losses:
        losses[loss.sequence].add(loss.reason)
    return (form.head + part.body + form.tail).encode(), losses


def read(content: bytes) -> list[Fact]:
    table = read_table(content)
    found = detect(table)
    assert found is not None
    origin = Origin(sha256=digest(content), venue=VenueId("binance"), zone=ZoneInfo("UTC"))
    readings = list(file_facts(found.read(table), origin))
    assert all(isinstance(each, FileFact) for each in readings)
    return [each.fact for each in readings if isinstance(each, FileFact)]


@pytest.mark.parametrize("form", TABLES, ids=lambda form: form.name)
@settings(max_examples=40, deadline=None)
@given(facts=histories(most=8))
def test_a_round_trip_loses_only_what_it_says(form: ExportFormat, facts: list[Fact]) -> None:
    entries = chained(facts)
    content, losses = write(form, entries)
    expected = [each for each in entries if not AFFECTED & losses[each.sequence]]
    others = [each.fact for each in entries if Unsaid.SPLIT in losses[each.sequence]]
    back = read(content)
    assert sum(1 for _ in expected) <= len(back)
    for entry in expected:
        told = _told(entry.fact, losses[entry.sequence])
        assert told in [_told(fact, losses[entry.sequence]) for fact in back], losses[entry.sequence]
    if not any(reasons & {Unsaid.ENTRY, Unsaid.BALANCES} for reasons in losses.values()):
        everything = [leg for each in [*(entry.fact for entry in expected), *others] for leg in each.legs]
        assert moved([leg for fact in back for leg in fact.legs]) == moved(everything)


def _told(fact: Fact, losses: set[Unsaid]) -> object:
    second = fact.occurred_at.replace(microsecond=0) if Unsaid.TIME in losses else fact.occurred_at
    legs = moved(fact.legs) if Unsaid.LEGS in losses else tuple(replace(leg) for leg in fact.legs)
    return second, None if Unsaid.KIND in losses else fact.kind, legs
