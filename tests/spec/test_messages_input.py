"""``messages:`` of an input: what is accepted, and every way to write it wrong."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from reportgen.errors import SpecError
from reportgen.spec.inputs import expand_inputs
from reportgen.spec.loader import load_spec

USER = {"role": "user", "content": "Who came?"}


def write(folder, entry, *, template=None, config=None, task="LlamaForCausalLM"):
    model = folder / "model"
    model.mkdir(exist_ok=True)
    (model / "config.json").write_text(json.dumps({"architectures": [task]}))
    if template is not None:
        (model / "chat_template.jinja").write_text(template)
    (model / "tokenizer_config.json").write_text(json.dumps(config or {}))
    spec = {
        "models": [{"id": "chatty", "path": "./model"}],
        "inputs": [entry],
        "methods": ["attention"],
    }
    path = folder / "audit.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return path


def problems(*args, **kwargs):
    with pytest.raises(SpecError) as caught:
        load_spec(write(*args, **kwargs))
    return [str(problem) for problem in caught.value.problems]


def test_messages_are_one_field_of_an_input(tmp_path):
    spec = load_spec(write(tmp_path, {"messages": [USER], "continuation": "Ada."}, template="x"))
    (found,) = expand_inputs(spec, tmp_path)
    assert list(found.fields) == ["messages", "continuation"]
    assert json.loads(found.fields["messages"]) == [USER]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"messages": []}, ".messages: expected at least one entry, found an empty list"),
        (
            {"messages": [{"role": "bot", "content": "Hi"}]},
            ".messages[0].role: expected 'system', 'user' or 'assistant', found 'bot'",
        ),
        (
            {"messages": [{"role": "User", "content": "Hi"}]},
            ".messages[0].role: expected 'system', 'user' or 'assistant', found 'User'\n"
            "  did you mean 'user'?",
        ),
        (
            {"messages": [{"role": "user"}]},
            ".messages[0]: the key 'content' is missing",
        ),
        (
            {"messages": [USER | {"name": "Ada"}]},
            ".messages[0]: unknown key 'name'\n  known keys: role, content",
        ),
        (
            {"messages": [USER | {"content": ""}]},
            ".messages[0].content: expected some text, found empty text",
        ),
        (
            {"messages": "Who came?"},
            ".messages: expected a list, found 'Who came?'\n"
            "  start each entry on a line of its own with '- '",
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": "Ada."}]},
            ".messages: the last message is the assistant's: nothing is left to answer\n"
            "  give an answer that is to be explained as continuation",
        ),
        (
            {"messages": [USER], "prompt": "Who"},
            ": prompt and messages are two different inputs\n  start a new entry with '- '",
        ),
        (
            {"continuation": "Ada."},
            ": continuation needs prompt or messages beside it\n"
            "  add the key 'prompt' or 'messages'",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, entry, expected):
    (found,) = problems(tmp_path, entry, template="x")
    place, _, rest = found.partition(" inputs[0]")
    assert re.fullmatch(r".*audit\.yaml:\d+:\d+", place)
    assert rest == expected


def test_a_model_without_a_template_is_refused_where_its_files_are_here(tmp_path, command):
    path = write(tmp_path, {"messages": [USER]})
    code, _, errors = command("validate", path)
    assert code == 1
    assert errors == (
        f"error: {path}:6:3 inputs[0].messages: chatty has no chat template, so it reads no "
        "messages\n"
        "  give the text as prompt, or add the model's chat_template.jinja to its folder\n"
    )
    load_spec(write(tmp_path, {"messages": [USER]}, config={"chat_template": "{{ messages }}"}))
    load_spec(write(tmp_path, {"messages": [USER]}, template="{{ messages }}"))
    load_spec(write(tmp_path, {"prompt": "Who"}))


def test_only_language_models_read_messages(tmp_path, command):
    path = write(tmp_path, {"messages": [USER]}, task="BertForMaskedLM")
    code, _, errors = command("build", path, "--out", tmp_path / "out")
    assert code == 1
    assert "weights" in errors  # the model has none: whether inputs fit is told with it


def rows(folder, *cells, name="chats.jsonl"):
    (folder / name).write_text("".join(f"{json.dumps(cell)}\n" for cell in cells))
    return {"file": name, "messages": "chat"}


def test_rows_of_a_jsonl_file_hold_messages(tmp_path):
    entry = rows(tmp_path, {"chat": [USER]}, {"chat": [{"role": "system", "content": "é"}, USER]})
    found = expand_inputs(load_spec(write(tmp_path, entry, template="x")), tmp_path)
    assert [json.loads(one.fields["messages"])[-1] for one in found] == [USER, USER]
    assert found[1].where == "chats.jsonl:2"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (
            "Who came?",
            "column 'chat': expected a list, found 'Who came?'\n"
            '  a list of {"role": "user", "content": "..."}, in jsonl',
        ),
        (
            None,
            "column 'chat': expected a list, found nothing\n"
            '  a list of {"role": "user", "content": "..."}, in jsonl',
        ),
        (
            [USER, {"role": "bot", "content": "Ada."}],
            "column 'chat', message 2, role: expected 'system', 'user' or 'assistant', found 'bot'",
        ),
        (
            [{"role": "user", "content": "\ud83d"}],
            "column 'chat' holds half a character (a lone surrogate)\n"
            "  write the character itself, or both its halves: \\ud83d\\udc4d",
        ),
    ],
)
def test_a_row_that_holds_none_is_told_with_its_line(tmp_path, cell, expected):
    entry = rows(tmp_path, {"chat": [USER]}, {"chat": cell})
    assert problems(tmp_path, entry, template="x") == [f"chats.jsonl:2: {expected}"]


def test_a_csv_file_cannot_hold_messages(tmp_path):
    (tmp_path / "chats.csv").write_text("chat\nWho came?\n")
    (found,) = problems(tmp_path, {"file": "chats.csv", "messages": "chat"}, template="x")
    assert found.endswith("in jsonl")
