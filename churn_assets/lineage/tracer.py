"""Follows a prediction back: a score through the tables of the lake, an answer of the API through the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from churn_assets import __version__
from churn_assets.errors import ArtifactError, FingerprintError, RegistryError
from churn_assets.features.tables import USER_FEATURES
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.lineage.chain import COLUMNS, DAILY, Chain
from churn_assets.lineage.lines import Span, days_in, events_of, known_lines, lines_of, sent_events
from churn_assets.lineage.materialisation import EventLog
from churn_assets.lineage.said import Said, answered, of_answer, scored
from churn_assets.lineage.trace import Trace
from churn_assets.lineage.trained import Trained, made_again, trained
from churn_assets.registry.registry import ModelRegistry

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.serving.prediction import Prediction

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tracer:
    """Where everything is: lake, models, event log, and the days of a lookback, the first of the log on."""

    lake: Lake
    registry: ModelRegistry
    lookback_days: int
    first_day: date
    log: EventLog

    def score(self, user: str, cutoff: date | None) -> Trace:
        """The trace of a batch score; LineageError if there is none."""
        said = scored(self.lake, user, cutoff)
        key, span = said.cutoff.date().isoformat(), self._span(said)
        events = events_of(self.lake, user, span)
        days = days_in(events)
        lines, chain = lines_of(self.lake, user, days), Chain(key, days).table(self.log)
        row = read_frame(self.lake.find(USER_FEATURES, [key]), user_id=user).drop(columns=["user_id", "cutoff"])
        features = _values(row.iloc[0].to_dict() if len(row) else {})
        known = self._known(said, features)
        return Trace(
            prediction=said,
            model=known.model,
            span=span,
            features=features,
            made_again=known.made_again,
            aggregates={c.table: read_frame(self.lake.find(c, days), user_id=user) for c in DAILY},
            events=events,
            lines=lines,
            materialisations=chain,
            code_version=__version__,
            notes=(*known.notes, *_notes_on_tables(chain), *_notes_on_lines(events, lines)),
        )

    def answer(self, predictions: "Sequence[Prediction]", request_id: str, user: str | None) -> Trace:
        """The trace of an answer of the API, given every prediction of its request; LineageError if there is none."""
        import pandas as pd

        prediction = answered(predictions, request_id, user)
        said = of_answer(prediction)
        span = self._span(said)
        events = sent_events(prediction.logs, span)
        features, lines = _values(prediction.features), known_lines(self.lake, events)
        known = self._known(said, features)
        return Trace(
            prediction=said,
            model=known.model,
            span=span,
            features=features,
            made_again=known.made_again,
            aggregates={},
            events=events,
            lines=lines,
            materialisations=pd.DataFrame(columns=list(COLUMNS)),
            code_version=__version__,
            notes=(*known.notes, *_notes_on_sent(prediction, events, lines)),
        )

    def _span(self, said: Said) -> Span:
        cutoff = said.cutoff.date()
        return Span(max(self.first_day, cutoff - timedelta(days=self.lookback_days)), cutoff - ONE_DAY)

    def _known(self, said: Said, features: "pd.Series") -> "_Known":
        """The model, what it says of the features today, and what must be known of it; or why it cannot be asked."""
        try:
            model = trained(self.registry, said.model_version, said.user_id, self.log)
        except (RegistryError, ArtifactError) as error:
            return _Known(None, None, (f"The model cannot be told of. {error}",))
        try:
            again = made_again(model, said, features)
        except FingerprintError as error:
            return _Known(model, None, (*_notes_on_model(said, model), f"It cannot be made again. {error}"))
        return _Known(model, again, tuple(_notes_on_model(said, model)))


class _Known(NamedTuple):
    """What is known of the model behind a prediction."""

    model: Trained | None
    made_again: float | None
    notes: tuple[str, ...]


def _values(features: Mapping[Any, Any]) -> "pd.Series":
    import pandas as pd

    return pd.Series(dict(features), dtype=object, name="value")


def _notes_on_model(said: Said, model: Trained) -> Iterator[str]:
    if said.cutoff.date() < model.version.last_label_day and said.origin == "score":
        yield (
            f"In-sample: the model learned from labels up to {model.version.last_label_day}, so this score of "
            f"{said.cutoff.date()} says nothing of its quality."
        )
    if model.training_set is not None and not model.is_training_set_there:
        yield "The lake's training set was made again since; the rows that the model saw are kept with the model."


def _notes_on_tables(chain: "pd.DataFrame") -> Iterator[str]:
    changed = chain[chain["as_used"].eq(False)]
    for table, rows in changed.groupby("table", sort=False):
        keys = sorted(rows["partition"])
        which = keys[0] if len(keys) == 1 else f"{len(keys)} partitions from {keys[0]} to {keys[-1]}"
        yield f"{table} holds other rows than when this was made ({which}): what is shown of it is what it holds now."


def _notes_on_lines(events: "pd.DataFrame", lines: "pd.DataFrame") -> Iterator[str]:
    used = int(lines["is_used"].sum())
    if used != len(events):
        yield f"{len(events)} events, but {used} lines that they came from: raw_logs was made again since events were."


def _notes_on_sent(prediction: "Prediction", events: "pd.DataFrame", lines: "pd.DataFrame") -> Iterator[str]:
    unseen = prediction.events - len(events)
    if unseen:
        yield f"{unseen} of {prediction.events} events that were sent lie outside of the days that it could see."
    copies = int(events.duplicated(["user_id", "session_id", "item_in_session", "ts", "page"]).sum())
    if copies:
        yield f"{copies} of the events that were sent are copies of others, which count once."
    lacking = len(events) - copies - int(lines["is_used"].sum())
    if lacking:
        yield f"{lacking} of the events that were sent stand in no log file that was ingested, in the store alone."
    if prediction.knowledge < 1:
        yield f"So little was known that a prior was blended in: {prediction.knowledge:.0%} is the model's own word."
