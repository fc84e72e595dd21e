"""Chats: messages that a model reads through its tokenizer's template, each a segment."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from reportgen.engine.models.loaded_model import load
from reportgen.errors import InputError
from reportgen.results.tables import Results
from reportgen.spec.chat import as_text
from tiny_models import plan_model

TEMPLATE = (
    "{% for m in messages %}{{ '<s>' + m.role + '\n' + m.content | trim + '</s>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant\n' }}{% endif %}"
)
SYSTEM = "{% if messages[0].role != 'system' %}{{ '<s>be good</s>\n' }}{% endif %}"
USER = {"role": "user", "content": "the movie was"}
CHAT = [
    {"role": "system", "content": "not bad"},
    USER,
    {"role": "assistant", "content": "great ."},
    {"role": "user", "content": "really ?"},
]


@pytest.fixture(scope="session")
def chats(tiny, tmp_path_factory):
    """Make a tiny language model's folder with a chat template."""

    def make(template=TEMPLATE):
        folder = tmp_path_factory.mktemp("chats") / "model"
        shutil.copytree(tiny("llama", "causal-lm"), folder)
        if template:
            (folder / "chat_template.jinja").write_text(template)
        return folder

    return make


@pytest.fixture(scope="session")
def chatting(chats):
    return load(plan_model(chats(), "causal-lm", max_new_tokens=3))


def messages(*found, **more):
    return {"messages": as_text(list(found)), **more}


def read(model, *found, **more):
    return model.task.read(model, messages(*found, **more))


def text_of(encoding, segment):
    return [token.text for token in encoding.tokens if token.segment == segment]


def test_the_model_reads_what_the_template_writes(chatting):
    tokenizer = chatting.tokenizer
    encoding = chatting.task.encode(tokenizer, messages(*CHAT), 64)
    text = tokenizer.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True)
    assert encoding.ids.tolist() == tokenizer(text, add_special_tokens=False)["input_ids"]
    assert list(encoding.segments) == ["system", "user", "assistant", "user 2"]
    for name, message in zip(encoding.segments, CHAT, strict=True):
        assert encoding.segments[name] == message["content"]
        assert "".join(message["content"].split()) == "".join(text_of(encoding, name))
    outside = [token.text for token in encoding.tokens if token.special]
    assert outside.count("<s>") == 5
    assert "".join(outside[-10:]).endswith("assistant\n")
    assert all(token.start is None for token in encoding.tokens if token.special)


def test_words_are_those_of_the_messages_alone(chatting):
    encoding = read(chatting, *CHAT, continuation="great")
    assert [(word.text, word.segment) for word in encoding.words if word.segment != "user"] == [
        *(("not", "system"), ("bad", "system")),
        *(("great", "assistant"), (".", "assistant")),
        *(("really", "user 2"), ("?", "user 2")),
        ("great", "continuation"),
    ]


def test_a_message_that_says_what_the_template_says_is_told_apart(chatting):
    encoding = read(chatting, {"role": "user", "content": "user"}, continuation="great")
    place, *_ = encoding.positions("user")
    before = "".join(token.text for token in encoding.tokens[:place])
    assert before == "<s>user\n"
    assert "".join(text_of(encoding, "user")) == "user"


def test_a_message_that_the_template_trims_keeps_its_characters_places(chatting):
    encoding = read(chatting, {"role": "user", "content": "  the movie\n"}, continuation="great")
    for token in encoding.tokens:
        if token.segment == "user":
            assert "  the movie\n"[token.start : token.end] == token.text


def test_a_system_message_of_the_template_is_special(chats):
    model = load(plan_model(chats(SYSTEM + TEMPLATE), "causal-lm"))
    encoding = model.task.encode(model.tokenizer, messages(USER), 64)
    assert list(encoding.segments) == ["user"]
    assert "be good" in "".join(token.text for token in encoding.tokens if token.special)


@torch.no_grad()
def test_the_answer_is_written_greedily_behind_the_template(chatting):
    encoding = read(chatting, USER)
    before = chatting.task.encode(chatting.tokenizer, messages(USER), 64)
    ids = encoding.ids.tolist()
    assert ids[: len(before)] == before.ids.tolist()
    logits = chatting.forward([encoding]).logits[0]
    for position in range(len(before), len(ids)):
        assert logits[position - 1].argmax() == ids[position]
    assert encoding.generated == {"continuation": encoding.segments["continuation"]}


def refuse(chats, template, *found, max_length=64):
    model = load(plan_model(chats(template), "causal-lm"))
    with pytest.raises(InputError) as caught:
        model.task.encode(model.tokenizer, messages(*found), max_length)
    return caught.value


def test_what_cannot_be_read_is_told(chats):
    error = refuse(chats, None, USER)
    assert str(error) == (
        "the model's tokenizer has no chat template, so it reads no messages\n"
        "  give the text as prompt"
    )
    error = refuse(chats, "{{ raise_exception('no system role') }}", *CHAT)
    assert error.message == "the chat template refuses the messages: no system role"
    error = refuse(chats, "{{ '<s>' + messages[-1].content }}", *CHAT)
    assert error.message.startswith("the chat template does not write the messages as they are")
    error = refuse(chats, "{% if %}", USER)
    assert error.message.startswith("the chat template refuses the messages: ")
    error = refuse(chats, TEMPLATE, *CHAT, max_length=20)
    assert "of which the model reads 20" in error.message
    assert error.hint == "leave out the first ones, or let fewer tokens be written: max_new_tokens"


def test_a_chat_is_built_from_a_spec_and_a_jsonl_file(command, chats, tmp_path):
    (tmp_path / "chats.jsonl").write_text(json.dumps({"chat": CHAT, "answer": "great"}) + "\n")
    spec = {
        "models": [{"id": "tiny", "path": str(chats()), "device": "cpu", "max_new_tokens": 2}],
        "inputs": [
            {"messages": [USER]},
            {"file": "chats.jsonl", "messages": "chat", "continuation": "answer"},
        ],
        "methods": ["attention"],
    }
    path = tmp_path / "audit.yaml"
    path.write_text(json.dumps(spec))
    code, _, errors = command("build", path, "--out", tmp_path / "out")
    assert (code, errors) == (0, "")
    results = Results(tmp_path / "out")
    assert [result.status for _, result in results.entries] == ["done", "done"]
    assert list(results.entries[0][1].texts) == ["user", "continuation"]
    second = results.entries[1][1]
    roles = {"system", "user", "assistant", "user 2", "continuation"}
    assert {word.segment for word in second.words} == roles
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for role in ("System", "User", "Assistant", "User 2"):
        assert f'<p class="tag">{role}</p>' in page
    before = {entry.id for entry, _ in results.entries}
    spec["inputs"][0]["messages"] = CHAT
    path.write_text(json.dumps(spec))
    assert command("build", path, "--out", tmp_path / "out")[0] == 0
    after = {entry.id for entry, _ in Results(tmp_path / "out").entries}
    assert len(before & after) == 1


def test_a_template_that_changes_is_another_tokenizer(command, chats, tmp_path):
    folder = chats()
    spec = {
        "models": [{"id": "tiny", "path": str(folder), "device": "cpu"}],
        "inputs": [{"messages": [USER]}],
        "methods": ["attention"],
    }
    (tmp_path / "audit.yaml").write_text(json.dumps(spec))
    ids = []
    for template in (TEMPLATE, SYSTEM + TEMPLATE):
        (folder / "chat_template.jinja").write_text(template)
        code, printed, _ = command("build", tmp_path / "audit.yaml", "--out", tmp_path, "--dry-run")
        assert code == 0
        ids.append(printed.split()[0])
    assert ids[0] != ids[1]
