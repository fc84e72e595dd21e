"""Small synthetic stories of facts, with questions, for training the question answerer.

Each story mixes facts of several people and places with the same sentence shapes, so that a
question can only be answered by matching its subject, not by the type of the answer alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


def _words(text: str) -> list[str]:
    return text.split()


def _phrases(text: str) -> list[str]:
    return text.split("|")


FIRST = _words(
    "Ada Ben Carla Dmitri Elena Farid Grace Hugo Ines Jonas Kavita Liam Mei Nadia Omar Petra "
    "Quentin Rosa Samuel Tara Uma Victor Wendy Yusuf Zoe"
)
LAST = _words(
    "Abbott Brandt Castillo Dubois Eriksen Fischer Greene Hassan Ivanov Jensen Kowalski Lindqvist "
    "Moreau Novak Okafor Patel Rossi Silva Tanaka Weber"
)
CITIES = _words(
    "Lisbon Oslo Nairobi Kyoto Lima Dublin Prague Chicago Cairo Toronto Vienna Madrid Sydney "
    "Helsinki Boston Mumbai Geneva Athens"
)
PLACES = _phrases(
    "the old harbour|the city library|a small workshop|the north tower|the central station|"
    "the botanical garden|a quiet village|the town hall|the river bank|the art museum"
)
THINGS = _phrases(
    "paintings|bicycles|books|violins|lamps|maps|apples|stamps|clocks|letters|chairs|bottles|"
    "photographs|boats|tickets"
)
WORKS = _phrases(
    "a wooden bridge|the silver compass|a new kind of battery|the first tide clock|"
    "a book about glaciers|the blue gate|a method for cleaning water|a map of the valley"
)
JOBS = _phrases(
    "a nurse|a bridge engineer|a history teacher|a pilot|a marine biologist|a baker|a judge|"
    "a violin maker|a software developer|a gardener"
)
MONTHS = _words(
    "January February March April May June July August September October November December"
)
GROUPS = _phrases(
    "choir|chess club|research team|football club|council|school|museum|rescue service|company"
)
VERBS = _phrases(
    "protect|repair|study|teach|visit|support|collect|restore|welcome|feed|train|explore|measure"
)
OBJECTS = _phrases(
    "young musicians|old buildings|rare birds|families in need|new members|local farmers|"
    "coral reefs|public parks|people of every age|small animals|ancient coins"
)
CONCERNS = _phrases(
    "vital for|essential for|hard for|useful for|a duty of|a habit of|dear to|left to"
)
REASONS = _phrases(
    "the road was flooded|the roof was leaking|prices had doubled|the engine failed|"
    "too few tickets were sold|the bridge was closed|a storm was coming|the permit was late"
)


@dataclass(frozen=True)
class Row:
    """A question on a context; the answer stands there at the offset `answer_start`."""

    source: str
    question: str
    context: str
    answer: str
    answer_start: int


@dataclass(frozen=True)
class Fact:
    """A sentence, and for each of its questions the answer, verbatim from the sentence."""

    sentence: str
    questions: tuple[tuple[str, str], ...]


def _purpose(rng: random.Random) -> str:
    verbs = rng.sample(VERBS, rng.choice((1, 1, 2, 3)))
    listed = verbs[0] if len(verbs) == 1 else f"{', '.join(verbs[:-1])} and {verbs[-1]}"
    return f"to {listed} {rng.choice(OBJECTS)}"


def _fact(rng: random.Random) -> Fact:
    who = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    other = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    city, job, work = rng.choice(CITIES), rng.choice(JOBS), rng.choice(WORKS)
    place, thing, reason = rng.choice(PLACES), rng.choice(THINGS), rng.choice(REASONS)
    year, count = str(rng.randint(1780, 2024)), str(rng.randint(2, 950))
    date = f"{rng.choice(MONTHS)} {rng.randint(1, 28)}, {year}"
    group, purpose = f"{city} {rng.choice(GROUPS)}", _purpose(rng)
    price, concern = f"${rng.randint(2, 900)}", rng.choice(CONCERNS)
    facts = (
        Fact(
            f"{who} was born in {city} in {year}.",
            (
                (f"Where was {who} born?", city),
                (f"When was {who} born?", year),
                (f"Who was born in {city}?", who),
            ),
        ),
        Fact(
            f"On {date}, {who} moved to {city} to work as {job}.",
            (
                (f"When did {who} move to {city}?", date),
                (f"What did {who} work as?", job),
                (f"Where did {who} move?", city),
            ),
        ),
        Fact(
            f"{work[0].upper()}{work[1:]} was made by {who} and shown in {place} in {year}.",
            (
                (f"Who made {work}?", who),
                (f"Where was {work} shown?", place),
                (f"In what year was {work} shown?", year),
            ),
        ),
        Fact(
            f"{who} bought {count} {thing} from {other} for {price} each.",
            (
                (f"How many {thing} did {who} buy?", count),
                (f"What did {who} buy from {other}?", f"{count} {thing}"),
                (f"Who sold {thing} to {who}?", other),
                (f"How much did {who} pay for each of the {thing}?", price),
            ),
        ),
        Fact(
            f"The {group} was founded in {year} by {who}.",
            (
                (f"Who founded the {group}?", who),
                (f"When was the {group} founded?", year),
                (f"What did {who} found?", f"The {group}"),
            ),
        ),
        Fact(
            f"The aim of the {group} is {purpose}.",
            (
                (f"What is the aim of the {group}?", purpose),
                (f"What does the {group} want to do?", purpose),
            ),
        ),
        Fact(
            f"{who} promised {other} {purpose}.",
            (
                (f"What did {who} promise?", purpose),
                (f"Who promised {other} something?", who),
                (f"To whom did {who} promise something?", other),
            ),
        ),
        Fact(
            f"It is {concern} the {group} {purpose}.",
            ((f"What is {concern} the {group}?", purpose),),
        ),
        Fact(
            f"It matters to {who} {purpose}.",
            (
                (f"What matters to {who}?", purpose),
                (f"To whom does it matter {purpose}?", who),
            ),
        ),
        Fact(
            f"The trip to {city} was cancelled because {reason}.",
            (
                (f"Why was the trip to {city} cancelled?", reason),
                ("What was cancelled?", f"The trip to {city}"),
            ),
        ),
        Fact(
            f"About {count} {thing} are kept in {place} of {city}, where {who} looks after them.",
            (
                (f"How many {thing} are kept in {place}?", f"About {count}"),
                (f"Who looks after the {thing} in {city}?", who),
                (f"Where are the {thing} kept?", f"{place} of {city}"),
            ),
        ),
    )
    return rng.choice(facts)


def make_rows(count: int, rng: random.Random) -> list[Row]:
    """Return questions on stories of one to five facts.

    A question is used only when its answer occurs once in the story, so that the right span
    is never in doubt.
    """
    rows: list[Row] = []
    while len(rows) < count:
        facts = [_fact(rng) for _ in range(rng.randint(1, 5))]
        context = " ".join(fact.sentence for fact in facts)
        question, answer = rng.choice(rng.choice(facts).questions)
        if context.count(answer) != 1 or (question == "What was cancelled?" and len(facts) > 1):
            continue
        rows.append(Row("synthetic", question, context, answer, context.index(answer)))
    return rows
