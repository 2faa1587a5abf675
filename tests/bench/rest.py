#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""chilangd at rest: eight gates polled every 250 ms, all five plugins, nobody comes."""
import argparse
import os
import time

from turnstiles import Site, figure

SETTLE_S = 3


def resident_kib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def cpu_s(pid):
    with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--parts", action="store_true", help="show where the memory is")
    args = parser.parse_args()
    with Site() as site:
        pid = site.daemon.pid
        time.sleep(SETTLE_S)
        began, used = time.monotonic(), cpu_s(pid)
        resident = []
        while time.monotonic() - began < args.seconds:
            time.sleep(0.5)
            resident.append(resident_kib(pid) / 1024)
        share = 100 * (cpu_s(pid) - used) / (time.monotonic() - began)
        if args.parts:
            os.system("sort -k2 /proc/%d/maps >/dev/null; cat /proc/%d/smaps" % (pid, pid))
    figure("rest, resident", "< 24 MiB", resident, max(resident) < 24, " MiB")
    figure("rest, processor", "< 2 %", [share], share < 2, " %")


if __name__ == "__main__":
    main()
