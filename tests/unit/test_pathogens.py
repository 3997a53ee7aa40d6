"""The catalogue of pathogens: every figure is read, classes are dated, and a mistake says its line and column."""

from datetime import date
from decimal import Decimal

import pytest

from lazaretto import packs
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.pathogens import ClusterRule, Moment, in_force, read

HEAD = (
    "id,zh_hans,zh_hant,en,agent,route,incub_min_d,incub_typical_d,incub_max_d,incub_dist,infectious_start_rel,"
    "infectious_end_rel,contact_lookback_d,quarantine_d,release_basis,isolation_rule,cn_class,cn_report_hours,"
    "cn_valid_from,cn_valid_to,cluster_rule,checked\n"
)
FLU = "flu,流感,流感,Influenza,virus,droplet,1,1.4,4,lognormal(median=1.4),onset-1,onset+7,1,4,symptom,mask,C,24,,,>=2 in 72 h same unit,memory\n"


def test_the_shipped_catalogue() -> None:
    known = packs.pathogens()
    assert len(known) == 29
    assert all(p.checked and p.title.zh and p.title.en and p.hant for p in known.values())
    covid = known["covid19_ancestral"]
    assert (covid.incubation.meanlog, covid.incubation.sdlog) == (Decimal("1.621"), Decimal("0.418"))
    assert (covid.infectious_from, covid.infectious_to) == ((Moment("onset", -2),), (Moment("onset", 10),))
    assert (covid.look_back, covid.quarantine, covid.report_hours) == (Duration(days=2), Duration(days=14), 2)
    assert known["pertussis"].infectious_to == (Moment("onset", 21), Moment("antibiotic", 5))
    assert known["influenza_a"].cluster == ClusterRule(2, Duration(seconds=72 * 3600), same_unit=True, linked=False)
    assert known["scabies"].cluster == ClusterRule(2, Duration(days=56), same_unit=False, linked=True)
    assert known["hiv"].cluster is None
    assert known["novel_influenza"].report_hours == 2


@pytest.mark.parametrize(
    ("on", "holds", "ended"),
    [
        (date(2020, 1, 19), set(), {"covid19_ancestral", "covid19_omicron", "mpox", "novel_influenza"}),
        (date(2023, 1, 7), {"covid19_ancestral"}, {"covid19_omicron", "mpox"}),
        (date(2023, 1, 8), {"covid19_omicron"}, {"covid19_ancestral", "mpox"}),
        (date(2023, 9, 20), {"covid19_omicron", "mpox"}, {"novel_influenza"}),
        (date(2025, 9, 1), {"novel_influenza", "mpox", "plague"}, {"covid19_ancestral"}),
    ],
)
def test_classes_are_dated(on: date, holds: set[str], ended: set[str]) -> None:
    ids = {p.id for p in in_force(packs.pathogens().values(), on)}
    assert holds <= ids
    assert not ended & ids


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lognormal(median=1.4)", "gamma(2)", "line 2, incub_dist"),
        ("onset-1", "onset--1", "line 2, infectious_start_rel"),
        (",24,", ",soon,", "line 2, cn_report_hours"),
        (">=2 in 72 h same unit", "many", "line 2, cluster_rule"),
    ],
)
def test_a_mistake_says_where(old: str, new: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(HEAD + FLU.replace(old, new))
    with pytest.raises(ValueError, match="flu is given twice"):
        read(HEAD + FLU + FLU)


def test_packs_name_only_known_pathogens() -> None:
    for name in packs.names():
        for pathogen in packs.shipped(name).document.pathogens:
            assert pathogen in packs.pathogens(), (name, pathogen)
