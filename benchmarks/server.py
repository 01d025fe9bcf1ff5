"""How long do operators wait who refine at once?

``python benchmarks/server.py [--operators 20] [--sightings 100000] [--steps 12] [--think 0 1]``
starts a real server (uvicorn, one process) on a gallery in memory with synthetic people, and so
many operators, each in a session of their own. Each takes steps as in ``benchmarks/session.py``,
and waits for the answer with 40 people and the next question; then thinks for as long as
``--think`` says, half to one and a half times. 0 is the worst case: nobody ever thinks. Figures are
of the whole way over HTTP, log-in and audit included; beside them what the server's processor time
per step was, since other work on the machine shows in the waiting only.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
TOKEN = "cmps-benchmark-token"
API = "/api/v1"
WITNESS = (
    "a woman in a red coat and black trousers",
    "a man with a grey hoodie and blue jeans, carrying a black backpack",
    "a girl about six, pink jacket, yellow backpack",
    "an elderly man in a brown coat with a hat",
    "a boy in a blue T-shirt with white sneakers",
)
MORE = ("and a scarf", "with glasses", "no, a green coat", "she has long hair", "with a blue bag")
CHIPS = ("upper:top red", "bag:backpack black", "hat:hat", "lower:jeans", "shoes:shoes white")


def serve(port: int, sightings: int) -> None:
    """Serve a synthetic gallery until killed; one account, one token."""
    sys.path.insert(0, str(HERE))
    from session import filled

    from cmps.gallery.accounts import Role, Token, User
    from cmps.program import Program
    from cmps.server.app import create_app
    from cmps.server.security.secrets import key_of
    from cmps.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        program = Program(Settings(data=Path(folder), threads=1))
        store = filled(sightings)
        program.__dict__["store"] = store
        now = datetime.now(UTC)
        store.accounts.add(User("bench", Role.OPERATOR, "", None, now))
        expires = now + timedelta(days=1)
        store.accounts.add_token(Token("t1", key_of(TOKEN), "bench", "benchmark", now, expires))
        import uvicorn

        uvicorn.run(create_app(program), port=port, log_level="warning", ws="websockets-sansio")


class Operator:
    """Takes steps in a session of its own and notes how long each took, milliseconds."""

    def __init__(self, client: httpx.AsyncClient, number: int, think: float) -> None:
        self.client = client
        self.random = random.Random(number)
        self.think = think
        self.number = number
        self.taken: list[tuple[str, float]] = []
        self.errors: Counter[str] = Counter()
        self.people: list[str] = []
        self.question = CHIPS[number % len(CHIPS)]

    async def work(self, steps: int) -> None:
        """Open a session, describe the person, refine."""
        case = (await self.client.post("/cases", json={"purpose": "benchmark"})).json()["id"]
        self.session = (await self.client.post(f"/cases/{case}/sessions")).json()["id"]
        await self.step("say", {"text": f"{self.random.choice(WITNESS)}, number {self.number}"})
        await asyncio.sleep(self.think * self.random.random())
        for number in range(steps):
            await self.step(*self.move(number))
            await asyncio.sleep(self.think * (0.5 + self.random.random()))

    def move(self, number: int) -> tuple[str, dict[str, object]]:
        """Return the next step."""
        some = self.random.choice(self.people) if self.people else ""
        moves: list[tuple[str, dict[str, object]]] = [
            ("answer", {"chip": self.question, "answer": self.random.choice(["yes", "no"])}),
            ("click", {"kind": "tick", "sighting": some}),
            ("say", {"text": self.random.choice(MORE)}),
            ("click", {"kind": "reject", "sighting": some}),
            ("mark", {"chip": self.random.choice(CHIPS), "to": "maybe"}),
            ("undo", {}),
        ]
        return moves[(number + self.number) % len(moves)]

    async def step(self, name: str, body: dict[str, object]) -> None:
        """Take a step and wait for who fits best."""
        began = time.perf_counter()
        try:
            answer = await self.client.post(f"/sessions/{self.session}/{name}", json=body)
        except httpx.HTTPError as error:
            self.errors[type(error).__name__] += 1
            return
        self.taken.append((name, 1000 * (time.perf_counter() - began)))
        if answer.status_code != 200:
            self.errors[f"{answer.status_code} {answer.text[:80]}"] += 1
            return
        found = answer.json()["results"]
        self.people = [one["sightings"][0]["id"] for one in found["people"][:20]]
        if found["question"] and found["question"]["chip"]:  # an open one has none
            self.question = found["question"]["chip"]


async def load(port: int, operators: int, steps: int, think: float) -> list[Operator]:
    """Let all operators work at once."""
    limits = httpx.Limits(max_connections=operators, max_keepalive_connections=operators)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"http://127.0.0.1:{port}{API}"
    async with httpx.AsyncClient(
        base_url=url, headers=headers, limits=limits, timeout=60
    ) as client:
        everybody = [Operator(client, number, think) for number in range(operators)]
        await asyncio.gather(*(one.work(steps) for one in everybody))
    return everybody


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def wait(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}{API}/health", timeout=5)
            return
        except httpx.HTTPError:
            if server.poll() is not None:
                raise SystemExit("the server ended before it began") from None
            time.sleep(0.2)


def main() -> None:
    """Serve, load, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operators", type=int, default=20)
    parser.add_argument("--sightings", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--think", type=float, nargs="+", default=[0.0, 1.0])
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.sightings)
        return
    port = free_port()
    command = [sys.executable, __file__, "--serve", str(port)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as ``cmps serve`` does
    server = subprocess.Popen([*command, "--sightings", str(options.sightings)], env=environment)
    try:
        wait(port, server)
        asyncio.run(load(port, 2, 6, 0.0))  # loads the networks, encodes the questions
        watched = psutil.Process(server.pid)
        title = f"{options.operators} operators, {options.sightings:,} sightings, milliseconds"
        table = Table(title=title)
        for column in ("think s", "step", "times", "p50", "p95", "longest", "CPU a step"):
            table.add_column(column, justify="right")
        faults: Counter[str] = Counter()
        for think in options.think:
            before = sum(watched.cpu_times()[:2])
            everybody = asyncio.run(load(port, options.operators, options.steps, think))
            spent = sum(watched.cpu_times()[:2]) - before
            taken = [one for operator in everybody for one in operator.taken]
            for operator in everybody:
                faults += operator.errors
            for name in ("all", *sorted({name for name, _ in taken})):
                times = [time for step, time in taken if name in ("all", step)]
                cpu = f"{1000 * spent / len(times):.0f}" if name == "all" else ""
                figures = [f"{np.percentile(times, share):.0f}" for share in (50, 95, 100)]
                table.add_row(f"{think:g}", name, str(len(times)), *figures, cpu)
        console = Console()
        console.print(table)
        console.print(f"errors: {dict(faults) or 'none'}")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
