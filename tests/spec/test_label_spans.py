"""Labels of words to entities: as seqeval's default mode reads them."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.spec.entities import entity_kind, spans


def read(labels):
    return [(span.kind, span.first, span.last) for span in spans(labels.split())]


@pytest.mark.parametrize(("label", "kind"), [("B-PER", "PER"), ("O", "O"), ("X-ray", "X-ray")])
def test_labels_lose_their_place_only(label, kind):
    assert entity_kind(label) == kind


@pytest.mark.parametrize(
    ("labels", "entities"),
    [
        ("", []),
        ("O O", []),
        ("B-PER I-PER O B-LOC", [("PER", 0, 1), ("LOC", 3, 3)]),
        ("B-PER B-PER", [("PER", 0, 0), ("PER", 1, 1)]),
        ("I-PER I-PER O I-PER", [("PER", 0, 1), ("PER", 3, 3)]),
        ("B-PER I-LOC I-LOC", [("PER", 0, 0), ("LOC", 1, 2)]),
        ("B-PER I-PER E-PER S-PER", [("PER", 0, 2), ("PER", 3, 3)]),
        ("E-PER I-PER", [("PER", 0, 0), ("PER", 1, 1)]),
        ("E-PER E-PER", [("PER", 0, 0), ("PER", 1, 1)]),
        ("I-PER E-PER", [("PER", 0, 1)]),
        ("S-PER I-PER", [("PER", 0, 0), ("PER", 1, 1)]),
        ("B-PER I-PER L-PER U-PER", [("PER", 0, 2), ("PER", 3, 3)]),
        ("PER PER O LOC PER", [("PER", 0, 1), ("LOC", 3, 3), ("PER", 4, 4)]),
        ("ORG Other", [("ORG", 0, 0), ("Other", 1, 1)]),
        ("B-A-B I-A-B I-A", [("A-B", 0, 1), ("A", 2, 2)]),
    ],
)
def test_entities_of_labels(labels, entities):
    assert read(labels) == entities


def conlleval(labels):
    """Read entities by the rules that seqeval documents: where one may begin, where one ends."""
    places = [(label[0], label[2:]) for label in labels]
    found, start = [], None
    for i, ((tag, kind), (before, previous)) in enumerate(
        zip([*places, ("O", "")], [("O", ""), *places], strict=True)
    ):
        ends = (
            before in "ES"
            or (before in "BI" and tag in "BSO")
            or (before != "O" and previous != kind)
        )
        begins = (
            tag in "BS" or (before in "ESO" and tag in "EI") or (tag != "O" and previous != kind)
        )
        if ends and start is not None:
            found.append((previous, start, i - 1))
            start = None
        if begins:
            start = i
    return found


SCHEMES = {
    "BIO": ["O", *(f"{place}-{kind}" for place in "BI" for kind in ("PER", "LOC"))],
    "BIOES": ["O", *(f"{place}-{kind}" for place in "BIES" for kind in ("PER", "LOC"))],
}


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_any_labels_are_read_as_seqeval_does(scheme, data):
    labels = data.draw(st.lists(st.sampled_from(SCHEMES[scheme]), max_size=12))
    found = [(span.kind, span.first, span.last) for span in spans(labels)]
    assert found == conlleval(labels)
    bilou = [label.replace("E-", "L-").replace("S-", "U-") for label in labels]
    assert [(span.kind, span.first, span.last) for span in spans(bilou)] == found


@given(st.lists(st.sampled_from(["O", "PER", "LOC", "E-mail", "B", "Other"]), max_size=12))
def test_a_run_of_equal_plain_labels_is_one_entity(labels):
    plain = [label.replace("E-mail", "Email") for label in labels]
    runs, at = [], 0
    for label, members in groupby(plain):
        length = len(list(members))
        if label != "O":
            runs.append((label, at, at + length - 1))
        at += length
    assert [(span.kind, span.first, span.last) for span in spans(plain)] == runs
