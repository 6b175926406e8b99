#!/usr/bin/env python3
"""Does a campaign on the workers of a Dask scheduler: `dask_driver.py FOLDER --scheduler ADDRESS --rounds N`.

    dask scheduler --host 127.0.0.1 &
    dask worker tcp://127.0.0.1:8786 --nworkers 8 --nthreads 1 --memory-limit 0 &
    sim explore campaign plan FOLDER --sweep full_day --parts 64
    dask_driver.py FOLDER --scheduler tcp://127.0.0.1:8786 --rounds 20

A worker needs the program alone, at the path that SIM names there, with the files of the project where it was
built: campaign and plan are sent to it, and what it answers is the file of a part. Nothing is lost with the
scheduler: what is done is in FOLDER, and the driver begins again where that ends. Exit codes are those of
`sim explore campaign status`: 0 clean, 1 found or missed, 2 a mistake, 3 incomplete.

Dask runs whatever it is sent: keep it to loopback or a private network with TLS.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from dask.distributed import Client, WorkerPlugin, as_completed

TRIES = 3


def program():
    """On a worker: SHA-256 of the program there."""
    path = Path(os.environ.get("SIM", "sim"))
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none"


class Program(WorkerPlugin):
    """Sends a worker that comes later away, before it is given anything, if it has another program."""

    name = "program"

    def __init__(self, wanted):
        self.wanted = wanted

    async def setup(self, worker):
        if program() != self.wanted:
            worker.log_event("refused", worker.address)
            await worker.close(reason=f"this campaign is of the program {self.wanted}")


def send_strangers_away(client, wanted):
    """Keeps the workers whose program is that of the campaign."""
    client.subscribe_topic("refused", lambda event: print("refused:", event[1], file=sys.stderr, flush=True))
    strangers = [worker for worker, ours in client.run(program).items() if ours != wanted]
    if strangers:
        print("refused:", *strangers, file=sys.stderr, flush=True)
        client.retire_workers(strangers, close_workers=True)
    client.register_plugin(Program(wanted))


def do_part(campaign, plan, number, index):
    """On a worker: exit code, errors, and the bytes of the part's file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"round-{number}").mkdir()
        (folder / "campaign.json").write_bytes(campaign)
        (folder / f"round-{number}" / "plan.json").write_bytes(plan)
        command = [os.environ.get("SIM", "sim"), "explore", "campaign", "part", name]
        command += ["--round", str(number), "--index", str(index)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        part = folder / f"round-{number}" / f"part-{index}.jsonl"
        if done.returncode not in (0, 2):  # Dask tries again, on another worker if there is one.
            raise RuntimeError(f"part {index} of round {number}: exit {done.returncode}: {done.stderr.strip()}")
        return done.returncode, done.stderr, part.read_bytes() if part.is_file() else b""


def status(sim, folder):
    """What `status` says, and its exit code."""
    command = [sim, "explore", "campaign", "status", str(folder), "--json"]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode == 2:
        print(said.stderr, file=sys.stderr)
    return (json.loads(said.stdout) if said.stdout else {}), said.returncode


def do_round(client, folder, known):
    """Has the missing parts of the newest round done, and writes each as it comes."""
    number = known["round"]
    plan = (folder / f"round-{number}" / "plan.json").read_bytes()
    campaign = (folder / "campaign.json").read_bytes()
    futures = {}
    for index in known["missing"]:
        key = f"{hashlib.sha256(campaign + plan).hexdigest()}-{index}"
        futures[client.submit(do_part, campaign, plan, number, index, key=key, retries=TRIES)] = index
    for future in as_completed(futures):
        code, errors, part = future.result()
        if code != 0:
            print(errors, file=sys.stderr)
            sys.exit(2)
        target = folder / f"round-{number}" / f"part-{futures[future]}.jsonl"
        fresh = target.with_suffix(".new")
        fresh.write_bytes(part)
        os.replace(fresh, target)
        future.release()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scheduler", required=True, metavar="ADDRESS")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how many rounds it has in the end")
    arguments = parser.parse_args()
    folder, sim = arguments.folder, os.environ.get("SIM", "sim")
    wanted = json.loads((folder / "campaign.json").read_text())["program"]
    with Client(arguments.scheduler, timeout="30s") as client:
        send_strangers_away(client, wanted)
        while True:
            known, code = status(sim, folder)
            if code == 2:
                return 2
            if known["round"] is not None and known["missing"]:
                do_round(client, folder, known)
            elif known["round"] is not None and known["round"] + 1 >= arguments.rounds:
                print(f"digest {known['digest']}")
                return code
            else:
                subprocess.run([sim, "explore", "campaign", "plan", str(folder)], check=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception as error:  # The scheduler is gone, or a part was given up: what is done is kept.
        print(f"incomplete: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(3)
