"""What an earlier run found of the same subjects: what of it a new result can take over."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.jobs import Job, finding_ids, subject_id
from reportgen.methods import FirstInputs, RemovalSettings, Settings, known, random_logit
from reportgen.methods.faithfulness import Faithfulness
from reportgen.results.model import JobResult, Manifest


class Earlier:
    """The results of earlier runs by their subjects: model, input, seed and versions.

    Of several runs, whatever their specs are, the last one that has a subject counts.
    """

    def __init__(self, *runs: Manifest | None) -> None:
        self.results: dict[str, str] = {}
        for run in runs:
            for entry in run.jobs if run else ():
                if entry.subject and entry.status == "done":
                    self.results[entry.subject] = entry.id

    def find(self, job: Job) -> str | None:
        """Return the id of a result of the job's own subject, whatever methods it is by.

        One of scores alone has not the maps that other methods are compared with.
        """
        if job.keep != "all":
            return None
        return self.results.get(subject_id(job.model, job.input, job.seed))


def reusable(methods: Sequence[Settings], result: JobResult) -> frozenset[str]:
    """Return those of a job's methods of which an earlier result has what a new one would.

    Those that were asked with the same settings and did not fail, but for what others need of
    them: the random-logit test and the removal games also ask the methods that they are about, and
    the sanity tests, which only a model's first inputs have, ask all of them.
    """
    asked = finding_ids(methods)
    same = {n for n, found in asked.items() if n in result.asked and result.asked[n].id == found}
    anew = [method for method in methods if method.name not in same]
    if result.status != "done" or any(isinstance(method, FirstInputs) for method in anew):
        return frozenset()
    if any(isinstance(method, Faithfulness) for method in anew):
        # The game counts the sets of words that it asks about, and shares them with these.
        same -= {m.name for m in methods if isinstance(m, RemovalSettings)}
    test = random_logit.METHOD.name
    if test in asked and test in result.asked:
        same.add(test)  # its rows are each of one method
    elif test in asked:
        same -= {name for name in asked if known(name).explains_target}
    return frozenset(same)
