"""
People in cells, floors, wings, workshops, slots of meals and yard; staff by post and group. Membership is all that is kept:
whom somebody meets is drawn from the members of his groups, so no list of contacts is ever built.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lazaretto.twin.arrays import Codes, Floats, Mask, Whole
from lazaretto.twin.scenario import Layout, Scenario

LAYERS = ("room", "floor", "wing", "work", "meal", "post", "shift")


@dataclass(frozen=True, slots=True)
class Population:
    """
    `group[l, i]` is the group of person i in layer l (-1: none), numbered across all layers; the members of group g are
    `members[first[g]:first[g + 1]]`. `arrives` and `leaves` are days (0 and NEVER for those who are there throughout);
    `duty` is the group of staff of the rotation.
    """

    n: int
    residents: int
    staff: Codes
    group: Whole
    first: Whole
    members: Whole
    duty: Whole
    cell: Whole
    wing: Whole

    @property
    def is_staff(self) -> Mask:
        return self.staff == 1


def build(scenario: Scenario, coming: int = 0) -> Population:
    """Return the population: residents there at the start, then those to come (`coming`), then staff."""
    layout = scenario.layout or invented(scenario)
    separated = scenario.switches.separation and scenario.rules.separated
    here, staff = len(layout.room), len(layout.staff_post)
    n = here + coming + staff
    rooms, floors, wings, work = (np.array(x, np.int32) for x in (layout.room, layout.floor, layout.wing, layout.work))
    columns = np.full((len(LAYERS), n), -1, np.int64)
    if scenario.switches.rooms:
        columns[0, :here] = rooms
        columns[0, here : here + coming] = (
            rooms.max(initial=-1) + 1 + np.arange(coming) // scenario.rules.intake_persons
        )
    wing_of_new = np.arange(coming) % max(1, wings.max(initial=0) + 1)
    columns[1, :here] = floors
    columns[2, :here], columns[2, here : here + coming] = wings, wing_of_new
    # Where wings are separated, nobody works or eats with another wing.
    columns[3, :here] = np.where(work < 0, -1, work * (wings.max(initial=0) + 1) + wings if separated else work)
    shared = 1 if separated else scenario.site.meal_wings
    columns[4, : here + coming] = columns[2, : here + coming] // shared
    posts = np.array(layout.staff_post, np.int64)
    columns[5, :here], columns[5, here : here + coming], columns[5, here + coming :] = wings, wing_of_new, posts
    duty = np.full(n, -1, np.int32)
    duty[here + coming :] = layout.staff_group
    columns[6, here + coming :] = layout.staff_group
    group, first, members = _numbered(columns)
    is_staff = np.zeros(n, np.uint8)
    is_staff[here + coming :] = 1
    return Population(n, here + coming, is_staff, group, first, members, duty, columns[0].astype(np.int32),
                      columns[2].astype(np.int32))  # fmt: skip


def _numbered(columns: np.ndarray) -> tuple[Whole, Whole, Whole]:
    """Return groups numbered across layers, and their members as one list with its starts."""
    group = np.full(columns.shape, -1, np.int32)
    firsts, lists, taken, length = [], [], 0, 0
    for layer, column in enumerate(columns):
        inside = np.flatnonzero(column >= 0)
        if not len(inside):
            continue
        names, number = np.unique(column[inside], return_inverse=True)
        group[layer, inside] = number + taken
        order = np.argsort(number, kind="stable")
        lists.append(inside[order])
        firsts.append(length + np.searchsorted(number[order], np.arange(len(names))))
        taken += len(names)
        length += len(inside)
    first = np.concatenate([*firsts, [length]]).astype(np.int32)
    return group, first, np.concatenate(lists).astype(np.int32) if lists else np.empty(0, np.int32)


def invented(scenario: Scenario) -> Layout:
    """Return the layout of an institution of the given size, filled cell by cell."""
    site = scenario.site
    people = np.arange(site.residents)
    room = people // site.per_cell
    floor = room // site.cells_per_floor
    wing = floor // site.floors_per_wing
    works = people % 100 < round(100 * site.workshop_share)
    # A workshop draws from several wings: neighbours in the list of places work in different shops.
    shops = max(1, round(site.residents * site.workshop_share / site.workshop))
    work = np.where(works, (people // site.per_cell) % shops, -1)
    staff = np.arange(site.staff)
    wings = int(wing.max()) + 1
    groups = scenario.rules.rotation.groups if scenario.rules.rotation else 1
    columns = {"room": room, "floor": floor, "wing": wing, "work": work}
    columns |= {"staff_post": staff % wings, "staff_group": staff // wings % groups}
    made: Any = columns  # arrays, not checked number by number: there may be millions
    return Layout.model_construct(**made, release_in=[])


def density(scenario: Scenario, population: Population) -> Floats:
    """
    Return by what the number of contacts of each group is multiplied: 1 where contacts do not depend on its size, its
    share of the capacity of the site where they do (`density` 1); between the two, a power.
    """
    size = np.diff(population.first).astype(float)
    k = scenario.site.density
    if k == 0:
        return np.ones(len(size))
    full = scenario.site.capacity or scenario.site.residents
    return np.full(len(size), (population.residents / full) ** k)
