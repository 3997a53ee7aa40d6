"""
An assignment: posts, roles, groups and pairs that must be filled, and people of whom none may be left out.

Source: design §2, themes A, L, P and Q of the requirements.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from lazaretto.protocol.bounds import ALL, FEWER, MORE, YES
from lazaretto.protocol.cadence import Span
from lazaretto.protocol.measures import Item, Measure, Whole

Per = Literal["facility", "zone", "unit", "shift", "area", "post", "person", "household", "case"]


class Post(Item):
    """
    A post or role: how many hold it for each `per`, how many people one holder answers for (`span_min` to `span_max`),
    whether a deputy is named, and who may hold it.
    """

    per: Per = "facility"
    at_least: Annotated[Whole | None, MORE] = 1
    at_most: Annotated[Whole | None, FEWER] = None
    span_min: Annotated[Whole | None, MORE] = None
    span_max: Annotated[Whole | None, FEWER] = None
    deputy: Annotated[bool, YES] = False
    held_by: list[str] = []
    outside: bool = False
    duties: Annotated[list[Item], ALL] = []


class Assignment(Measure):
    """
    Posts that must be filled. `everyone` leaves nobody out; `vacancy_alarm` is how long a post may stay empty; `apart`
    names pairs of posts that one person may not hold; a temporary group has an end.
    """

    kind: Literal["assignment"]
    posts: Annotated[list[Post], ALL] = Field(min_length=1)
    everyone: Annotated[bool, YES] = False
    vacancy_alarm: Annotated[Span | None, FEWER] = None
    apart: list[tuple[str, str]] = []
    ends: Annotated[Span | None, FEWER] = None
    review: Annotated[Span | None, FEWER] = None


class Gap(NamedTuple):
    """What is missing: a post of a unit without holder or deputy, too many holders, a span out of bounds, a person left out."""

    code: Literal["vacant", "no_deputy", "too_many", "span_small", "span_large", "left_out", "two_posts"]
    post: str
    where: str
    n: int = 0


def gaps(
    assignment: Assignment,
    units: Mapping[str, Sequence[str]],
    holders: Mapping[tuple[str, str], Sequence[str]],
    *,
    deputies: Iterable[tuple[str, str]] = (),
    charges: Mapping[str, Sequence[str]] | None = None,
    people: Iterable[str] = (),
) -> list[Gap]:
    """
    Return what is not filled.

    `units` lists for each `per` the units in which a post must be filled; `holders` who holds (post, unit); `deputies`
    the posts with one; `charges` the people whom a holder answers for (those of somebody without a post are in nobody's
    charge); `people` all who must be in somebody's charge.
    """
    named = set(deputies)
    found: list[Gap] = []
    for post in assignment.posts:
        for unit in units.get(post.per, ()):
            n = len(set(holders.get((post.id, unit), ())))
            if n < (post.at_least or 0):
                found.append(Gap("vacant", post.id, unit, (post.at_least or 0) - n))
            if post.at_most is not None and n > post.at_most:
                found.append(Gap("too_many", post.id, unit, n))
            if post.deputy and (post.id, unit) not in named:
                found.append(Gap("no_deputy", post.id, unit))
        found += _spans(post, holders, charges or {})
    found += _two_posts(assignment, holders)
    if assignment.everyone:
        posts = {post.id for post in assignment.posts}
        in_post = {person for (post, _), people in holders.items() if post in posts for person in people}
        covered = {person for holder, group in (charges or {}).items() if holder in in_post for person in group}
        found += [Gap("left_out", "", person) for person in people if person not in covered]
    return found


def _spans(
    post: Post, holders: Mapping[tuple[str, str], Sequence[str]], charges: Mapping[str, Sequence[str]]
) -> Iterable[Gap]:
    for (held, _), people in holders.items():
        for holder in people if held == post.id else ():
            n = len(charges.get(holder, ()))
            if post.span_min is not None and n < post.span_min:
                yield Gap("span_small", post.id, holder, n)
            if post.span_max is not None and n > post.span_max:
                yield Gap("span_large", post.id, holder, n)


def _two_posts(assignment: Assignment, holders: Mapping[tuple[str, str], Sequence[str]]) -> Iterable[Gap]:
    for one, other in assignment.apart:
        a = {person for (post, _), people in holders.items() if post == one for person in people}
        b = {person for (post, _), people in holders.items() if post == other for person in people}
        for person in sorted(a & b):
            yield Gap("two_posts", one, person)
