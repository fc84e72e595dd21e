"""What a page says, recomputed from the tables of its run."""

from __future__ import annotations

from reportgen.results.tables import Results
from statements.agreement import check_agreement
from statements.answer import check_answer
from statements.dom import Node
from statements.facts import Facts, Job
from statements.faithful import check_faithful
from statements.fillings import check_fillings
from statements.head_effects import check_head_effects
from statements.head_statistics import check_head_statistics
from statements.influence import check_influence, check_training
from statements.judged import expected, lead
from statements.maps import check_maps
from statements.overview import Overview
from statements.parts import check_parts
from statements.performance import check_performance
from statements.rationales import check_over_inputs, check_rationale
from statements.regions import check_regions
from statements.removals import check_removals
from statements.rivals import Rivals
from statements.robustness import check_over_all, check_robustness
from statements.rows import check_rows
from statements.sanity import check_sanity
from statements.slices import check_slices
from statements.stands_out import check_findings
from statements.trust import check_trust, check_unreliable
from statements.words import check_words
from statements.written import Ledger, Part, T, plain


def check_page(page: Node, results: Results) -> list[str]:
    """Return what a single-file page says that its run does not, or that no rule knows."""
    facts, ledger = Facts(results), Ledger()
    check_first(ledger, facts, page)
    cards, rivals = page.all("article.card"), Rivals(ledger, facts)
    ledger.holds(len(cards) == len(facts.keys), page, f"has not {len(facts.keys)} inputs")
    for card, key in zip(cards, facts.keys, strict=False):
        check_card(ledger, facts.jobs[key], card)
        rivals.card(facts.jobs[key], card)
    return ledger.problems + ledger.left(page.one("body"))


def check_first(ledger: Ledger, facts: Facts, page: Node) -> None:
    """Check what stands before the inputs."""
    Overview(ledger, facts, page).check()
    for section in page.all("section.overview"):
        name = section.attrs["aria-labelledby"]
        if name == "rivals-title":
            Rivals(ledger, facts).overview(section)
        elif name in OF_SAMPLE:
            OF_SAMPLE[name](ledger, Facts(facts.results, fillings=False), section)
        elif name in OVER_ALL:
            OVER_ALL[name](ledger, facts, section)


OF_SAMPLE = {
    "findings-title": check_findings,
    "performance-title": check_performance,
    "slices-title": check_slices,
    "words-title": check_words,
    "heads-title": check_head_statistics,
    "robustness-title": check_over_all,
    "regions-title": check_regions,
    "influence-title": check_training,
}
"""What checks a section about all inputs but the fillings of templates, by its heading's id."""

OVER_ALL = {
    "fillings-title": check_fillings,
    "believe-title": check_faithful,
    "rationales-title": check_over_inputs,
}
"""What checks a section about all inputs, by the id of its heading."""


def check_card(ledger: Ledger, job: Job, card: Node) -> None:
    header = card.one("> header")
    about = (" · expected ", T(expected(job))) if job.result.expect is not None else ()
    ledger.says(header.one("> p.tag"), "#", job.number, " · ", T(job.model), *about)
    heading(ledger, job, header.one("h2"))
    neighbours(ledger, job, header)
    for parts in card.all("nav.parts"):
        ledger.tells(parts, "aria-label", "Parts of input ", job.number)
    if job.result.status == "error":
        check_error(ledger, job, card.one("div.problem"))
        return
    for node in card.all("div.problem"):
        check_unreliable(ledger, job, node)
    check_answer(ledger, job, card.one("div.answer"))
    if job.result.removals:
        check_removals(ledger, job, card)
    check_rows(ledger, job, card)
    check_parts(ledger, job, card)
    check_head_effects(ledger, job, card)
    check_maps(ledger, job, card)
    for section in card.all("section"):
        if section.attrs.get("id", "").endswith("-agreement"):
            check_agreement(ledger, job, section)
        elif section.attrs.get("id", "").endswith("-rationale"):
            check_rationale(ledger, job, section)
        elif section.attrs.get("id", "").endswith("-sanity"):
            check_sanity(ledger, job, section)
        elif section.attrs.get("id", "").endswith("-robustness"):
            check_robustness(ledger, job, section)
        elif section.attrs.get("id", "").endswith("-influence"):
            check_influence(ledger, job, section)
    check_trust(ledger, job, card.one("section.trust"))


def check_error(ledger: Ledger, job: Job, problem: Node) -> None:
    """Why there is nothing of an input is what is stored."""
    error = job.result.error
    texts = (error.message, error.hint, error.where)
    for node in problem.all("> p")[1:]:
        ledger.holds(node.text in map(plain, texts), node, "is not why it failed")
        ledger.quotes(node)


def heading(ledger: Ledger, job: Job, node: Node) -> None:
    """What an input is called is a piece of its own text."""
    text = plain(node.raw).lstrip("…")
    own = [plain(text) for text in job.texts.values()]
    known = any(text in one for one in own) or text in ("(empty)", "(text not known)")
    ledger.holds(known, node, "is no text of this input")
    ledger.quotes(node)


def neighbours(ledger: Ledger, job: Job, header: Node) -> None:
    """The way to the inputs before and after, and what other models say about this one."""
    keys = job.facts.keys
    place = keys.index(job.key)
    for link in header.all("p.turn > a"):
        step = -1 if link.attrs["rel"] == "prev" else 1
        ledger.says(link, "…#", keys[place + step][1] + 1, "…")
        ledger.told.add((id(link), "title"))
    others = [
        job.facts.jobs[key]
        for key in keys
        if key != job.key
        and key[1] == job.key[1]
        and job.facts.jobs[key].result.task == job.result.task
    ]
    for node in header.all("p.others"):
        parts: list[Part] = ["…"]
        for other in others:
            parts += ["; "] * (len(parts) > 1) + [T(other.model), " …", *said(other)]
        ledger.says(node, *parts, ".")


def said(job: Job) -> tuple[Part, ...]:
    p = job.facts.predictions.get(job.key)
    if p is None:
        return ("…",)
    label = () if job.result.given else (T(lead(job)[:79] + "…" * (len(lead(job)) > 80)), "…")
    if p["probability"] is None:
        return label
    several = p["per_token"] is not None and len(job.prediction.steps) > 1
    each = (" (", p["per_token"], " per token)") if several else ()
    return (*label, "…", p["probability"], *each, "…")
