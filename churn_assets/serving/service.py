"""Everything a worker holds: champion, store, lake, data clock, counts; and how a request becomes a kept answer."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar
from uuid import uuid4

import msgspec
from anyio import to_thread

from churn_assets.cutoffs import SECOND, epoch_ms
from churn_assets.errors import LakeUnreachableError
from churn_assets.features.batch import Horizon
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.lake.lake import Lake
from churn_assets.registry.notice import Notice
from churn_assets.registry.registry import ModelRegistry
from churn_assets.registry.tracking import tracking_below
from churn_assets.scoring.bands import RiskBands
from churn_assets.serving import answer
from churn_assets.serving.answer import HealthAnswer
from churn_assets.serving.body import MEGABYTE
from churn_assets.serving.champion import Champion
from churn_assets.serving.champions import Champions
from churn_assets.serving.documentation import EVENT_EXAMPLE
from churn_assets.serving.metrics import Metrics
from churn_assets.serving.prediction import Answered
from churn_assets.serving.predictor import Moment, Policy, predict
from churn_assets.serving.problem import Kind, refused
from churn_assets.serving.request import Asked, Limits, read_ordinary, read_request, require_one_listener
from churn_assets.serving.scores import landed_until
from churn_assets.serving.store import PredictionStore, open_store
from churn_assets.settings import Settings

INLINE_BYTES = 1 << 20
"""A smaller body is worked on where it was read: handing it to a thread and back costs more than it frees."""
INLINE_WORK = 20
"""So many listeners without reasons cost about what one with reasons does; more are worked on in a thread."""
POLL_S = 2.0
LOGGER = logging.getLogger("churn_assets.serving")

EXAMPLE = msgspec.json.encode({"logs": [EVENT_EXAMPLE], "explain": True})

T = TypeVar("T")


@dataclass
class Service:
    """One worker's share of the API; `refresh` is called now and then, `answered` for every request."""

    settings: Settings
    store: PredictionStore
    champions: Champions
    lake: Lake
    metrics: Metrics
    clock: int | None = None
    clock_trouble: str | None = None
    is_following: bool = True
    in_flight: int = 0
    bytes_in_flight: int = 0
    stamp: int | None = None
    """What the home's notice of promotions was when the champion was looked up last."""
    policy: Policy = field(init=False)
    limits: Limits = field(init=False)
    notice: Notice = field(init=False)
    """Where this home tells of promotions."""
    _refreshing: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        told = self.settings
        horizon = Horizon(told.lookback_days, epoch_ms(told.first_day))
        bands = RiskBands(medium=told.medium_risk, high=told.high_risk)
        self.policy = Policy(horizon, told.at_risk_days, bands)
        self.limits = Limits(told.api_events, told.api_listeners)
        self.notice = Notice.of(self.champions.registry.tracking)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """The service of these settings, with its champion if there is one; StoreError if the store cannot be used."""
        registry = ModelRegistry(tracking_below(settings.mlflow_home, settings.tracking_url))
        champions = Champions(registry, CATALOGUE.schema(settings.lookback_days))
        if settings.prediction_store_url.startswith("sqlite"):
            settings.home.mkdir(parents=True, exist_ok=True)
        store = open_store(settings.prediction_store_url)
        service = cls(settings, store, champions, Lake.of(settings), Metrics.fresh())
        service.refresh()
        service.warm_up()
        return service

    def warm_up(self) -> None:
        """Answer the documented example once, keeping nothing: libraries load and compile much at first use."""
        if self.champions.current is not None:
            asked = read_request(EXAMPLE, {}, route="", limits=self.limits)
            moment = Moment(self.clock, now=0)
            made = predict(asked, "", champion=self.champion(), policy=self.policy, moment=moment)
            answer.single(made[0])

    def refresh(self) -> None:
        """Follow the champion alias and the data clock."""
        champions = self.champions
        self.stamp = self.notice.stamp()  # looked at first: what moves from here on is news
        before, failures = champions.current, champions.failures
        known = champions.trouble
        champions.refresh(time.monotonic())
        if champions.trouble not in (None, known):
            LOGGER.warning(champions.trouble)
        self.metrics.show(champions, before=None if before is None else before.version, failures=failures)
        self._read_clock()

    def _read_clock(self) -> None:
        """Follow the data clock; it stays where it is while the log's newest day cannot be read."""
        from pyarrow import ArrowException

        try:
            self.clock, self.clock_trouble = landed_until(self.lake), None
        except (OSError, ArrowException, LakeUnreachableError) as error:
            trouble = f"How far the log has landed cannot be read ({type(error).__name__}): the data clock stays."
            if trouble != self.clock_trouble:
                LOGGER.warning(trouble)
            self.clock_trouble = trouble

    async def keep_fresh(self) -> None:
        """Refresh for ever, beside the requests."""
        while True:
            await asyncio.sleep(POLL_S)
            async with self._refreshing:
                await to_thread.run_sync(self.refresh)

    async def follow_promotion(self) -> None:
        """Wait for the champion that was promoted in this home since the last look, if one was."""
        if self.notice.stamp() == self.stamp:
            return
        async with self._refreshing:
            if self.notice.stamp() != self.stamp:
                await to_thread.run_sync(self.refresh)

    def note_end(self, following: "asyncio.Task[None]") -> None:
        """Log that `keep_fresh` has ended, which only a defect of ours makes it do; readiness shows it."""
        if not following.cancelled() and (error := following.exception()) is not None:
            self.is_following = False
            LOGGER.error("Champion and data clock are followed no more.", exc_info=error)

    def health(self) -> HealthAnswer:
        """Whether predictions can be made and kept, and what is wrong; as anybody may read it."""
        current, kept = self.champions.current, self.store.trouble
        troubles = self._troubles()
        is_lost = current is None or (kept is not None and kept.is_lost)
        return HealthAnswer(
            status="unavailable" if is_lost else "degraded" if troubles else "ok",
            model_version=None if current is None else current.version,
            data_clock=None if self.clock is None else answer.iso(self.clock),
            trouble=" ".join(troubles) or None,
        )

    def _troubles(self) -> list[str]:
        kept = self.store.trouble
        ended = None if self.is_following else "Champion and data clock are followed no more: start the server again."
        told = (self.champions.open_trouble, None if kept is None else kept.words, self.clock_trouble, ended)
        return [trouble for trouble in told if trouble]

    def close(self) -> None:
        """Store what still waits, and let go."""
        self.store.close()
        self.metrics.close()

    def champion(self) -> Champion:
        """The model that answers now; ProblemError if there is none."""
        if self.champions.current is None:
            why = self.champions.trouble or "No model has been promoted yet: run `churn-assets run`."
            raise refused(Kind.NO_MODEL, why, Retry_After="10")
        return self.champions.current

    @contextmanager
    def room(self) -> Iterator[Callable[[int], None]]:
        """A place among the requests that are worked on at once; ProblemError if all are taken.

        What it gives claims bytes of memory for the request's body: ProblemError if all requests have too many.
        """
        if self.in_flight >= self.settings.api_requests:
            detail = f"{self.settings.api_requests} requests are being worked on: ask again in a moment."
            raise refused(Kind.TOO_MANY_REQUESTS, detail, Retry_After="1")
        claimed = 0

        def claim(size: int) -> None:
            nonlocal claimed
            if self.bytes_in_flight + size > self.settings.api_in_flight_mb * MEGABYTE:
                detail = "Requests of too many bytes are being worked on: ask again in a moment."
                raise refused(Kind.TOO_MANY_REQUESTS, detail, Retry_After="1")
            claimed += size
            self.bytes_in_flight += size

        self.in_flight += 1
        self.metrics.in_flight.inc()
        try:
            yield claim
        finally:
            self.bytes_in_flight -= claimed
            self.in_flight -= 1
            self.metrics.in_flight.dec()

    async def answered(self, body: bytes, told: Mapping[str, str], *, is_batch: bool) -> tuple[Answered, Asked]:
        """The answer to a request, once it is durable; the earlier one if the request was answered before.

        With it comes what was read, which takes a while to forget: let go of it when nobody waits any more.
        """
        await self.follow_promotion()
        is_small = len(body) < INLINE_BYTES
        asked = self._read(read_ordinary, body, told, is_batch=is_batch) if is_small else None
        if asked is None:
            asked = await to_thread.run_sync(lambda: self._read(read_request, body, told, is_batch=is_batch))
        assert asked is not None
        if (known := await self._known(asked)) is not None:
            return _same(known, asked), asked
        run = _inline if _work(asked) <= INLINE_WORK and is_small else to_thread.run_sync
        made, keeping = await run(lambda: self._keep(asked, is_batch=is_batch))
        kept = _same(await asyncio.wrap_future(keeping), asked)
        if kept is made:  # else somebody was first, and has counted
            for one in kept.predictions:
                self.metrics.count(one)
        return kept, asked

    async def _known(self, asked: Asked) -> Answered | None:
        """What was answered under the request's own id before."""
        return None if asked.request_id is None else await to_thread.run_sync(self.store.find, asked.request_id)

    def _read(
        self, read: Callable[..., Asked | None], body: bytes, told: Mapping[str, str], *, is_batch: bool
    ) -> Asked | None:
        limits = self.limits if is_batch else replace(self.limits, of_one=True)
        asked = read(body, told, route="batch" if is_batch else "single", limits=limits)
        if not is_batch and asked is not None:
            require_one_listener(asked.events)
        return asked

    def _keep(self, asked: Asked, *, is_batch: bool) -> "tuple[Answered, Future[Answered]]":
        request_id = asked.request_id or uuid4().hex
        moment = Moment(self.clock, time.time_ns() // (SECOND * SECOND))
        made = predict(asked, request_id, champion=self.champion(), policy=self.policy, moment=moment)
        body = answer.batch(request_id, made) if is_batch else answer.single(made[0])
        answered = Answered(request_id, asked.digest, body, tuple(one.prediction for one in made))
        return answered, self.store.keep(answered)


async def _inline(work: Callable[[], T]) -> T:
    return work()


def _work(asked: Asked) -> int:
    return len(asked.events.of_listener) * (INLINE_WORK if asked.is_explained else 1)


def _same(kept: Answered, asked: Asked) -> Answered:
    """What is stored under the request's id, if it answers this very request."""
    if kept.digest != asked.digest:
        detail = "The request id was used before, for another request: take a new one."
        raise refused(Kind.REUSED_REQUEST_ID, detail)
    return kept
