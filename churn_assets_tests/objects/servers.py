"""Object stores on loopback: moto, which keeps everything in memory, and SeaweedFS, which is a real one."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import s3fs
from botocore.exceptions import BotoCoreError

KEY, SECRET, REGION = "platform", "not-to-be-shown", "us-east-1"
BUCKET = "platform"
START_S, STEP_S = 60.0, 0.2
LIFE_S = 900
MOTO = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(*server.get_host_and_port(), flush=True)
sys.stdin.read()
server.stop()
"""
"""It ends with the process that started it, whose end of the pipe is closed then."""


@dataclass(frozen=True)
class Store:
    """A running store."""

    endpoint: str
    process: "subprocess.Popen[str] | subprocess.Popen[bytes] | None" = None

    def kill(self) -> None:
        """End it at once."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """The usual variables by which a process finds it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def system(self) -> s3fs.S3FileSystem:
        """A file system of its own, beside what is tested."""
        options = {"endpoint_url": self.endpoint, "use_listings_cache": False, "skip_instance_cache": True}
        return s3fs.S3FileSystem(key=KEY, secret=SECRET, **options)


@contextmanager
def known(store: Store) -> Iterator[Store]:
    """Let this process, and those it starts, find the store, and no other that it knew before."""
    with pytest.MonkeyPatch.context() as scene:
        for name, value in store.environment.items():
            scene.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            scene.delenv(name, raising=False)
        s3fs.S3FileSystem.clear_instance_cache()
        try:
            yield store
        finally:
            s3fs.S3FileSystem.clear_instance_cache()


@contextmanager
def moto() -> Iterator[Store]:
    """Moto's server in a process of its own, with an empty bucket."""
    command = [sys.executable, "-c", MOTO]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = next(line for line in process.stdout if line.startswith("127.0.0.1"))
            store = Store("http://{}:{}".format(*told.split()), process)
            store.system().mkdir(BUCKET)
            yield store
        finally:
            process.kill()


@contextmanager
def seaweed(folder: Path) -> Iterator[Store]:
    """SeaweedFS with its data below `folder`, an empty bucket, and one key that may do everything."""
    folder.mkdir(parents=True)
    (folder / "keys.json").write_text(json.dumps({"identities": [_identity()]}))
    ports = dict(zip(("master", "volume", "filer", "s3"), _free_ports(4), strict=True))
    command = ["timeout", "--signal=KILL", str(LIFE_S), str(Path(sys.executable).with_name("weed")), "server"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-filer", "-s3", "-volume.max=20"]
    command += [f"-{name}.port={port}" for name, port in ports.items()]
    command += [f"-s3.config={folder / 'keys.json'}", "-master.volumeSizeLimitMB=32", "-master.telemetry=false"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]  # else at fixed ports, so that no second server starts
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            store = Store(f"http://127.0.0.1:{ports['s3']}", process)
            _wait_for(store, process, folder / "log")
            yield store
        finally:
            process.terminate()


def _identity() -> dict[str, object]:
    credentials = [{"accessKey": KEY, "secretKey": SECRET}]
    return {"name": "platform", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}


def _wait_for(store: Store, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a bucket can be made and written to."""
    end = time.monotonic() + START_S
    while True:
        try:
            system = store.system()
            system.makedirs(BUCKET, exist_ok=True)
            system.pipe_file(f"{BUCKET}/.ready", b"")
            system.rm_file(f"{BUCKET}/.ready")
        except (OSError, BotoCoreError):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(log.read_text()[-2_000:]) from None
            time.sleep(STEP_S)
        else:
            return


def _free_ports(number: int) -> Sequence[int]:
    """Ports that are free, and free 10,000 above as well, where SeaweedFS listens for its own."""
    found: list[int] = []
    for port in range(20_000 + os.getpid() % 5_000 * 4, 45_000):
        if len(found) < number and _is_free(port) and _is_free(port + 10_000):
            found.append(port)
        if len(found) == number:
            return found
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
