"""
Reading a pack against the C YAML loader on the same texts, and what a facility runs at an instant, from the database.

`python -m tests.benchmark.protocol`. Nothing is kept while reading; "warm" means that a protocol was resolved before.
"""

import sys

import yaml

import tests.environment  # noqa: F401  (a home of its own, before settings are read)
from lazaretto import packs
from lazaretto.protocol.load import forget, load
from lazaretto.protocol.resolve import resolve
from tests.benchmark.measure import median_seconds


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def reading(name: str) -> None:
    texts = [layer.text for layer in packs.shipped(name).layers]

    def plain() -> None:
        for text in texts:
            yaml.load(text, Loader=yaml.CSafeLoader)

    def ours() -> None:
        forget()
        load(texts[-1], f"{name}.yaml", packs.read)

    low, high = median_seconds(plain, 9), median_seconds(ours, 9)
    say(f"load {name}: {high / low:.2f}x the C YAML loader ({high * 1000:.0f} ms against {low * 1000:.0f} ms)")


def resolving(name: str) -> None:
    loaded = packs.shipped(name)
    text, n = loaded.layers[-1].text, len(loaded.document.measures)
    fresh = (load(text, f"{i}.yaml", packs.read) for i in range(99))
    first = median_seconds(lambda: resolve(next(fresh), "outbreak"), 9) - median_seconds(lambda: next(fresh), 9)
    say(f"resolve {name}, {n} measures, for the first time: {first * 1000:.1f} ms")


def at_an_instant(name: str) -> None:
    """Time `in_force` of a facility with a level, a flag and an override, on a database of its own."""
    import django

    django.setup()
    from django.core.management import call_command

    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.command import actions, queries
    from lazaretto.apps.registry import actions as registry

    call_command("migrate", verbosity=0)
    own = accounts.create_organisation(code="YT", kind="facility", name_zh="云汀", by="b", at=1)
    facility = registry.create_facility(organisation=own, zone="Asia/Shanghai", by="b", at=1)
    actions.adopt(facility=facility, loaded=packs.shipped(name), by="b", at=1)
    actions.declare_level(facility=facility, level="heightened", reason="b", by="b", at=2)
    actions.declare_flag(facility=facility, flag="local_outbreak", holds=True, reason="b", by="b", at=3)
    spent = median_seconds(lambda: queries.in_force(facility, 4), 50)
    say(f"what a facility runs at an instant ({name}), warm: {spent * 1000:.2f} ms")


def main() -> None:
    for name in ("care-home", "facility-s0-prison", "facility-s1-drug-rehab", "facility-s2-detention"):
        reading(name)
    resolving("facility-s0-prison")
    at_an_instant("facility-s0-prison")


if __name__ == "__main__":
    main()
