#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""From a scan to the acknowledged Modbus write: chilangd in turns with the two yardsticks.

All three stay up during the whole run and are fed one after the other, so that whatever disturbs the
machine disturbs them alike. chilangd does its whole work: decoding, verification, decision, records,
durable journal, stream; the people of the simulator walk through, and their passages are counted.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import time

from turnstiles import BENCH, GATES, ROOT, Site, figure

RATE = 25
WARM = 2
WALK_S = 0.022  # after the scan somebody walks, within the slot of 40 ms
SPREAD_S = 0.012  # a scan comes anywhere within so much of its slot, so that no phase repeats


class Yardstick:
    """inline.c or integrator.py, which run a turn when told to."""

    def __init__(self, site, command, name, address, turns, scans):
        self.process = site.spawn(
            *command, "--connect", address, "--database", os.path.join(site.disk, name), "--scans",
            str(scans), "--rate", str(RATE), "--units", str(GATES), "--turns", str(turns),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="ascii")

    def turn(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def walk(site, lane):
    """Somebody goes through as soon as the gate lets them."""
    end = time.monotonic() + 1
    while not site.sim.ask(op="person", unit=lane + 1, manner="walk", way="entry")["passed"]:
        if time.monotonic() > end:
            raise RuntimeError("gate G%d was not released" % (lane + 1))
        time.sleep(0.001)


def turn(site, codes, scans):
    """Feed chilangd at the pace. @return its own times from the scan to the write, µs."""
    before = site.control.ask(op="stats")["stats"]["latency_us"]["count"]
    chance = random.Random(codes[-1])
    began = time.monotonic()
    for scan in range(scans):
        wait = began + scan / RATE + chance.uniform(0, SPREAD_S) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        lane = scan % GATES
        site.lanes[lane].write(codes.pop().encode() + b"\n")
        time.sleep(WALK_S)
        walk(site, lane)
    time.sleep(0.3)  # the last passages are counted, the grants closed
    stats = site.control.ask(op="stats")["stats"]
    count = stats["latency_us"]["count"] - before
    if count != scans:
        raise RuntimeError("expected %d measured grants, got %d: %s" % (scans, count,
                                                                       stats["reasons"]))
    return stats["latency_us"]["last"][-count:]


def compare(rounds, scans):
    with Site() as site:
        address, _ = site.simulator("other.sock")
        turns = rounds + WARM
        inline = Yardstick(site, [os.path.join(ROOT, "build/release/yardstick/yardstick_inline")],
                           "inline.db", address, turns, scans)
        script = Yardstick(site, ["/usr/bin/python3",
                                  os.path.join(ROOT, "tests/bench/yardstick/integrator.py")],
                           "integrator.db", address, turns, scans)
        codes = site.declare(turns * scans)
        kinds = [("chilangd", lambda: turn(site, codes, scans)), ("inline", inline.turn),
                 ("integrator", script.turn)]
        times = {name: [] for name, _ in kinds}
        for number in range(turns):
            shift = number % len(kinds)  # take turns at going first
            for name, run in kinds[shift:] + kinds[:shift]:
                taken = run()
                if number >= WARM:
                    times[name].append(taken)
    for name, turns_of in times.items():
        every = sorted(us for taken in turns_of for us in taken)
        print("%-11s n=%d p50=%d us p90=%d us p99=%d us max=%d us"
              % (name, len(every), every[len(every) // 2], every[len(every) * 9 // 10],
                 every[len(every) * 99 // 100], every[-1]))
    p50 = {name: [statistics.median(taken) for taken in of] for name, of in times.items()}
    for name, most in (("inline", 1.5), ("integrator", 0.85)):
        ratios = [a / b for a, b in zip(p50["chilangd"], p50[name])]
        figure("gate p50 / %s" % name, "<= %.2f" % most, ratios, statistics.median(ratios) <= most)


def slow_disk(rounds, scans, folder):
    """Every flush takes 5 ms longer. The journal lies in memory, so that the injected time is the
    disk's only one: what other programs do to the disk at the same moment is not measured."""
    shim = os.path.join(BENCH, "..", "yardstick", "slow_fsync.so")
    with Site(preload=shim, journal_in=folder) as site:
        codes = site.declare((rounds + WARM) * scans)
        for _ in range(WARM):
            turn(site, codes, scans)
        turns = [sorted(turn(site, codes, scans)) for _ in range(rounds)]
    every = sorted(us for taken in turns for us in taken)
    p99 = every[len(every) * 99 // 100] / 1000
    print("fsync + 5 ms on %s: n=%d p50=%d us p90=%d us p99=%d us max=%d us"
          % (folder, len(every), every[len(every) // 2], every[len(every) * 9 // 10], p99 * 1000,
             every[-1]))
    figure("gate p99, fsync + 5 ms", "< 12 ms", [p99], p99 < 12, " ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--scans", type=int, default=25, help="in each round, at most 64")
    parser.add_argument("--only", choices=["compare", "slow"])
    parser.add_argument("--slow-in", metavar="FOLDER", default="/dev/shm",
                        help="where the journal of the slow disk lies (/dev/shm)")
    args = parser.parse_args()
    if args.only != "slow":
        compare(args.rounds, args.scans)
    if args.only != "compare":
        slow_disk(args.rounds, args.scans, args.slow_in)


if __name__ == "__main__":
    main()
