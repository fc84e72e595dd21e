"""Jobs: which there are, what decides their ids, and what they cost."""

from __future__ import annotations

import dataclasses
import json
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from reportgen import jobs as jobs_module
from reportgen import plan as plan_module
from reportgen.cost import AUTO_STEPS, estimate_cost, estimate_tokens
from reportgen.errors import ModelError, ReportgenError, SpecError
from reportgen.jobs import RESULT_FORMAT, job_id, library_version
from reportgen.methods.attention import Attention
from reportgen.methods.attention_attribution import AttentionAttribution
from reportgen.methods.integrated_gradients import IntegratedGradients
from reportgen.methods.layer_conductance import LayerConductance
from reportgen.methods.random_logit import RandomLogit
from reportgen.methods.vector_norms import VectorNorms
from reportgen.plan import Input, Plan, PlanRow, describe_plan, make_plan
from reportgen.results.model import FORMAT
from reportgen.spec import data_file
from reportgen.spec.data_file import KEPT_ROWS
from reportgen.spec.loader import load_spec
from reportgen.spec.models import TASKS, Spec

CONFIG = {"hidden_size": 8, "num_hidden_layers": 2, "intermediate_size": 16}
MODELS = [{"id": "clf", "path": "./clf"}, {"id": "qa", "path": "./qa"}]
TEXT = {"text": "Great."}
QUESTION = {"question": "Who?", "context": "Them."}


def write_model(folder: Path, architecture: str, seed: float = 0, **config) -> None:
    folder.mkdir(exist_ok=True)
    data = {"architectures": [architecture], **CONFIG, **config}
    (folder / "config.json").write_text(json.dumps(data))
    (folder / "tokenizer.json").write_text("{}")
    save_file({"weight": np.full(3, seed, np.float32)}, folder / "model.safetensors")


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path / "clf", "BertForSequenceClassification")
    write_model(tmp_path / "qa", "BertForQuestionAnswering")
    return tmp_path


def plan(folder: Path, **changes) -> Plan:
    data = {"models": MODELS, "inputs": [TEXT, QUESTION], "methods": ["attention"]} | changes
    return make_plan(load_spec(data, base=folder))


def pairs(made: Plan) -> list[tuple[str, int]]:
    return [(job.model.spec.id, job.input.index) for job in made.jobs]


def problems(folder: Path, **changes) -> list[str]:
    with pytest.raises(SpecError) as caught:
        plan(folder, **changes)
    return [str(problem) for problem in caught.value.problems]


def only_id(folder: Path, **changes) -> str:
    """Return the id of the one job of a classifier and a text."""
    (job,) = plan(folder, **({"models": MODELS[:1], "inputs": [TEXT]} | changes)).jobs
    return job.id


def test_a_job_exists_where_an_input_has_what_the_task_needs(folder):
    both = {"id": "clf2", "path": "./clf"}
    made = plan(
        folder,
        models=[*MODELS, both],
        inputs=[TEXT, QUESTION, TEXT | {"text_pair": "Good.", "models": ["clf2"]}],
    )
    assert pairs(made) == [("clf", 0), ("qa", 1), ("clf2", 0), ("clf2", 2)]
    assert [model.task for model in made.models] == [
        "sequence-classification",
        "question-answering",
        "sequence-classification",
    ]


def test_a_plan_carries_what_the_engine_needs(folder):
    made = plan(folder, methods=["vector_norms", "attention"], seed=3)
    job = made.jobs[1]
    assert job.methods == (VectorNorms(), Attention())
    assert job.seed == 3
    assert job.model == made.models[1]
    assert job.model.folder == folder / "qa"
    assert job.model.where == "models[1]"
    assert job.input == made.inputs[1] == Input(1, QUESTION, None, None, "inputs[1]", entry=1)


def test_costly_tests_are_of_the_first_inputs_that_each_model_reads(folder):
    inputs = [
        QUESTION,
        TEXT,
        TEXT | {"models": ["qa"]} | QUESTION,
        {"text": "Bad."},
        {"text": "So."},
    ]
    inputs[2].pop("text")
    methods = ["attention", {"parameter_randomization": {"inputs": 2}}, "numerical_stability"]
    made = plan(folder, inputs=inputs, methods=methods)
    tested = {
        (job.model.spec.id, job.input.index): [method.name for method in job.methods]
        for job in made.jobs
    }
    every = ["attention", "parameter_randomization", "numerical_stability"]
    assert tested == {
        ("clf", 1): every,
        ("clf", 3): every,
        ("clf", 4): ["attention"],
        ("qa", 0): every,
        ("qa", 2): every,
    }


def write_reviews(folder: Path, amount: int) -> dict:
    """Write more reviews than are kept in memory, and return the input that they are."""
    lines = [f"Number {number} is great." for number in range(amount)]
    (folder / "reviews.csv").write_text("\n".join(["review", *lines, ""]))
    return {"file": "reviews.csv", "text": "review"}


def test_a_plan_of_a_large_file_is_the_same_each_time_one_goes_over_it(folder):
    reviews = write_reviews(folder, KEPT_ROWS + 10)
    methods = ["attention", {"parameter_randomization": {"inputs": 2}}]
    twice = [MODELS[0], MODELS[0] | {"id": "again"}]
    made = plan(folder, models=twice, inputs=[TEXT, reviews], methods=methods)
    assert len(made.jobs) == 2 * (KEPT_ROWS + 11)
    first, second = list(made.jobs), list(made.jobs)
    assert first == second == made.jobs
    tested = [pair for pair, job in zip(pairs(made), first, strict=True) if len(job.methods) == 2]
    assert tested == [("clf", 0), ("clf", 1), ("again", 0), ("again", 1)]
    assert first[3].id == job_id(made.models[0], made.inputs[3], [Attention()], 0)
    assert made.jobs[-1] == first[-1]
    assert made.jobs[KEPT_ROWS + 11] == first[KEPT_ROWS + 11]
    assert made.jobs[1:4] == tuple(first[1:4])
    assert dataclasses.replace(made, jobs=made.jobs[:2]).cost == first[0].cost + first[1].cost


def test_the_first_jobs_are_made_without_reading_a_file_to_its_end(folder, monkeypatch):
    made = plan(folder, inputs=[write_reviews(folder, 100_000)], models=MODELS[:1])
    read = []
    real = data_file.as_cells
    monkeypatch.setattr(data_file, "as_cells", lambda *args: read.append(args) or real(*args))
    jobs = iter(made.jobs)
    assert [next(jobs).input.where for _ in range(3)] == [f"reviews.csv:{i}" for i in (2, 3, 4)]
    assert len(read) == 3


def test_files_that_a_model_does_not_read_are_not_opened_for_its_jobs(folder):
    reviews = write_reviews(folder, KEPT_ROWS + 1)
    made = plan(folder, models=MODELS[::-1], inputs=[QUESTION, reviews])
    (folder / "reviews.csv").unlink()
    jobs = iter(made.jobs)
    assert next(jobs).model.spec.id == "qa"
    with pytest.raises(ReportgenError, match="no longer as it was"):
        next(jobs)


def test_a_dry_run_lists_jobs_while_they_are_planned(folder, command, monkeypatch):
    monkeypatch.chdir(folder)
    spec = {"models": MODELS, "inputs": [TEXT, QUESTION], "methods": ["attention"]}
    (folder / "audit.yaml").write_text(json.dumps(spec))
    made = make_plan(load_spec(folder / "audit.yaml"))
    code, printed, _ = command("build", "audit.yaml", "--out", "out", "--dry-run")
    assert code == 0
    first, second, total = printed.splitlines()
    assert first.startswith(f"{made.jobs[0].id}  clf  input 1    about 0.0 GFLOP")
    assert second.startswith(f"{made.jobs[1].id}  qa   input 2    about 0.0 GFLOP")
    assert total == "2 jobs, 2 to run, about 0.0 GFLOP (an estimate)"


def test_an_input_without_the_test_is_not_among_its_first(folder):
    inputs = [TEXT | {"methods": ["attention"]}, {"text": "Bad."}, {"text": "So."}]
    methods = ["attention", {"parameter_randomization": {"inputs": 1}}]
    made = plan(folder, models=MODELS[:1], inputs=inputs, methods=methods)
    assert [len(job.methods) for job in made.jobs] == [1, 2, 1]


def test_how_many_inputs_are_tested_changes_no_id_of_those_that_are(folder):
    inputs = [TEXT, {"text": "Bad."}, {"text": "So."}]

    def ids(**settings) -> list[str]:
        methods = ["attention", {"parameter_randomization": settings}]
        made = plan(folder, models=MODELS[:1], inputs=inputs, methods=methods)
        return [job.id for job in made.jobs]

    plain = [job.id for job in plan(folder, models=MODELS[:1], inputs=inputs).jobs]
    one, two, three = (ids(inputs=count) for count in (1, 2, 3))
    assert two == [*three[:2], plain[2]]
    assert one == [three[0], *plain[1:]]
    assert not set(three) & set(plain)
    assert set(ids(inputs=3, stages=3)).isdisjoint(three)


def test_file_rows_become_jobs_in_place(folder):
    (folder / "reviews.csv").write_text("review\nGood.\nBad.\n")
    made = plan(folder, inputs=[TEXT, {"file": "reviews.csv", "text": "review"}, QUESTION])
    assert pairs(made) == [("clf", 0), ("clf", 1), ("clf", 2), ("qa", 3)]
    assert made.jobs[2].input.where == "reviews.csv:3"


def test_an_empty_cell_is_left_for_the_engine_to_refuse(folder):
    (folder / "reviews.csv").write_text('review\n""\n')
    made = plan(folder, inputs=[{"file": "reviews.csv", "text": "review"}])
    assert [job.input.fields for job in made.jobs] == [{"text": ""}]


def test_an_input_that_fits_no_model_is_explained(folder):
    (folder / "reviews.csv").write_text("review\nGood.\nBad.\n")
    wrong = QUESTION | {"models": ["clf"]}
    rows = {"file": "reviews.csv", "text": "review", "models": ["qa"]}
    assert problems(folder, inputs=[TEXT, wrong, rows]) == [
        "inputs[1]: this input fits no model: it has question and context\n"
        "  clf (sequence-classification) needs text",
        "inputs[2]: this input fits no model: it has text\n"
        "  qa (question-answering) needs question and context",
    ]
    assert problems(folder, models=MODELS[1:], inputs=[TEXT])[0].endswith(
        "qa (question-answering) needs question and context"
    )


def test_problems_of_all_models_and_files_are_reported_together(folder):
    spec = Spec.model_validate(
        {
            "models": MODELS,
            "inputs": [QUESTION, {"file": "reviews.csv", "text": "review"}],
            "methods": ["attention"],
        }
    )
    (folder / "clf" / "config.json").unlink()
    (folder / "clf" / "tokenizer.json").unlink()
    (folder / "qa" / "model.safetensors").unlink()
    with pytest.raises(SpecError) as caught:
        make_plan(spec, folder)
    found = caught.value.problems
    assert [problem.where for problem in found] == [
        "inputs[1]",
        "models[0]",
        "models[0]",
        "models[1]",
    ]
    assert [type(problem) is ModelError for problem in found] == [False, True, True, True]


def test_ids_are_short_hex_and_repeatable(folder):
    first = only_id(folder)
    assert len(first) == 32
    assert int(first, 16) >= 0
    assert only_id(folder) == first


def test_what_changes_no_result_changes_no_id(folder, tmp_path_factory):
    first = only_id(folder)
    assert only_id(folder, title="Another") == first
    assert only_id(folder, slices={"words": ["not"], "lengths": [10]}) == first
    elsewhere = {"id": "renamed", "device": "cpu", "memory": "2GB"}
    assert only_id(folder, models=[MODELS[0] | elsewhere]) == first
    assert only_id(folder, inputs=[TEXT | {"models": ["clf"]}]) == first
    assert plan(folder, models=MODELS[::-1], inputs=[QUESTION, TEXT]).jobs[1].id == first
    moved = tmp_path_factory.mktemp("moved") / "elsewhere"
    (folder / "clf").rename(moved)
    assert only_id(folder, models=[{"id": "clf", "path": str(moved)}]) == first
    methods = ["attention", "vector_norms"]
    models = [{"id": "clf", "path": str(moved)}]
    orders = {only_id(folder, models=models, methods=o) for o in (methods, methods[::-1])}
    assert len(orders) == 1


def test_default_settings_may_be_written_or_not(folder):
    written = [{"integrated_gradients": {"baseline": "auto", "steps": "auto"}}]
    assert only_id(folder, methods=written) == only_id(folder, methods=["integrated_gradients"])


CHANGES = {
    "text": {"inputs": [{"text": "Great!"}]},
    "second text": {"inputs": [TEXT | {"text_pair": "Good."}]},
    "expectation": {"inputs": [TEXT | {"expect": "POSITIVE"}]},
    "seed": {"seed": 1},
    "methods": {"methods": ["attention", "vector_norms"]},
    "settings": {"methods": [{"integrated_gradients": {"steps": 8}}]},
    "other settings": {"methods": [{"integrated_gradients": {"steps": 9}}]},
    "dtype": {"models": [MODELS[0] | {"dtype": "float16"}]},
    "max_length": {"models": [MODELS[0] | {"max_length": 64}]},
    "max_new_tokens": {"models": [MODELS[0] | {"max_new_tokens": 3}]},
    "random head": {"models": [MODELS[0] | {"allow_random_head": True}]},
}


def asked_without(folder: Path, checks: list, **changes) -> list[list[str]]:
    """Return the words that the one job of a classifier and a text is to remove."""
    measure = {"methods": ["faithfulness"]}
    found = plan(
        folder, **{"models": MODELS[:1], "inputs": [TEXT]} | measure | changes, checks=checks
    )
    (job,) = found.jobs
    (method,) = job.methods
    return method.without


def test_words_that_checks_name_are_removed_where_the_text_has_them(folder):
    he = {"stable_without": {"words": ["she", "GREAT!", "he"]}}
    assert asked_without(folder, [he]) == [["great"]]
    assert asked_without(folder, [he], inputs=[{"text": "“He” and She: great"}]) == [
        ["great", "he", "she"]
    ]
    assert asked_without(folder, [{"flips_without": {"words": ["zebra"]}}]) == []
    assert asked_without(folder, [{"prediction": {"equals": "great"}}]) == []


def test_words_to_remove_are_each_set_once_in_an_order_of_their_own(folder):
    text = {"inputs": [{"text": "He is a great, good man."}]}
    checks = [
        {"flips_without": {"words": ["great"]}},
        {"stable_without": {"words": ["man", "he"]}},
        {"stable_without": {"words": ["he", "man", "she"]}},
        {"stable_without": {"words": ["Good"]}},
    ]
    given = {"methods": [{"faithfulness": {"without": [["Good"], ["zebra"]]}}]}
    found = asked_without(folder, checks, **text | given)
    assert found == [["Good"], ["zebra"], ["great"], ["he", "man"]]
    assert asked_without(folder, checks[::-1], **text | given) == found


def test_words_beside_an_id_of_no_token_and_in_other_scripts_are_found(folder):
    check = [{"flips_without": {"words": ["great", "très"]}}]
    for text, found in [
        ("<id 7> great", ["great"]),
        ("Un film TRE\N{COMBINING GRAVE ACCENT}S\u2028Great!", ["great", "très"]),
        ("greatly, (great-er)", []),
    ]:
        asked = asked_without(folder, check, inputs=[{"text": text}])
        assert asked == ([found] if found else [])


def test_words_are_removed_for_the_checks_of_a_model_a_group_and_an_input(folder):
    check = {"flips_without": {"words": ["great"]}}
    inputs = [
        TEXT | {"group": "a"},
        {"text": "A great film.", "checks": [{"flips_without": {"words": ["film"]}}]},
    ]
    for changes, asked in [
        ({}, [[["great"]], [["film"], ["great"]]]),
        ({"group": "a"}, [[["great"]], [["film"]]]),
        ({"models": ["qa"]}, [[], [["film"]]]),
        ({"models": ["clf"]}, [[["great"]], [["film"], ["great"]]]),
    ]:
        settings = {"flips_without": check["flips_without"] | changes}
        made = plan(folder, inputs=inputs, methods=["faithfulness"], checks=[settings])
        assert [job.methods[0].without for job in made.jobs] == asked


def test_only_inputs_that_have_the_words_get_another_id(folder):
    inputs = [TEXT, {"text": "Dull."}]
    options = {"inputs": inputs, "methods": ["faithfulness", "attention"], "models": MODELS[:1]}
    before = [job.id for job in plan(folder, **options).jobs]
    checks = [{"stable_without": {"words": ["great"]}}]
    after = [job.id for job in plan(folder, **options, checks=checks).jobs]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]


def test_what_can_change_a_result_changes_the_id(folder):
    ids = [only_id(folder), *(only_id(folder, **changes) for changes in CHANGES.values())]
    assert len(set(ids)) == len(ids)


def test_other_model_files_make_another_id(folder):
    ids = [only_id(folder)]
    write_model(folder / "clf", "BertForSequenceClassification", seed=1)
    ids.append(only_id(folder))
    write_model(folder / "clf", "BertForSequenceClassification", seed=1, hidden_act="relu")
    ids.append(only_id(folder))
    (folder / "clf" / "tokenizer.json").write_text('{"lowercase": true}')
    ids.append(only_id(folder))
    assert len(set(ids)) == len(ids)


def test_another_task_makes_another_id(folder):
    made = plan(folder)
    other = dataclasses.replace(made.models[0], task="question-answering")
    ids = {job_id(model, made.inputs[0], [Attention()], 0) for model in (made.models[0], other)}
    assert len(ids) == 2
    assert made.jobs[0].id in ids


@pytest.mark.parametrize("part", ["__version__", "RESULT_FORMAT"])
def test_other_code_makes_another_id(folder, monkeypatch, part):
    before = only_id(folder)
    monkeypatch.setattr(jobs_module, part, "9.9")
    assert only_id(folder) != before


@pytest.mark.parametrize("library", ["torch", "transformers", "tokenizers", "numpy"])
def test_other_library_versions_make_another_id(folder, monkeypatch, library):
    before, real = only_id(folder), library_version
    monkeypatch.setattr(
        jobs_module, "library_version", lambda name: "0.0" if name == library else real(name)
    )
    assert only_id(folder) != before


def test_versions_of_libraries_are_looked_up_once_for_all_jobs(folder, monkeypatch):
    real, asked = metadata.version, []
    monkeypatch.setattr(metadata, "version", lambda name: asked.append(name) or real(name))
    library_version.cache_clear()
    made = plan(folder, inputs=[{"text": f"Number {i}."} for i in range(5)])
    assert len({job.id for job in made.jobs}) == 5
    assert sorted(asked) == ["numpy", "tokenizers", "torch", "transformers"]


def test_the_format_in_ids_is_that_of_the_result_files():
    assert RESULT_FORMAT == FORMAT


def test_weights_used_twice_are_hashed_once(folder, monkeypatch):
    hashed = []
    real = plan_module.hash_files
    monkeypatch.setattr(plan_module, "hash_files", lambda f: hashed.append(f) or real(f))
    twice = {"id": "again", "path": "clf/../clf", "dtype": "float16"}
    first, _, again = plan(folder, models=[*MODELS, twice]).models
    assert first.weights_sha256 == again.weights_sha256
    assert len(hashed) == 4  # weights and the rest, of two folders


def test_the_spec_hash_is_that_of_what_is_asked(folder):
    assert plan(folder).spec_sha256 == plan(folder).spec_sha256
    assert plan(folder).spec_sha256 != plan(folder, title="Another").spec_sha256


def test_the_cost_formula_by_hand(folder):
    (job,) = plan(folder, models=MODELS[:1], inputs=[{"text": "x" * 32}]).jobs
    # 32 characters are 8 tokens and 2 special ones; width 8, inner 16, 2 layers.
    forward = 2 * (2 * 10 * (4 * 8 * 8 + 2 * 8 * 16) + 4 * 10 * 10 * 8)
    assert estimate_tokens(job.input) == 10
    assert job.cost == forward

    def cost(task: str, *methods) -> float:
        return estimate_cost(task, None, CONFIG, job.input, list(methods)) / forward

    steps = IntegratedGradients(steps=20)
    assert cost("sequence-classification", Attention(), VectorNorms()) == 2
    assert cost("sequence-classification", steps) == 20 * 2
    assert cost("question-answering", steps, Attention()) == 20 * 3 + 1
    assert cost("sequence-classification", IntegratedGradients()) == AUTO_STEPS * 2


def test_methods_on_one_path_cost_one_sweep(folder):
    (job,) = plan(folder, models=MODELS[:1], inputs=[{"text": "x" * 32}]).jobs

    def cost(*methods) -> float:
        return estimate_cost(job.model.task, None, CONFIG, job.input, list(methods))

    steps = IntegratedGradients(steps=20)
    alone = cost(steps)
    assert cost(steps, LayerConductance(steps=20), AttentionAttribution(steps=20)) == alone
    assert cost(steps, LayerConductance(steps=10)) == alone * 1.5
    assert cost(IntegratedGradients(steps=20, normalize="sum"), LayerConductance(steps=20)) == alone
    assert cost(IntegratedGradients(steps=20, interpolate="embeddings"), steps) == alone * 2
    forward = cost(Attention())
    assert cost(steps, RandomLogit()) == alone + 20 * forward + forward


def test_each_stage_of_random_weights_costs_the_methods_again(folder):
    (attention,) = plan(folder, models=MODELS[:1], inputs=[TEXT]).jobs
    methods = ["attention", {"parameter_randomization": {"stages": 4}}]
    (tested,) = plan(folder, models=MODELS[:1], inputs=[TEXT], methods=methods).jobs
    assert tested.cost == pytest.approx(5 * attention.cost)


def test_each_sample_of_noise_costs_the_methods_again(folder):
    def cost(*methods) -> float:
        (job,) = plan(folder, models=MODELS[:1], inputs=[TEXT], methods=list(methods)).jobs
        return job.cost

    one, two = (
        cost("attention", "occlusion", {"numerical_stability": {"samples": samples}})
        for samples in (10, 20)
    )
    both = cost("attention", "numerical_stability") - cost("attention")
    assert two - one == pytest.approx(10 * (both - 6 * cost("attention")) / 10)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_cost(folder, task):
    (job,) = plan(folder, models=MODELS[:1], inputs=[TEXT]).jobs
    one, two = (
        estimate_cost(task, None, CONFIG, job.input, [IntegratedGradients(steps=steps)])
        for steps in (20, 40)
    )
    assert 0 < one == two / 2


def test_each_task_takes_the_inputs_with_its_fields(folder):
    tasks = {
        "ner": "BertForTokenClassification",
        "fill": "BertForMaskedLM",
        "gpt": "GPT2LMHeadModel",
        "t5": "T5ForConditionalGeneration",
    }
    for name, architecture in tasks.items():
        write_model(folder / name, architecture, is_encoder_decoder=name == "t5")
    inputs = [TEXT, {"prompt": "Once"}, {"source": "Hello", "target_text": "Hallo"}, QUESTION]
    models = [{"id": name, "path": f"./{name}"} for name in tasks]
    made = plan(folder, models=[*models, MODELS[1]], inputs=inputs)
    assert pairs(made) == [("ner", 0), ("fill", 0), ("gpt", 1), ("t5", 2), ("qa", 3)]
    assert made.jobs[3].input.fields == {"source": "Hello", "target_text": "Hallo"}
    assert problems(folder, models=models[2:3], inputs=[{"prompt": "Once"}, TEXT]) == [
        "inputs[1]: this input fits no model: it has text\n"
        "  gpt (causal-lm) needs prompt or messages"
    ]


def test_the_cost_stops_growing_where_inputs_are_truncated(folder):
    write_model(folder / "clf", "BertForSequenceClassification", max_position_embeddings=16)

    def cost(length: int, **settings) -> float:
        models = [MODELS[0] | settings]
        return plan(folder, models=models, inputs=[{"text": "x" * length}]).cost

    assert cost(40) < cost(400) == cost(4000)
    assert cost(400, max_length=8) < cost(400)


def test_dimensions_by_other_names_count(folder):
    (job,) = plan(folder, models=MODELS[:1], inputs=[TEXT]).jobs
    task = job.model.task
    for config in (
        {"dim": 8, "n_layers": 2, "hidden_dim": 16},
        {"n_embd": 8, "n_layer": 2, "n_inner": 16},
        {"d_model": 8, "num_layers": 2, "d_ff": 16},
        {"d_model": 8, "encoder_layers": 2, "encoder_ffn_dim": 16},
    ):
        assert estimate_cost(task, None, config, job.input, [Attention()]) == job.cost
    gpt = {"n_embd": 8, "n_layer": 2, "n_inner": None}
    assert estimate_cost(task, None, gpt, job.input, [Attention()]) > job.cost
    assert estimate_cost(task, None, {}, job.input, [Attention()]) > job.cost


def test_texts_of_other_scripts_count_each_character():
    assert estimate_tokens(Input(0, {"text": "電影很好看"}, None, None, "")) == 7


def test_a_plan_can_be_shown_with_what_is_stored(folder):
    made = plan(folder)
    first, second = made.jobs
    assert made.cost == first.cost + second.cost
    assert list(describe_plan(made, has={second.id}.__contains__)) == [
        PlanRow("clf", 0, "inputs[0]", first.id, first.cost, stored=False),
        PlanRow("qa", 1, "inputs[1]", second.id, second.cost, stored=True),
    ]
    assert [row.stored for row in describe_plan(made)] == [False, False]


def test_base_can_be_given(folder, tmp_path_factory):
    data = {"models": [{"id": "m", "path": "org/clf"}], "inputs": [TEXT], "methods": ["attention"]}
    spec = load_spec(data)
    (folder / "org").mkdir()
    (folder / "clf").rename(folder / "org" / "clf")
    assert make_plan(spec, folder).models[0].folder == folder / "org" / "clf"
