"""
A scenario: everything that a run is told, checked, with units. Two scenarios with one seed differ only by what differs here.

Defaults are for the ancestral coronavirus in a prison of a thousand; `SOURCES` says where each comes from, and its range.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[float, Field(ge=0, le=400)]
Rate = Annotated[float, Field(ge=0, le=1000)]
Count = Annotated[int, Field(ge=0, le=5_000_000)]


class Part(BaseModel):
    """Base of all parts: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Disease(Part):
    """
    The course of an infection, from pathogen data.

    `r0` is the mean number that one case infects where nobody is immune and nothing is done. Incubation is log-normal,
    in whole days (at least 1). Shedding begins `before_onset` days before the onset, not before `latent` days after the
    infection, and ends `after_onset` days after it (log-normal with `after_onset_spread`, 0: the same for all).
    `profile` is the relative shedding by day. `dispersion` k: individual shedding is gamma with mean 1 and shape k.
    """

    pathogen: str = "covid19_ancestral"
    r0: Annotated[float, Field(gt=0, le=30)] = 3.0
    incubation_meanlog: float = 1.621
    incubation_sdlog: Annotated[float, Field(ge=0, le=2)] = 0.418
    before_onset: Days = 2.0
    latent: Days = 1.0
    after_onset: Annotated[float, Field(ge=1, le=400)] = 10.0
    after_onset_spread: Annotated[float, Field(ge=0, le=2)] = 0.0
    profile: list[Rate] = [1.0]
    asymptomatic_share: Share = 0.3
    asymptomatic_shedding: Share = 0.5
    dispersion: Annotated[float, Field(ge=0.05, le=1000)] = 1000.0
    severe_share: Share = 0.05
    fever_share: Share = 0.7
    fever_mean: Annotated[float, Field(ge=36, le=42)] = 38.3
    fever_sd: Annotated[float, Field(gt=0, le=2)] = 0.6
    sensitivity: dict[int, Share] = {3: 0.0, 4: 0.33, 5: 0.62, 6: 0.68, 7: 0.74, 8: 0.80, 9: 0.79, 21: 0.34, 30: 0.0}
    specificity: Share = 0.9995


class Site(Part):
    """
    The institution in numbers. `meal_wings` is how many wings share a slot of meals, yard and corridor where nothing
    separates them; `density` 0: contacts do not grow with the number of residents, 1: they
    do. `capacity` and `full_per_cell` (0: as it is) are the full house for which `r0` is meant.
    """

    residents: Annotated[int, Field(ge=1, le=5_000_000)] = 1000
    staff: Count = 240
    per_cell: Annotated[int, Field(ge=1, le=5_000_000)] = 10
    cells_per_floor: Annotated[int, Field(ge=1, le=1000)] = 10
    floors_per_wing: Annotated[int, Field(ge=1, le=50)] = 2
    workshop: Annotated[int, Field(ge=2, le=100_000)] = 60
    workshop_share: Share = 0.7
    meal_wings: Annotated[int, Field(ge=1, le=200)] = 2
    single_rooms: Count = 12
    density: Share = 0.0
    capacity: Count = 0
    full_per_cell: Count = 0


class Contacts(Part):
    """
    Contacts per day of an infectious person, by layer, and how much one counts against another. `room_everyone`: all who
    share a room meet every day. The mean over layers times the shedding gives `r0`.
    """

    room: Rate = 6.0
    room_everyone: bool = True
    floor: Rate = 3.0
    wing: Rate = 2.0
    work: Rate = 4.0
    meal: Rate = 2.0
    post: Rate = 6.0
    post_resident: Rate = 0.5
    shift: Rate = 5.0
    home: Rate = 0.0
    weight_room: Rate = 1.0
    weight_other: Rate = 0.4


class Air(Part):
    """
    Wells–Riley for the rooms, used instead of `weight_room` where `quanta_per_hour` is given. m³/h, m³, air changes per
    hour, hours a day in the room.
    """

    quanta_per_hour: Rate = 0.0
    breathing: Annotated[float, Field(gt=0, le=5)] = 0.3
    volume: Annotated[float, Field(gt=0, le=100_000)] = 60.0
    air_changes: Annotated[float, Field(gt=0, le=100)] = 0.5
    hours: Annotated[float, Field(ge=0, le=24)] = 12.0


class Inflow(Part):
    """How infection gets in. Risks are per person and day; `community` gives (from day, risk) in order."""

    first_cases: Count = 1
    first_at: Literal["resident", "staff"] = "resident"
    community: list[tuple[int, Share]] = [(0, 0.0)]
    arrivals_per_day: Rate = 0.0
    arrival_prevalence: Share = 0.0
    transfers_per_day: Rate = 0.0
    transfer_prevalence: Share = 0.0
    releases_per_day: Rate = 0.0
    visits_per_day: Rate = 0.0
    visit_infects: Share = 0.0
    goods_per_day: Rate = 0.0
    goods_infect: Share = 0.0

    def risk_on(self, day: int) -> float:
        return next((risk for since, risk in reversed(self.community) if since <= day), 0.0)


class Reading(Part):
    """Temperatures in °C: how people differ, and how thermometers err. A single infrared reading is weak evidence."""

    normal_mean: float = 36.6
    normal_sd: Annotated[float, Field(gt=0, le=1)] = 0.2
    first_error: Annotated[float, Field(ge=0, le=1)] = 0.3
    second_error: Annotated[float, Field(ge=0, le=1)] = 0.1


class StageRule(Part):
    """A stage of placement: days, alone or with those of the room, and on which of its days a test is taken."""

    days: Count
    single: bool = True
    tests: list[int] = []
    outside_review: int | None = None


class Rotation(Part):
    """Groups of staff that pass through (where, days) in turn; tests on these days of standby."""

    states: list[tuple[Literal["inside", "standby", "home"], int]]
    groups: Annotated[int, Field(ge=1, le=12)] = 1
    standby_tests: list[int] = []


class Rules(Part):
    """
    What the protocol in force asks for, in numbers. `slots_*` are the minutes of the day at which a temperature is due:
    those of the platform. `from_protocol` fills it from a resolved document.
    """

    protocol: str = ""
    digest: str = ""
    slots_residents: list[int] = []
    slots_staff: list[int] = []
    screen: float | None = None
    confirm: float | None = None
    isolate_within: Annotated[float, Field(ge=0, le=30)] = 0.0
    isolation: StageRule | None = None
    quarantine: StageRule | None = None
    intake: list[StageRule] = []
    intake_persons: Annotated[int, Field(ge=1, le=500)] = 4
    pre_release: StageRule | None = None
    rotation: Rotation | None = None
    test_every: Annotated[int, Field(ge=0, le=365)] = 0
    pool: Annotated[int, Field(ge=1, le=100)] = 1
    turnaround: Annotated[int, Field(ge=0, le=30)] = 1
    separated: bool = False
    visits_closed: bool = False
    daily_owed_in_isolation: Rate = 3.0
    days_alone_limit: int | None = None
    duty_days_limit: int | None = None


class Switches(Part):
    """Each mechanism, on or off by itself."""

    temperature: bool = True
    reporting: bool = True
    testing: bool = True
    pathway_tests: bool = True
    isolation: bool = True
    quarantine: bool = True
    intake: bool = True
    pre_release: bool = True
    rotation: bool = True
    separation: bool = True
    masks: bool = True
    ventilation: bool = True
    disinfection: bool = True
    visits: bool = True
    community: bool = True
    finite_rooms: bool = True
    limits: bool = True
    rooms: bool = True


class Practice(Part):
    """
    How it is really done. `compliance` is the share of readings, tests and placements carried out; `reports_symptoms`
    the chance that somebody with symptoms says so; factors are what remains of the hazard.
    """

    compliance: Share = 1.0
    reports_symptoms: Share = 0.3
    staff_report: Share = 0.9
    leak: Share = 0.02
    mask_factor: Share = 1.0
    ventilation_factor: Share = 1.0
    disinfection_factor: Share = 1.0
    care_capacity: Count = 1_000_000
    sick_leave: Share = 1.0


class Layout(Part):
    """An institution as numbers of places, one per person: nothing that could name anybody."""

    room: list[int]
    floor: list[int]
    wing: list[int]
    work: list[int]
    staff_post: list[int]
    staff_group: list[int]
    release_in: list[int] = []

    @model_validator(mode="after")
    def _same_lengths(self) -> "Layout":
        if len({len(self.room), len(self.floor), len(self.wing), len(self.work)}) != 1:
            raise ValueError("room, floor, wing and work must have one number for each resident")
        if len(self.staff_post) != len(self.staff_group):
            raise ValueError("staff_post and staff_group must have one number for each member of staff")
        if self.release_in and len(self.release_in) != len(self.room):
            raise ValueError("release_in must have one number for each resident, or be left out")
        return self


class Scenario(Part):
    """One scenario. `layout`, where given, takes the place of the invented institution of `site`."""

    name: str = "scenario"
    days: Annotated[int, Field(ge=1, le=3650)] = 180
    seed: Annotated[int, Field(ge=0)] = 1
    disease: Disease = Disease()
    site: Site = Site()
    contacts: Contacts = Contacts()
    air: Air = Air()
    inflow: Inflow = Inflow()
    reading: Reading = Reading()
    rules: Rules = Rules()
    switches: Switches = Switches()
    practice: Practice = Practice()
    immune_share: Share = 0.0
    layout: Layout | None = None

    def changed(self, **parts: object) -> "Scenario":
        """Return the scenario with values changed: `changed(practice={"compliance": 0.8}, days=90)`."""
        raw = self.model_dump()
        for name, value in parts.items():
            raw[name] = raw[name] | value if isinstance(value, dict) and isinstance(raw.get(name), dict) else value
        return Scenario.model_validate(raw)


#: Where the defaults come from, and the range in which the sensitivity analysis moves them.
SOURCES: dict[str, tuple[float, float, str]] = {
    "disease.r0": (1.5, 8.44, "Rocklöv 2020, Malloy 2021: 3 without crowding, 8.44 in a large jail"),
    "disease.asymptomatic_share": (0.15, 0.45, "assumption of domain §5.5; published estimates differ widely"),
    "disease.asymptomatic_shedding": (0.15, 1.0, "Thompson 2021: about one-seventh to as much"),
    "disease.fever_share": (0.4, 0.9, "assumption"),
    "practice.compliance": (0.7, 1.0, "take it from the evidence of the last 30 days"),
    "practice.leak": (0.0, 0.1, "assumption: contacts that remain in a single room"),
    "practice.reports_symptoms": (0.1, 0.7, "assumption"),
    "contacts.weight_other": (0.1, 1.0, "assumption: domain §7.2, within a cell far more than between"),
    "inflow.arrival_prevalence": (0.002, 0.03, "domain §5.5: 1 %, 0.2 to 3"),
}
