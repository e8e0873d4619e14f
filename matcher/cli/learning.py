"""`matcher simulate` and `train`: how the ranking learns from decisions."""

import sys
from pathlib import Path

import click

from matcher.cli.console import FOUND, console, platform, print_json, say, step, told
from matcher.core.people import SYSTEM
from matcher.engine.encoder import load_encoder
from matcher.engine.simulation import SEEDS, STEPS, Plan, Result, summarise
from matcher.engine.simulation import simulate as run
from matcher.engine.trial import Verdict
from matcher.matching import learn
from matcher.matching.learn_labels import outcome_words
from matcher.settings import Settings


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--seeds", default=SEEDS, show_default=True, type=click.IntRange(1, 100), help="Divisions of the needs.")
@click.option("--steps", default=",".join(map(str, STEPS)), show_default=True, help="Decisions after which to train.")
@click.option("--random-labels", is_flag=True, help="Shuffle the labels: nothing may be adopted then.")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Keep encoded texts in this folder.")
def simulate(
    folders: tuple[Path, ...], as_json: bool, seeds: int, steps: str, random_labels: bool, cache: Path | None
) -> None:
    """Show how the ranking learns when the labels of judged sets play the broker (folders in BEIR layout)."""
    settings = Settings()
    plan = Plan(_steps(steps), seeds, random_labels=random_labels)
    results: list[Result] = []
    with told():
        encoder = load_encoder(settings.encoder, settings.data / "models")
        with step(f"simulating with {encoder.name}"):
            for found in run([folder for folder in folders if folder.is_dir()], encoder, plan, cache):
                results.append(found)
    if as_json:
        print_json({"results": [one.to_json() for one in results], "summary": summarise(results)})
        return
    for row in summarise(results):
        console.print(
            f"{row['set'] + ' / ' + row['queries']:34} {row['decisions']:5} decisions  nDCG@10 {row['ndcg@10']:.3f}  "
            f"formula {row['formula_ndcg@10']:.3f}  {row['gain']:+.1%} ± {row['spread']:.1%}  "
            f"adopted in {row['adopted']} of {row['seeds']}",
            markup=False,
            soft_wrap=True,
        )


def _steps(text: str) -> tuple[int, ...]:
    """Read numbers between commas."""
    try:
        found = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        found = ()
    if not found or found[0] < 0:
        raise click.BadParameter("give numbers of decisions such as 0,50,100", param_hint="--steps")
    return found


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def train(as_json: bool) -> None:
    """Fit the ranking on the decisions and put it to use if it is better (exit code 1 when there are too few)."""
    with platform() as opened:
        uow = opened.uow()
        with uow, step("training on the decisions"):
            done = learn.train(uow, SYSTEM)
        uow.close()
    ready = done.readiness
    if as_json:
        counts = {"decisions": ready.decisions, "accepted": ready.accepted, "missing": ready.missing}
        found = {"verdict": done.trial.verdict.value, "version": done.version, "adopted": done.adopted}
        print_json({**found, **counts, "figures": done.trial.to_json()})
    else:
        console.print(say(outcome_words(done)), markup=False, soft_wrap=True)
    sys.exit(FOUND if done.trial.verdict is Verdict.TOO_FEW else 0)
