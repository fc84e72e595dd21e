"""The command that hands results on to other tools."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from reportgen.cli.app import ResultsFolder, app, end, read_run


class Format(StrEnum):
    """What is written: tables, or documents for those who publish a model or a data set."""

    PARQUET = "parquet"
    CSV = "csv"
    JSON = "json"
    MODEL_CARD = "model-card"
    DATASHEET = "datasheet"
    ANNEX_IV = "annex-iv"


@app.command("export")
def hand_on(
    results: ResultsFolder,
    format: Annotated[Format, typer.Option("--format", help="What to write.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.")],
) -> None:
    """Write a run as tables or as documents.

    parquet, csv, json: its tables. model-card: a section for model cards. datasheet: what it tells
    of its data set. annex-iv: fields of the EU AI Act's technical documentation.
    """
    from reportgen.rendering.wording.numbers import count
    from reportgen.results.export import export

    run = read_run(results)
    if format is Format.MODEL_CARD:
        from reportgen.rendering.markdown.model_card import write_cards

        paths = write_cards(run, out)
    elif format is Format.DATASHEET:
        from reportgen.rendering.markdown.datasheet import write_datasheet

        paths = write_datasheet(run, out)
    elif format is Format.ANNEX_IV:
        from reportgen.rendering.markdown.annex_iv import write_annex_iv

        paths = write_annex_iv(run, out)
    else:
        paths = export(run, out, format.value)  # type: ignore[arg-type]  # one of the others
    print(f"Wrote {count(len(paths), 'file')} to {out}: {', '.join(p.name for p in paths)}.")
    end(run)
