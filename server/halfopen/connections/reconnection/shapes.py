"""The arithmetic of delays: numbers that may grow from attempt to attempt, be bounded, and hold chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

from halfopen.connections.reconnection.facts import Growth

_ORDER: tuple[Growth, ...] = ("fixed", "table", "linear", "exponential", "unknown")
_MOST_DOUBLINGS = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """A number that may grow with the attempts. `initial` None: not known; `bound` None: no bound known.

    `power`: the attempts stand in the exponent of a factor, with nothing else yet (`2 ** n`).
    """

    growth: Growth
    initial: float | None
    bound: float | None = None
    random: bool = False
    factor: float | None = None
    steps: tuple[float, ...] = ()
    opaque: bool = False
    """Whether something in it could not be looked into, which might be random or grow."""
    counts: bool = False
    """Whether it is the number of attempts itself."""
    start: float = 0.0
    """Of the number of attempts: what it is before the first retry, as far as the code shows."""
    width: float | None = None
    """How far apart chance puts the smallest and the largest first value; None: unknown, or no chance."""

    @property
    def is_constant(self) -> bool:
        return self.growth == "fixed" and self.initial is not None and not self.random and not self.counts


UNKNOWN = Shape("unknown", None, opaque=True)
COUNT = Shape("linear", 1.0, counts=True)
"""The attempts. As a factor of a delay the first one counts as 1, in an exponent as what it starts at."""
NUMBER = Shape("unknown", None)
"""A number that the code does not show, and that is no call: not random."""


def constant(value: float) -> Shape:
    return Shape("fixed", float(value), float(value))


def _stronger(one: Growth, two: Growth) -> Growth:
    return one if _ORDER.index(one) >= _ORDER.index(two) else two


def joined(shapes: list[Shape]) -> Shape:
    """One of several: constants that differ are a range, of which the smallest counts first."""
    if not shapes:
        return NUMBER
    known = [each for each in shapes if each.growth != "unknown"]
    if not known:
        return replace(
            shapes[0], random=any(each.random for each in shapes), opaque=any(e.opaque for e in shapes)
        )
    main = max(known, key=lambda each: _ORDER.index(each.growth))
    if main.growth == "fixed":
        # A delay of nothing beside a real one is a start or a reset.
        values = [each.initial for each in known if each.initial is not None]
        main = constant(min([each for each in values if each > 0] or values)) if values else main
    return replace(
        main,
        random=any(each.random for each in shapes),
        opaque=any(each.opaque for each in shapes),
        width=main.width if {each.width for each in known} == {main.width} else None,
    )


def _times(one: float | None, two: float | None) -> float | None:
    return None if one is None or two is None else one * two


def product(left: Shape, right: Shape) -> Shape:
    growth = _stronger(left.growth, right.growth)
    main = left if left.growth == growth else right
    other = right if main is left else left
    return Shape(
        growth,
        _times(left.initial, right.initial),
        _times(left.bound, right.bound),
        left.random or right.random,
        main.factor,
        tuple(each * (other.initial or 1.0) for each in main.steps),
        left.opaque or right.opaque,
        width=_scaled(left, right) if left.random else _scaled(right, left),
    )


def _scaled(chance: Shape, factor: Shape) -> float | None:
    """The width of a product of which one factor holds chance."""
    if factor.random or factor.counts or chance.width is None or factor.initial is None:
        return None
    return abs(chance.width * factor.initial)


def total(left: Shape, right: Shape) -> Shape:
    if left.counts or right.counts:
        count, other = (left, right) if left.counts else (right, left)
        moved = other.initial if other.is_constant and other.initial is not None else 0.0
        return replace(COUNT, start=count.start + moved)
    # What is added to a growing delay, or subtracted from it, does not change how it grows; chance counts.
    main, other = (left, right) if _ORDER.index(left.growth) >= _ORDER.index(right.growth) else (right, left)
    chance = left.random or right.random
    if main.growth == "unknown":
        return replace(other if chance else NUMBER, random=chance, opaque=left.opaque or right.opaque)
    if right.random and not left.random:
        return replace(left, random=True, opaque=left.opaque or right.opaque, width=right.width)
    if left.random and not right.random:
        return replace(right, random=True, opaque=left.opaque or right.opaque, width=left.width)
    initial = None if left.initial is None or right.initial is None else left.initial + right.initial
    bound = None if left.bound is None or right.bound is None else left.bound + right.bound
    return replace(
        main, initial=initial, bound=bound, random=chance, opaque=left.opaque or right.opaque, width=None
    )


def power(base: Shape, exponent: Shape) -> Shape:
    if (
        base.is_constant
        and exponent.is_constant
        and base.initial is not None
        and exponent.initial is not None
    ):
        return (
            constant(base.initial ** min(exponent.initial, _MOST_DOUBLINGS)) if base.initial > 0 else NUMBER
        )
    if base.is_constant:
        first = (base.initial or 0.0) ** max(0.0, min(exponent.start, _MOST_DOUBLINGS))
        return Shape("exponential", first, None, exponent.random, base.initial, opaque=False)
    return Shape("unknown", None, opaque=base.opaque)


def least(shapes: list[Shape]) -> Shape:
    bounds = [each.initial for each in shapes if each.is_constant and each.initial is not None]
    growing = [each for each in shapes if not each.is_constant]
    if not growing:
        return constant(min(bounds)) if bounds else NUMBER
    main = max(growing, key=lambda each: _ORDER.index(each.growth) if each.growth != "unknown" else -1)
    if not bounds and any(each.growth == "unknown" for each in shapes):
        return replace(
            main, growth="unknown", initial=None
        )  # bounded by a number that the code does not show
    bound = min(bounds) if bounds else main.bound
    initial = main.initial if bound is None or main.initial is None else min(main.initial, bound)
    return replace(
        main,
        initial=initial,
        bound=bound,
        random=any(each.random for each in shapes),
        opaque=any(each.opaque for each in shapes),
        counts=False,
        width=main.width if initial == main.initial else None,
    )


def most(shapes: list[Shape]) -> Shape:
    growing = [each for each in shapes if not each.is_constant]
    if not growing:
        return constant(max(each.initial or 0.0 for each in shapes))
    floors = [each.initial for each in shapes if each.is_constant and each.initial is not None]
    main = max(growing, key=lambda each: _ORDER.index(each.growth) if each.growth != "unknown" else -1)
    initial = max([main.initial, *floors]) if main.initial is not None and floors else main.initial
    width = main.width if initial == main.initial else None
    return replace(main, initial=initial, random=any(each.random for each in shapes), width=width)
