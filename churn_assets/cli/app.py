"""The commands; each imports what it needs when it is called, so that `--help` answers at once."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from churn_assets.errors import ChurnAssetsError

app = typer.Typer(
    help="Predicts which listeners of a music service are about to leave, and says why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
models = typer.Typer(help="The champion, the challenger and the decisions about them.", invoke_without_command=True)
app.add_typer(models, name="model")
lists = typer.Typer(help="Whom to call, and what calling did.", invoke_without_command=True)
app.add_typer(lists, name="retention")


def main() -> None:
    """Run the command line; a deliberate error is told in its own words, without a stack trace."""
    from pydantic import ValidationError

    try:
        app()
    except ChurnAssetsError as error:
        _give_up(str(error))
    except ValidationError as error:
        from churn_assets.settings import refusal

        _give_up(refusal(error))


def _give_up(message: str) -> None:
    typer.secho(f"churn-assets: {message}", fg="red", err=True)
    sys.exit(1)


@app.command()
def run(
    until: Annotated[
        Literal["days", "features", "models", "scores", "lists", "reports"],
        typer.Option(help="The last stage to materialise."),
    ] = "reports",
) -> None:
    """Materialise every day and cut-off that is possible and not done yet, then train, score, list and report."""
    from churn_assets.cli.run import run_everything
    from churn_assets.settings import Settings

    run_everything(Settings(), until=until)


@app.command()
def status(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name every partition, not only the spans.")] = False,
) -> None:
    """Say what is materialised, what is stale, what is missing, and why."""
    from churn_assets.cli.status import show_status
    from churn_assets.settings import Settings

    show_status(Settings(), is_verbose=verbose)


@app.command()
def retrain(
    why: Annotated[str, typer.Option(help="Why; it is kept with the decision.")] = "Asked for on the command line.",
) -> None:
    """Retrain now, whatever the cool-down says: a challenger is trained, compared, and promoted if it is better."""
    from churn_assets.cli.retrain import retrain as retrain_now
    from churn_assets.settings import Settings

    retrain_now(Settings(), why=why)


@app.command()
def decisions() -> None:
    """Show every decision whether to retrain: what set it off, what was seen, and what came of it."""
    from churn_assets.cli.retrain import show_decisions
    from churn_assets.settings import Settings

    show_decisions(Settings())


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; needs CHURN_API_KEYS beyond loopback.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; they share port and store.")] = None,
) -> None:
    """Serve predictions over HTTP."""
    from churn_assets.cli.serve import serve_api
    from churn_assets.settings import Settings

    given: dict[str, Any] = {"api_host": host, "api_port": port, "api_workers": workers}
    serve_api(Settings(**{name: value for name, value in given.items() if value is not None}))


@app.command()
def stores(
    copy_from: Annotated[
        Path | None, typer.Option(help="A home whose SQLite stores are copied into the PostgreSQL of the settings.")
    ] = None,
) -> None:
    """Say where Dagster's history, MLflow and the prediction store are; make what is missing there."""
    from churn_assets.cli.stores import copy_stores, show_stores
    from churn_assets.settings import Settings

    settings = Settings()
    if copy_from is not None:
        copy_stores(settings, copy_from)
    show_stores(settings)


@models.callback()
def model(context: typer.Context) -> None:
    """Show champion, challenger and the history of promotions."""
    if context.invoked_subcommand is None:
        from churn_assets.cli.model import show_models
        from churn_assets.settings import Settings

        show_models(Settings())


@models.command()
def rollback(
    reason: Annotated[str, typer.Option(help="Why; it is kept with the history.")] = "asked for on the command line",
) -> None:
    """Put the previous champion back."""
    from churn_assets.cli.model import roll_back
    from churn_assets.settings import Settings

    roll_back(Settings(), reason=reason)


@models.command()
def card(
    version: Annotated[str, typer.Argument(help="A version number, `champion` or `challenger`.")] = "champion",
) -> None:
    """Print the model card of a version."""
    from churn_assets.cli.model import show_card
    from churn_assets.settings import Settings

    show_card(Settings(), version)


@lists.callback()
def retention(
    context: typer.Context,
    cutoff: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The newest one if not given.")] = None,
    budget: Annotated[float | None, typer.Option(min=0, help="Money for all calls, other than the settings'.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write the list to: .csv or .parquet.")] = None,
    calls_only: Annotated[bool, typer.Option("--calls-only", help="Leave hold-outs out of the file.")] = False,
) -> None:
    """Show whom to call at a cut-off, and write the list to a file; the terms are settings, CHURN_RETENTION_*."""
    if context.invoked_subcommand is None:
        from churn_assets.cli.retention import Order, show_list
        from churn_assets.settings import Settings

        show_list(Settings(), Order(cutoff and cutoff.date(), budget, out, calls_only))


@lists.command()
def effect(
    campaign: Annotated[str | None, typer.Option(help="That of the settings if not given.")] = None,
) -> None:
    """Show what calling did: those called beside those held out, once labels are mature."""
    from churn_assets.cli.retention import show_effect
    from churn_assets.settings import Settings

    show_effect(Settings(), campaign)


@app.command()
def trace(
    user: Annotated[str | None, typer.Argument(help="The listener; with a request id, which of its listeners.")] = None,
    cutoff: Annotated[
        str | None, typer.Option(help="Cut-off of the score, such as 2026-01-31; the newest if not given.")
    ] = None,
    request: Annotated[str | None, typer.Option(help="Id of an answer of the API.")] = None,
    every: Annotated[bool, typer.Option("--every-line", help="Name every log line, however many there are.")] = False,
) -> None:
    """Follow a prediction back to model, features, daily aggregates, and the lines of the log files it came from."""
    from churn_assets.cli.trace import show_trace
    from churn_assets.settings import Settings

    show_trace(Settings(), {"user": user, "cutoff": cutoff, "request_id": request}, is_whole=every)


@app.command()
def forget(
    user: Annotated[str | None, typer.Argument(help="The listener: `userId` of the log.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish what was interrupted, whoever it was about.")
    ] = False,
) -> None:
    """Remove a listener from everything that is kept: files, tables, predictions, models, reports, histories."""
    from churn_assets.cli.forget import forget_listener
    from churn_assets.settings import Settings

    forget_listener(Settings(), user, is_agreed=yes, is_resumed=resume)


@app.command()
def simulate(
    listeners: Annotated[int, typer.Option(min=1, help="Listeners on the first day.")] = 2_000,
    days: Annotated[
        int | None, typer.Option(min=1, help="Days of logs; all of the settings' days if not given.")
    ] = None,
    first_day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First UTC day.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same logs.")] = None,
) -> None:
    """Write the logs of a simulated service into the landing folder, and its truth beside it."""
    from churn_assets.cli.simulate import simulate_logs, world_of
    from churn_assets.settings import Settings

    settings = Settings()
    start: date = first_day.date() if first_day else settings.first_day
    simulate_logs(settings, world_of(settings, listeners=listeners, days=days, first_day=start, seed=seed))


@app.command()
def demo() -> None:
    """Simulate 150 days of 2,000 listeners, materialise everything, and show who is at risk."""
    from churn_assets.cli.demo import run_demo
    from churn_assets.settings import Settings

    run_demo(Settings())


@app.command()
def demo_drift() -> None:
    """Change the simulated world half-way, and watch reports, sensors and retrainings mend the model."""
    from churn_assets.cli.demo_drift import run_demo_drift
    from churn_assets.settings import Settings

    run_demo_drift(Settings())


@app.command()
def summary() -> None:
    """Show what went in, how good the champion is, and who is most at risk."""
    from churn_assets.cli.simulate import truth_folder
    from churn_assets.cli.summary import show_summary
    from churn_assets.settings import Settings

    settings = Settings()
    show_summary(settings, truth_folder(settings) / "truth.parquet")


@app.command()
def docs(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the pages are up to date.")] = False,
) -> None:
    """Regenerate the generated pages of `docs/`."""
    from churn_assets.cli.docs import check_docs, write_docs

    if check:
        check_docs()
    else:
        write_docs()
