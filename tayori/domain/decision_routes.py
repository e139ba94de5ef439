"""Who decides an answer, as data (決裁): a route for each kind of letter, unrolled into steps for one case."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml

from tayori.domain.organisation import organisation
from tayori.errors import BadInput

WARD_WIDE = "区"


class Stamp(StrEnum):
    """What a decider puts under a draft."""

    PASSED = "passed"  # 承認: passed on to the next post
    AGREED = "agreed"  # 合議
    DECIDED = "decided"  # 決裁
    DELEGATED = "delegated"  # 専決
    DEPUTISED = "deputised"  # 代決
    RETURNED = "returned"  # 差戻し


STAMP_TERMS: Mapping[Stamp, str] = {
    Stamp.PASSED: "承認",
    Stamp.AGREED: "合議",
    Stamp.DECIDED: "決裁",
    Stamp.DELEGATED: "専決",
    Stamp.DEPUTISED: "代決",
    Stamp.RETURNED: "差戻し",
}


@dataclass(frozen=True, slots=True)
class Post:
    """A post: its term, the kind of office it belongs to, and who may decide for it."""

    name: str
    term: str
    of: str
    deputies: tuple[str, ...]

    def office_for(self, department: str) -> str:
        """Give the office whose holder of this post is meant, for a responsible section or division."""
        if self.of == "ward":
            return WARD_WIDE
        return department if self.of == "section" else organisation().division_of(department).name


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a post, and where."""

    post: str
    department: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a route for one case: whose post in which office, and what they put under the draft."""

    post: str
    department: str
    stamp: Stamp

    @property
    def last(self) -> bool:
        """Whether the answer is decided here."""
        return self.stamp in {Stamp.DECIDED, Stamp.DELEGATED}

    def stamp_of(self, held: Sequence[Holder]) -> Stamp | None:
        """Give what a handler with these posts puts here: the step's own stamp, 代決 for it, or nothing at all."""
        if any(one.post == self.post and one.department == self.department for one in held):
            return self.stamp
        posts = decision_routes().posts
        for deputy in posts[self.post].deputies:
            wide = posts[deputy].of == "ward"
            if any(one.post == deputy and (wide or _is_within(one.department, self.department)) for one in held):
                return Stamp.DEPUTISED
        return None


@dataclass(frozen=True, slots=True)
class Route:
    """A route: for whom, which posts in order, whether the last one decides by 専決, and by what authority."""

    name: str
    term: str
    addressees: frozenset[str]
    kinds: frozenset[str]
    posts: tuple[str, ...]
    delegated: bool
    authority: str

    def steps(self, responsible: str, related: Sequence[str]) -> tuple[Step, ...]:
        """Unroll the route for a case: the responsible department's posts, 合議 of the related ones before the rest."""
        return tuple(self._steps(responsible, related))

    def _steps(self, responsible: str, related: Sequence[str]) -> Iterator[Step]:
        posts, last = decision_routes().posts, self.posts[-1]
        decides = Stamp.DELEGATED if self.delegated else Stamp.DECIDED
        section = [name for name in self.posts if posts[name].of == "section" and name != last]
        above = [name for name in self.posts if name not in section]
        for name in section:
            yield Step(name, posts[name].office_for(responsible), Stamp.PASSED)
        for department in dict.fromkeys(related):
            yield Step("section", department, Stamp.AGREED)
        for name in above:
            yield Step(name, posts[name].office_for(responsible), decides if name == last else Stamp.PASSED)


@dataclass(frozen=True, slots=True)
class DecisionRoutes:
    """Posts and routes in force."""

    version: str
    posts: Mapping[str, Post]
    routes: tuple[Route, ...]

    def of(self, addressee: str, kind: str | None) -> Route:
        """Give the route of a letter: the first one that fits.

        Raises:
            BadInput: none fits; the file misses an addressee.

        """
        for route in self.routes:
            if addressee in route.addressees and (not route.kinds or kind in route.kinds):
                return route
        raise BadInput(f"No route in decision_routes.yaml fits the addressee {addressee}; add one.")

    def named(self, name: str) -> Route:
        """Give a route by its name.

        Raises:
            BadInput: there is none; the file changed under a draft.

        """
        for route in self.routes:
            if route.name == name:
                return route
        raise BadInput(f"There is no route {name} any more; draft the answer anew.")


@cache
def decision_routes() -> DecisionRoutes:
    """The routes that come with the tree."""
    said = yaml.safe_load(files("tayori.domain").joinpath("decision_routes.yaml").read_text("utf-8"))
    posts = {name: Post(name, one["term"], one["of"], tuple(one["deputies"])) for name, one in said["posts"].items()}
    routes = tuple(
        Route(
            **one
            | {"addressees": frozenset(one["addressees"]), "kinds": frozenset(one["kinds"])}
            | {"posts": tuple(one["posts"])}
        )
        for one in said["routes"]
    )
    return DecisionRoutes(said["version"], posts, routes)


def _is_within(section: str, office: str) -> bool:
    return section == office or office == organisation().division_of(section).name
