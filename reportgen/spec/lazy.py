"""Sequences that are made anew each time they are gone through, and never held whole."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, overload

T_co = TypeVar("T_co", covariant=True)


class LazySequence(Sequence[T_co]):
    """A sequence of known length whose items are made while one goes over them.

    Each pass makes equal items. One item costs a pass up to its place; a slice is a tuple.
    """

    @abstractmethod
    def __iter__(self) -> Iterator[T_co]: ...

    def _from(self, start: int) -> Iterator[T_co]:
        """Go on from the item at ``start``, where one knows how to be there sooner."""
        return islice(iter(self), start, None)

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...
    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        places = range(len(self))[index]
        if isinstance(places, int):
            return next(self._from(places))
        if not places:
            return ()
        first, last = sorted((places[0], places[-1]))
        found = tuple(islice(self._from(first), 0, last - first + 1, abs(places.step)))
        return found if places.step > 0 else found[::-1]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self):,}>"

    def __contains__(self, item: Any) -> bool:
        return any(item == mine for mine in self)
