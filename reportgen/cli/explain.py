"""One look at what a model says of a few texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reportgen.cli.app import OutFolder, app
from reportgen.cli.build import build_page, plan_spec


@app.command()
def explain(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Hub id or local folder.")],
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT", help="What the model reads.")
    ] = None,
    question: Annotated[
        str | None, typer.Option("--question", metavar="TEXT", help="Asked about the context.")
    ] = None,
    context: Annotated[
        str | None, typer.Option("--context", metavar="TEXT", help="Where the answer is.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="TEXT", help="What a language model goes on.")
    ] = None,
    methods: Annotated[
        str, typer.Option("--methods", metavar="NAMES", help="Separated by commas.")
    ] = "integrated_gradients,attention,vector_norms",
    task: Annotated[
        str | None, typer.Option("--task", metavar="TASK", help="Default: told by its config.")
    ] = None,
    out: OutFolder = Path("explained"),
) -> None:
    """Explain a few texts without a spec; the one that is used is written beside the page."""
    from reportgen.spec.quick import quick_spec, write_spec

    if (question is None) != (context is None):
        given, missing = (
            ("--context", "--question") if question is None else ("--question", "--context")
        )
        raise typer.BadParameter(f"{given} needs {missing} beside it")
    if not texts and question is None and prompt is None:
        raise typer.BadParameter("give a TEXT, --question and --context, or --prompt")
    names = [name.strip() for name in methods.split(",") if name.strip()]
    about = {"path": model} | ({} if task is None else {"task": task})
    spec = quick_spec(about, texts or (), names, question=question, context=context, prompt=prompt)
    path = write_spec(spec, out)
    print(f"Wrote {path}.")
    build_page(plan_spec(path), out)
