"""`churn-assets` without its seconds of imports: a process that has imported everything forks itself for each call.

The documents call the command some thirty times, each time in a shell's own folder and environment. What runs is the
same `main` as in the installed script, in a process of its own. Pages that change the code, and servers, use the
installed script.
"""

import array
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

IMPORTED = (
    "churn_assets.cli.app",
    "churn_assets.cli.run",
    "churn_assets.cli.status",
    "churn_assets.resources.session",
    "churn_assets.registry.history",
    "churn_assets.training.model",
    "mlflow",
    "pandera.pandas",
    "ibis",
    "duckdb",
)
COLD = "CHURN_TEST_COLD"
"""Variable of the environment that asks for the installed script."""
LONGEST = 1 << 20
CLIENT = """#!{python} -ES
import array, json, os, socket, sys
if os.environ.get("{cold}"):
    os.execv("{installed}", ["{installed}", *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as line:
    line.connect("{address}")
    said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    line.sendmsg([said], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    line.shutdown(socket.SHUT_WR)
    code = line.recv(1)
sys.exit(code[0] if code else 1)
"""


def client(address: Path) -> str:
    """The program that takes the place of `churn-assets`."""
    installed = Path(sys.executable).with_name("churn-assets")
    return CLIENT.format(python=sys.executable, cold=COLD, installed=installed, address=address)


@contextmanager
def warm_command(folder: Path) -> Iterator[Path]:
    """The address at which calls are taken until the block ends."""
    address = folder / "warm"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(address))
        door.listen()
        process = subprocess.Popen([sys.executable, "-m", __name__, str(door.fileno())], pass_fds=[door.fileno()])
        try:
            yield address
        finally:
            process.terminate()
            process.wait(30)


def take_calls(door: socket.socket) -> None:
    """Answer calls until told to stop."""
    import importlib

    for name in IMPORTED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, _reap)
    while True:
        line, _ = door.accept()
        with line:
            if os.fork() == 0:
                _answer(line)


def _reap(*_: object) -> None:
    """Let calls that have ended go; each has told its exit code itself."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(line: socket.socket) -> None:
    """Be the command that was called, and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    said, files = _received(line)
    arguments, folder, environment = json.loads(said)
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["churn-assets", *arguments]
    line.send(bytes([_run()]))
    os._exit(0)


def _received(line: socket.socket) -> tuple[bytes, list[int]]:
    """All that a caller said, and its three files."""
    numbers = array.array("i", [0, 0, 0])
    said, more, _, _ = line.recvmsg(LONGEST, socket.CMSG_SPACE(numbers.itemsize * len(numbers)))
    files = array.array("i")
    for _, _, content in more:
        files.frombytes(content[: len(content) - len(content) % files.itemsize])
    while rest := line.recv(LONGEST):
        said += rest
    return said, list(files)


def _run() -> int:
    from churn_assets.cli.app import main

    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException:  # noqa: BLE001 a bug is told as the interpreter would, and ends this process only
        import traceback

        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    take_calls(socket.socket(fileno=int(sys.argv[1])))
