"""Answers to keep, and programs that keep them: run as `answers.py COMMAND …` in processes of their own."""

import hashlib
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from churn_assets.cutoffs import DAY, HOUR
from churn_assets.errors import StoreError
from churn_assets.serving.prediction import Answered, Prediction
from churn_assets.serving.store import PredictionStore, open_store

AS_OF = 20_600 * DAY
PREDICTION = Prediction(
    request_id="r1",
    user_id="1042",
    as_of=AS_OF,
    inference_timestamp=AS_OF + 9 * HOUR,
    churn_probability=0.1 + 0.2,
    churn_pred=False,
    risk_band="medium",
    model_version="7",
    fingerprint="abc123",
    at_risk=True,
    is_cold_start=False,
    knowledge=1.0,
    events=1,
    logs=b'[{"userId":"1042","page":"Home"}]',
    features={"recency_days": 1 / 3, "freq_7d": 2.0, "device": "Desktop", "activity_slope": None},
)


def answer(request_id: str, *users: str, body: bytes = b"{}", **changes: object) -> Answered:
    """An answered request about `users` (one, if none are named) whose predictions have `changes`."""
    about = [replace(PREDICTION, request_id=request_id, user_id=user, **changes) for user in users or ("1042",)]  # type: ignore[arg-type]
    return Answered(
        request_id, hashlib.sha256(body).hexdigest(), b'{"request":"%s"}' % request_id.encode(), tuple(about)
    )


def keep_all(store: PredictionStore, request_ids: Sequence[str]) -> Iterator[Answered]:
    """What is stored, one after the other, each acknowledged before the next."""
    for request_id in request_ids:
        yield store.keep(answer(request_id)).result()


def names(writer: str, count: int) -> list[str]:
    """Request ids of one writer."""
    return [f"{writer}-{number}" for number in range(count)]


def keep_side_by_side(url: str, writers: Sequence[str], count: int) -> None:
    """One thread a writer, each with requests of its own, over one store."""
    with open_store(url, patience_s=60) as store:
        threads = [threading.Thread(target=lambda w=w: list(keep_all(store, names(w, count)))) for w in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def keep_the_same(url: str, request_ids: Sequence[str]) -> None:
    """Everybody's requests, under a body of this process's own; prints whose answer each got."""
    body = str(os.getpid()).encode()
    with open_store(url, patience_s=60) as store:
        for request_id in request_ids:
            sys.stdout.write(f"{request_id} {store.keep(answer(request_id, body=body)).result().digest}\n")


def keep_until_killed(url: str, rounds: int, seed: int) -> None:
    """Fork a writer of four threads again and again, kill each at a random moment, print what they acknowledged."""
    chance = random.Random(seed)
    for number in range(rounds):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _keep_for_ever(url, f"round{number}", writing)
        os.close(writing)
        if number % 3:
            select.select([reading], [], [], 60)  # into the middle of its work; else perhaps before it even began
        _print_acknowledged(reading, seconds=chance.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        _print_acknowledged(reading, seconds=0)
        os.close(reading)


def _keep_for_ever(url: str, writer: str, pipe: int) -> None:
    store = open_store(url, patience_s=60)

    def work(thread: int) -> None:
        for number in range(1_000_000):
            kept = store.keep(answer(f"{writer}-{thread}-{number}")).result()
            os.write(pipe, f"{kept.request_id}\n".encode())

    for thread in range(4):
        threading.Thread(target=work, args=(thread,), daemon=True).start()
    time.sleep(60)
    os._exit(3)


def _print_acknowledged(pipe: int, *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
        said = os.read(pipe, 1 << 16)
        if not said:
            return
        sys.stdout.write(said.decode())
        sys.stdout.flush()


def run_at_once(*commands: Sequence[object]) -> list[str]:
    """Run `main` with each of the commands, in processes of their own at the same time; what each said."""
    programs = [[sys.executable, __file__, *map(str, command)] for command in commands]
    processes = [subprocess.Popen(program, stdout=subprocess.PIPE, text=True) for program in programs]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return said


def keep_through_an_outage(store: PredictionStore, writer: str, is_over: threading.Event) -> list[str]:
    """Keep one request after the other until it is over; the ids of those that were acknowledged."""
    acknowledged = []
    number = 0
    while not is_over.is_set():
        try:
            kept = store.keep(answer(f"{writer}-{number}")).result()
        except StoreError:
            continue
        acknowledged.append(kept.request_id)
        number += 1
    return acknowledged


def main(arguments: Sequence[str]) -> None:
    """Do as told by the first argument."""
    match arguments:
        case ["side-by-side", url, count, *writers]:
            keep_side_by_side(url, writers, int(count))
        case ["the-same", url, *request_ids]:
            keep_the_same(url, request_ids)
        case ["until-killed", url, rounds, seed]:
            keep_until_killed(url, int(rounds), int(seed))
        case ["open", url]:
            open_store(url, patience_s=60).close()
        case _:
            raise SystemExit(f"unknown: {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
