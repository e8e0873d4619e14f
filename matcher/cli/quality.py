"""`matcher evaluate`: retrieval figures on judged sets, through the engine's own path."""

from pathlib import Path

import click

from matcher.cli.console import console, print_json, step, told
from matcher.engine.encoder import load_encoder
from matcher.engine.evaluation import evaluate as run
from matcher.settings import Settings


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--run",
    "run_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write TREC run lines of the stage `engine`.",
)
@click.option("--depth", default=100, show_default=True, type=click.IntRange(1, 10_000), help="Depth of the run lines.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a Markdown report with examples of failures.",
)
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Keep encoded texts in this folder.")
def evaluate(
    folders: tuple[Path, ...], as_json: bool, run_file: Path | None, depth: int, report: Path | None, cache: Path | None
) -> None:
    """Measure retrieval quality on folders in BEIR layout (files beside them are passed over)."""
    settings = Settings()
    with told():
        encoder = load_encoder(settings.encoder, settings.data / "models")
        with step(f"evaluating with {encoder.name}"):
            found = run([folder for folder in folders if folder.is_dir()], encoder, depth=depth, cache=cache)
    if run_file:
        run_file.write_text("".join(f"{line}\n" for line in found.run_lines()), "utf-8")
    if report:
        report.write_text(found.to_markdown(), "utf-8")
    if as_json:
        print_json(found.to_json())
    else:
        console.print(found.to_markdown(), markup=False, soft_wrap=True)
