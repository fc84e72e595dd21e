"""Representations of all inputs, as observations have them."""

from __future__ import annotations

import numpy as np

import fake_audit
import fakes
from reportgen.results.dataset.observations import observe
from reportgen.results.tables import Results


def test_every_input_has_its_own_vector_in_half_precision(tmp_path):
    results = Results(fake_audit.audited(tmp_path, 12, width=8))
    found = observe(results).inputs()["fake"]
    assert found.vectors.shape == (12, 8)
    assert found.vectors.dtype == np.float16
    stored = [results.store.read_array(r.job, "representation") for _, r in results.entries]
    assert np.array_equal(found.vectors, np.stack(stored).astype(np.float16))


def test_where_one_input_has_none_there_are_none(tmp_path):
    fake_audit.audited(tmp_path, 12, width=8)
    results = Results(tmp_path)
    store = results.store
    pairs = [
        (r, {name: store.read_array(r.job, name) for name in store.array_names(r.job)})
        for _, r in results.entries
    ]
    other = fakes.classified("One more film.", fakes.job_id("other"), position=12)
    found = observe(Results(fakes.write_run(tmp_path / "more", [*pairs, other]))).inputs()["fake"]
    assert len(found) == 13
    assert found.vectors is None
