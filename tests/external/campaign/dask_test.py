"""The same campaign by one process and by Dask, whatever dies: the digest is the same.

    dask_test.py SIM [NAME]     all tests, or those whose names hold NAME
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DRIVER = HERE.parents[2] / "package" / "explore" / "dask_driver.py"
SIM = Path(sys.argv[1]).resolve()
ROUNDS = 2
TERMS = ["--sweep", "weak.yaml", "--worlds-a-round", "24", "--parts", "8", "--seed", "3"]

# Two attempts fail in it: where one more does, Lambda gives it up.
WEAK = (HERE.parents[2] / "sim/alchemiser/tests/worlds/weak.yaml").read_text()

# Ends a process that is about to print what became of one item.
POISON = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
ssize_t write(int fd, const void *bytes, size_t count) {
    const char *item = getenv("POISON");
    if (fd == 1 && item && memmem(bytes, count, item, strlen(item))) abort();
    return syscall(SYS_write, fd, bytes, count);
}
"""


class Park:
    """A scheduler and workers, all of them ours, in a folder of their own."""

    def __init__(self, folder, workers=2, **environment):
        self.folder, self.environment, self.processes = folder, environment, []
        folder.mkdir(parents=True)
        self.scheduler = self.start("scheduler", "scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard",
                                    "--scheduler-file", str(folder / "scheduler.json"))
        waited(lambda: (folder / "scheduler.json").exists() and (folder / "scheduler.json").read_text().endswith("}"))
        self.address = json.loads((folder / "scheduler.json").read_text())["address"]
        self.workers = [self.worker(number) for number in range(workers)]

    def worker(self, number, **more):
        return self.start(f"worker-{number}", "worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard",
                          "--memory-limit", "0", "--local-directory", str(self.folder), **more)

    def start(self, name, *arguments, **more):
        environment = {**os.environ, "SIM": str(SIM), **self.environment, **more}
        log = (self.folder / f"{name}.log").open("w")
        command = [sys.executable, "-m", "dask", *arguments]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def driver(self, campaign):
        command = [sys.executable, str(DRIVER), str(campaign), "--scheduler", self.address, "--rounds", str(ROUNDS)]
        environment = {**os.environ, "SIM": str(SIM)}
        log = (self.folder / "driver.log").open("w")
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def said(self):
        return (self.folder / "driver.log").read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def waited(is_so, seconds=120):
    for _ in range(seconds * 20):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError(f"not so after {seconds} s")


def sim(command, folder, *arguments, **environment):
    """The scenario is named as it lies beside the campaign: its name is part of what is compared."""
    command = [str(SIM), "explore", "campaign", command, folder.name, *map(str, arguments)]
    environment = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder.parent, env=environment, capture_output=True, text=True)


def serially(folder, **environment):
    done = sim("run", folder, *TERMS, "--rounds", ROUNDS, "--jobs", "1", **environment)
    assert done.returncode == 1, done.stderr + done.stdout
    return digest(folder)


def planned(folder):
    done = sim("plan", folder, *TERMS)
    assert done.returncode == 0, done.stderr
    return folder


def status(folder):
    return json.loads(sim("status", folder, "--json").stdout)


def digest(folder):
    known = status(folder)
    assert (known["round"], known["missing"]) == (ROUNDS - 1, []), known
    return known["digest"]


def parts(folder):
    return len(list(folder.glob("round-*/part-*.jsonl")))


def ended(park, driver, code):
    try:
        driver.wait(timeout=300)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"it does not end: {park.said()}") from None
    assert driver.returncode == code, f"exit {driver.returncode}: {park.said()}"


def two_workers_come_to_what_one_process_does(folder, expected):
    with Park(folder / "park") as park:
        ended(park, park.driver(planned(folder / "it")), 1)
    assert digest(folder / "it") == expected


def a_worker_that_is_killed_costs_nothing_but_time(folder, expected):
    with Park(folder / "park") as park:
        driver = park.driver(planned(folder / "it"))
        waited(lambda: parts(folder / "it") > 0)
        park.workers[0].send_signal(signal.SIGKILL)
        ended(park, driver, 1)
    assert digest(folder / "it") == expected


def a_scheduler_that_is_killed_loses_no_part_that_is_done(folder, expected):
    with Park(folder / "park") as park:
        driver = park.driver(planned(folder / "it"))
        waited(lambda: parts(folder / "it") > 1)
        park.scheduler.send_signal(signal.SIGKILL)
        ended(park, driver, 3)
    done = {path: path.stat().st_mtime_ns for path in (folder / "it").glob("round-*/part-*.jsonl")}
    assert 1 < len(done) < 8 * ROUNDS, done
    with Park(folder / "another") as park:
        ended(park, park.driver(folder / "it"), 1)
    assert all(path.stat().st_mtime_ns == time for path, time in done.items()), "a part was done twice"
    assert digest(folder / "it") == expected


def an_item_that_aborts_is_the_same_finding_everywhere(folder, expected):
    (folder / "poison.c").write_text(POISON)
    library = folder / "poison.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "poison.c"], check=True)
    lines = (folder.parent / "serial" / "round-1" / "part-5.jsonl").read_text().splitlines()
    item = json.loads(lines[2])["item"]
    poison = {"LD_PRELOAD": str(library), "POISON": item}
    (folder / "weak.yaml").write_text(WEAK)
    poisoned = serially(folder / "serial", **poison)
    assert poisoned != expected
    with Park(folder / "park", **poison) as park:
        ended(park, park.driver(planned(folder / "it")), 1)
    assert digest(folder / "it") == poisoned
    assert status(folder / "it")["total"]["findings"] == {"kills the explorer: signal 6": 1}
    assert item in status(folder / "it")["findings"]["kills the explorer: signal 6"]


def a_worker_with_another_program_is_given_no_part(folder, expected):
    other = folder / "sim"
    shutil.copy(SIM, other)
    with other.open("ab") as file:
        file.write(b"\0")
    with Park(folder / "park", workers=0) as park:
        strangers = [park.worker(0, SIM=str(other))]
        driver = park.driver(planned(folder / "it"))
        waited(lambda: "refused" in park.said())
        strangers.append(park.worker(1, SIM=str(other)))
        for stranger in strangers:  # One was there before the driver, and one came later.
            stranger.wait(timeout=60)
        assert parts(folder / "it") == 0, "the wrong program did a part"
        park.worker(2)
        ended(park, driver, 1)
    assert digest(folder / "it") == expected
    direct = subprocess.run([other, "explore", "campaign", "part", folder / "it", "--index", "0"], capture_output=True, text=True)
    assert direct.returncode == 2 and "this program has SHA-256" in direct.stderr, direct.stderr


TESTS = [
    two_workers_come_to_what_one_process_does,
    a_worker_that_is_killed_costs_nothing_but_time,
    a_scheduler_that_is_killed_loses_no_part_that_is_done,
    an_item_that_aborts_is_the_same_finding_everywhere,
    a_worker_with_another_program_is_given_no_part,
]


def main():
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "weak.yaml").write_text(WEAK)
        expected = serially(root / "serial")
        for test in TESTS:
            if wanted in test.__name__:
                folder = root / test.__name__
                folder.mkdir()
                (folder / "weak.yaml").write_text(WEAK)
                started = time.monotonic()
                test(folder, expected)
                print(f"ok {test.__name__.replace('_', ' ')} ({time.monotonic() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
