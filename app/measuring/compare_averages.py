"""`evaluate RUN --averages ...`: the score of each average of the weights, side by side."""

from app.errors import UserError
from app.measuring.trials import Trial, run_trials
from app.progress import console
from app.reports.figures import draw_into_run
from app.reports.tables import trials_table
from app.reports.trial_figures import averages_figure
from app.tracking import Mirror
from app.trained import LARGEST_ERROR, LENGTH, PREFERRED, recipe_of
from callbacks.average_reconstruction import coefficients
from callbacks.average_snapshots import snapshots_in

USUAL = (0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25)


def compare_averages(run, options):
    """Scores raw weights, ema, swa and power-function averages of many lengths.

    Leaves in the run: averages.json, averages.csv, figures/averages.png (score against length).

    Args:
        run: a `Run` of kind diffusion.
        options: as in `app.options.Evaluate`.

    Raises:
        UserError: the run has no weights, or a length cannot be made of its snapshots.
    """
    recipe = recipe_of(run)
    names = [name for name in ("raw", *PREFERRED) if _weights(run, name).exists()]
    lengths = asked_lengths(run, options.averages)
    names += [f"{LENGTH}{length:g}" for length in lengths]
    if not names:
        raise UserError(
            f"Run {run.id} ({run.status}) has no weights yet. Finish it with: "
            f"python -m app train --resume {run.name}."
        )
    trials = [Trial(name, recipe.sampling) for name in names]
    rows, _ = run_trials(run, trials, options, "averages")
    stored = sorted({snapshot.sigma_rel for snapshot in snapshots_in(run.folder / "snapshots")})
    if lengths:
        draw_into_run(run, "averages", averages_figure, rows, stored)
    console.print(trials_table(rows, "Averages of the weights"))
    console.print(f"tables and figures: {run.folder} (averages.json, averages.csv)")
    Mirror(run, say=console.print).push(everything=True)
    return rows


def asked_lengths(run, text):
    """The lengths sigma_rel to reconstruct; of "auto" those that the snapshots can give."""
    snapshots = snapshots_in(run.folder / "snapshots")
    if text.strip() == "auto":
        good = (n for n in USUAL if snapshots and coefficients(snapshots, n)[1] <= LARGEST_ERROR)
        return list(good)
    try:
        lengths = list(dict.fromkeys(float(part) for part in text.split(",") if part.strip()))
    except ValueError as error:
        raise UserError(
            "`--averages` takes lengths with commas between them, like 0.05,0.1, or auto. "
            f"Received: {text}."
        ) from error
    if not snapshots:
        raise UserError(
            f"Run {run.id} has no snapshots to make averages of. Train with "
            "--training.power-averages 0.05 0.10, or pass --averages auto for those it has."
        )
    wrong = [n for n in lengths if coefficients(snapshots, n)[1] > LARGEST_ERROR]
    if wrong:
        raise UserError(
            f"An average of length {wrong[0]:g} cannot be made of the snapshots of run {run.id}: "
            f"its shares would be wrong by {coefficients(snapshots, wrong[0])[1]:.0%}, and "
            f"{LARGEST_ERROR:.0%} is the most. Leave it out of `--averages`."
        )
    return lengths


def _weights(run, name):
    """Where the weights of a name are, if they are."""
    return run.folder / "weights" / f"{name}.weights.h5"
