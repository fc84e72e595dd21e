"""Several inputs' games in rounds: what all of them ask of the model goes to it together.

A game asks for outputs, and by these decides what to ask next. Played one after the other, every
question is a small batch; here each player runs until it asks, then the next one does, and when
all wait, one batch answers them. Never do two run at once: a thread only keeps a player's place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Question = Any
Answer = Any

_here = threading.local()


class Player(threading.Thread, Generic[T]):
    """One function that may ask, and the result that it returned or raised."""

    def __init__(self, play: Callable[[], T]) -> None:
        super().__init__(daemon=True)  # an interrupted run does not wait for it
        self.play = play
        self.question: Question = None
        self.answer: Answer = None
        self.result: T | None = None
        self.error: BaseException | None = None
        self.done = False
        self.turn = threading.Semaphore(0)
        self.waits = threading.Semaphore(0)

    def run(self) -> None:
        self.turn.acquire()
        _here.player = self
        try:
            self.result = self.play()
        except BaseException as error:  # raised again where the rounds are played
            self.error = error
        self.done = True
        self.waits.release()

    def go_on(self) -> None:
        """Let it run until it asks or is done."""
        self.question = None
        self.turn.release()
        self.waits.acquire()

    def ask(self, question: Question) -> Answer:
        """Wait for the answer of this round; raises what answering it raised."""
        self.question = question
        self.waits.release()
        self.turn.acquire()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def play_rounds(
    plays: Sequence[Callable[[], T]],
    answer: Callable[[Sequence[Question]], Sequence[Answer | Exception]],
) -> list[T]:
    """Run all ``plays`` and return their results; what they ask at one time has one answer.

    A play must hold no lock while it asks. An answer that is an exception is raised where it was
    asked for. Raises what a play raises.
    """
    if len(plays) == 1:
        return [plays[0]()]
    players = [Player(play) for play in plays]
    for player in players:
        player.start()
        player.go_on()
    while waiting := [player for player in players if not player.done]:
        for player, found in zip(waiting, answer([p.question for p in waiting]), strict=True):
            player.answer = found
        for player in waiting:
            player.go_on()
    results = []
    for player in players:
        if player.error is not None:
            raise player.error
        results.append(player.result)
    return results  # type: ignore[return-value]


def ask(question: Question) -> Answer | None:
    """Ask together with the others of the round; ``None`` where no round is played."""
    player: Player[Any] | None = getattr(_here, "player", None)
    return None if player is None else player.ask(question)


@contextmanager
def alone() -> Iterator[None]:
    """Let nothing inside the ``with`` block wait for others: the model is not as they know it."""
    player = getattr(_here, "player", None)
    _here.player = None
    try:
        yield
    finally:
        _here.player = player
