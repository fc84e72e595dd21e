"""What a report may say of files: their names, and nothing of the machine that they are on.

Results and pages are handed on. An absolute path in them would tell whose machine they come from,
and what else lies there.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

from reportgen.methods import get

OPTION = re.compile(r"(--[\w-]+=|-\w)?(.*)", re.S)
"""A word of a command: the option that a value is attached to, and the value."""

FOLDERS = ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV")
"""Variables that name folders which libraries read or write; a message names the variable."""

SOMEONES_HOME = re.compile(r"([A-Za-z]:)?[\\/]+(home|Users)[\\/]+[^\\/]+[\\/]*")

PART = r"[^\s'\"`:;,<>|()\[\]{}*?\\/]+"
"""Part of a path in a text; it may end with the full stop of the sentence."""

ANY = "|".join(
    (
        rf"/{PART}(?:/+{PART})+/*",
        rf"~[\w.-]*(?:[\\/]+{PART})+[\\/]*",
        rf"[A-Za-z]:[\\/]+{PART}(?:[\\/]+{PART})*[\\/]*",
        rf"\\\\{PART}(?:\\+{PART})+\\*",
    )
)
"""An absolute path anywhere in a text. A single part, as in ``/s``, may be anything else."""

START = r"/|~[\w.-]*[\\/]|[A-Za-z]:[\\/]|\\\\\w"
URL = r"(?!file:)[A-Za-z][A-Za-z0-9+.-]{0,30}://(?!/)\S+"
FILE = r"(?:file:(?://(?:localhost)?)?(?=[\\/]))?"
ALONE = r"(?<![\w./~\\-])"
END = r"(?![\w-]|\.\w)"
"""What stands before a path, and after a known folder: nothing by which a longer name goes on."""

SINGLE = re.compile(r"/[^/]*")
GROUPS = ("quote", "quoted", "known", "rest", "other")


def shown_path(path: str, base: Path | None = None) -> str:
    """Return ``path`` of a spec as results and pages name it.

    A relative path is left as it was written. Of an absolute one, or one with ``~``, the way from
    ``base``, the spec's folder, is shown where it leads down, else only the last name.
    """
    if not path.startswith(("/", "~")) and not PureWindowsPath(path).is_absolute():
        return path
    below = None if base is None else way_down(path, base)
    return last_name(path) if below is None else below


def shown_model(path: str, base: Path | None = None) -> str:
    """Return a model's ``path`` as results and pages name it; no folder is shown as a Hub id."""
    name = shown_path(path, base)
    return f"./{name}" if name != path and name.count("/") == 1 else name


def shown_spec(spec: Mapping[str, Any], base: Path | None = None) -> dict[str, Any]:
    """Return the data of a spec with every path in it as results and pages name it."""

    def named(part: dict[str, Any], key: str, name: Any = shown_path) -> dict[str, Any]:
        return part | {key: name(part[key], base)} if part.get(key) else part

    def entry_named(part: dict[str, Any]) -> dict[str, Any]:
        fill = {
            slot: named(values, "file") if isinstance(values, dict) else values
            for slot, values in (part.get("fill") or {}).items()
        }
        return named(part, "file") | ({"fill": fill} if fill else {})

    found = dict(spec)
    if spec.get("models"):
        found["models"] = [
            named(named(part, "path", shown_model), "adapter") for part in spec["models"]
        ]
    if spec.get("inputs"):
        found["inputs"] = [entry_named(part) for part in spec["inputs"]]
    if spec.get("methods"):
        found["methods"] = [
            {name: shown_settings(name, values, base) for name, values in part.items()}
            if isinstance(part, dict)
            else part
            for part in spec["methods"]
        ]
    if spec.get("report"):
        found["report"] = named(named(spec["report"], "templates"), "logo")
    return found


def shown_settings(method: str, settings: Any, base: Path | None = None) -> Any:
    """Return the settings of a method with the files in them as results and pages name them."""
    known = get(method)
    if known is None or not isinstance(settings, dict):
        return settings
    found = dict(settings)
    for name in known.settings.paths:
        if isinstance(value := found.get(name), list):
            found[name] = [shown_path(one, base) for one in value]
        elif value:
            found[name] = shown_path(value, base)
    return found


def shown_command(words: Sequence[str], base: Path) -> str:
    """Return the command line of ``words`` with the paths in it as ``shown_path`` has them."""
    found = (OPTION.fullmatch(word) for word in words)  # which any word does
    pairs = (match.groups(default="") for match in found if match)
    line = shlex.join(["reportgen", *(option + shown_path(value, base) for option, value in pairs)])
    # Names of files may be bytes that are no text, which no file of results can hold.
    return line.encode("utf-8", "replace").decode()


def hide_folders(text: str, named: Mapping[Path, str]) -> str:
    """Return a message, our own or a library's, without the folders of this machine.

    ``named`` maps folders to what they are called instead; of any other absolute path the last
    name is kept. Web addresses stay. Not for texts of the user's: ``/a/b`` may be a label.
    """
    known = known_folders(named)
    folders = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    pattern = (
        rf"{URL}|(?P<quote>['\"`]){FILE}(?P<quoted>(?:{START})[^'\"`\n]*)(?P=quote)"
        rf"|{ALONE}{FILE}(?P<known>{folders}){END}(?P<rest>(?:[\\/]+(?:{PART})?)*)"
        rf"|{ALONE}{FILE}(?P<other>{ANY})"
    )
    whole = re.compile(rf"({folders})((?:[\\/].*)?)", re.S)

    def instead(folder: str, rest: str) -> str:
        name, tells_way = known[folder]
        if tells_way or not rest.strip("\\/"):
            return name + re.sub(r"[\\/]+", "/", rest)
        return last_name(rest)

    def shown(found: re.Match[str]) -> str:
        quote, quoted, folder, rest, other = found.group(*GROUPS)
        if quoted is not None:
            inside = whole.fullmatch(quoted)
            if inside is None:
                return quote + (quoted if SINGLE.fullmatch(quoted) else last_name(quoted)) + quote
            return quote + instead(*inside.groups()) + quote
        if folder is not None:
            return instead(folder, rest)
        return found.group() if other is None else last_name(other)

    return re.sub(pattern, shown, text)


def known_folders(named: Mapping[Path, str]) -> dict[str, tuple[str, bool]]:
    """Return folders as a message may write them, with what to call them.

    The flag tells whether the way from there may be told. Folders that are known are found whole,
    also where there are spaces in their names.
    """
    home = home_folder()
    places = [(Path(sys.prefix), "Python", False), (Path(), ".", False)]
    places += [(Path(os.environ[name]), name, False) for name in FOLDERS if os.environ.get(name)]
    places += [(folder, name, True) for folder, name in named.items()]
    found = {}
    for folder, name, tells_way in (*places, (home, "~", False)):
        forms = {os.path.abspath(folder), str(folder.resolve())}
        if len(folder.parts) > 1:  # a single word may be any word of a message
            forms.add(str(folder))
        for form in forms:
            # Where all homes are, the way leads through someone's name; a root is no folder.
            if Path(form) not in home.parents:
                found[form] = found[form.replace("\\", "\\\\")] = name, tells_way
    return found


def way_down(path: str, base: Path) -> str | None:
    """Return the way from ``base`` to what lies below it, links followed or not."""
    try:
        full = Path(path).expanduser()
    except RuntimeError:  # the home folder of nobody, "~name/"
        return None
    homes = home_folder().resolve().parents
    for there, here in (
        (Path(os.path.abspath(full)), Path(os.path.abspath(base))),
        (full.resolve(), base.resolve()),
    ):
        # From the root, or from where all homes are, the way leads through someone's name.
        if there.is_relative_to(here) and here.resolve() not in homes:
            return there.relative_to(here).as_posix()
    return None


def last_name(path: str) -> str:
    """Return the last part of an absolute path; of a home folder, whose it is not."""
    names = [name for name in re.split(r"[\\/]+", path) if name]
    if not names:
        return path
    is_home = SOMEONES_HOME.fullmatch(path) or path.rstrip("/") == str(home_folder())
    return "~" if is_home or (len(names) == 1 and names[0].startswith("~")) else names[-1]


def home_folder() -> Path:
    """Return the user's home folder; a user without one, as in a container, has the root's."""
    home = Path(os.path.expanduser("~"))
    return home if home.is_absolute() else Path("/root")
