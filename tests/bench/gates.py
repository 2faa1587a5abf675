#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""chilangd with 200 gates on 25 controllers: what polling them costs, and how long all take to open."""
import argparse
import os
import subprocess
import time

from rest import cpu_s, resident_kib
from turnstiles import BIN, Lines, Site, figure

CONTROLLERS = 25
UNITS = 8
SETTLE_S = 3
OPEN_S = 20
OPENING = "300000010200" + "02"  # FC16 of one word at the mode register: 2, both ways open


class Province(Site):
    """A site of 25 buses with eight turnstiles each; nobody scans there."""

    capture = False

    def start(self, preload):
        os.makedirs(self.path("keys"))
        self.tool("keygen", "curve", "--out", self.path("keys/server"))
        os.mkdir(self.path("trust"))
        self.tool("keygen", "issuer", "--out", self.path("issuer"))
        os.rename(self.path("issuer.pub.pem"), self.path("trust/issuer.pub.pem"))
        self.buses = []
        for number in range(CONTROLLERS):
            process = self.spawn(os.path.join(BIN, "chilang-sim"), "--units", str(UNITS),
                                 stdout=subprocess.PIPE, encoding="ascii")
            self.buses.append(process.stdout.readline().split()[1])
        with open(self.path("site.yaml"), "w", encoding="utf-8") as file:
            file.write(self.yaml())
        self.run()

    def run(self):
        with open(self.path("log"), "a", encoding="utf-8") as log:
            self.daemon = self.spawn(os.path.join(BIN, "chilangd"), "--config",
                                     self.path("site.yaml"), stdout=log, stderr=log)
        self.control = self.wait_ready()

    def yaml(self):
        gates = "".join(
            "  G%d: { name: Cổng %d, from: outside, to: san, pass_time: 7 s,\n"
            "        device: { plugin: bus%d, unit: %d, profile: lot-turnstile } }\n"
            % (i + 1, i + 1, i // UNITS, i % UNITS + 1) for i in range(CONTROLLERS * UNITS))
        buses = "".join("  bus%d: { use: gate_modbus, address: \"tcp://%s\", poll: 250 ms%s }\n"
                        % (*item, ", capture: bus%d.capture" % item[0] if self.capture else "")
                        for item in enumerate(self.buses))
        return ("site: { id: san-thu, name: Sân thử, kind: festival }\n"
                "zones:\n  san: { name: Sân, limit: { warn: 80%%, hard: 100000 } }\n"
                "gates:\n%splugins:\n%s"
                "  stream: { use: stream_zmq, pull: \"tcp://127.0.0.1:*\","
                " live: \"tcp://127.0.0.1:*\", keys: keys }\n"
                "credentials: { accept: [declaration], trust: trust }\n"
                "journal: { path: %s }\ncontrol: %s\n"
                % (gates, buses, os.path.join(self.disk, "journal.db"),
                   self.path("control.sock")))

    def raised_at(self, first):
        """Time of the first record from `first` on that raises an emergency."""
        path = os.path.join(self.disk, "journal.db")
        for line in self.tool("journal", "show", "--from=%d" % first, path).splitlines():
            _, stamp, topic, _ = line.split(" ", 3)
            if topic.endswith("/gate/emergency/"):
                return stamp
        raise RuntimeError("the emergency was not recorded")

    def opened_at(self, since):
        """When each gate acknowledged the write that opens it: the frames as the bus saw them."""
        opened = {}
        for bus in range(CONTROLLERS):
            with open(self.path("bus%d.capture" % bus), encoding="utf-8") as file:
                lines = [line.split(" ", 2) for line in file]
            asked = None
            for stamp, direction, text in (line for line in lines if line[0] >= since):
                frame = text.replace(" ", "").strip().lower()
                if direction == ">":
                    asked = int(frame[12:14], 16) if frame.endswith(OPENING) else None
                elif direction == "<" and asked is not None:
                    opened.setdefault((bus, asked), stamp)
        return opened

    def head(self):
        return self.control.ask(op="status")["status"]["head"]

    def modes(self):
        gates = self.control.ask(op="status")["status"]["gates"]
        return {gate["mode"] for gate in gates if gate["mode_confirmed"]} \
            if all(gate["mode_confirmed"] for gate in gates) else set()

    def await_mode(self, mode):
        end = time.monotonic() + OPEN_S
        while self.modes() != {mode}:
            if time.monotonic() > end:
                raise RuntimeError("expected all gates in mode %s" % mode)
            time.sleep(0.1)


def at_rest(site, seconds):
    time.sleep(SETTLE_S)
    pid = site.daemon.pid
    began, used, resident = time.monotonic(), cpu_s(pid), []
    while time.monotonic() - began < seconds:
        time.sleep(0.5)
        resident.append(resident_kib(pid) / 1024)
    share = 100 * (cpu_s(pid) - used) / (time.monotonic() - began)
    figure("200 gates, processor", "< 15 %", [share], share < 15, " %")
    figure("200 gates, resident", "< 28 MiB", resident, max(resident) < 28, " MiB")


def seconds(stamp):
    """Of the day: an RFC 3339 time with nanoseconds, which datetime does not read."""
    hours, minutes, rest = stamp[11:].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def emergencies(site, rounds):
    """From the raise to the last gate's acknowledgement of the write that opens it, ms."""
    times = []
    for _ in range(rounds):
        first = site.head() + 1
        site.control.ask(op="emergency", who="bench", why="bench")
        site.await_mode("emergency")
        raised = site.raised_at(first)
        opened = site.opened_at(raised)
        if len(opened) != CONTROLLERS * UNITS:
            raise RuntimeError("expected %d opened gates, got %d"
                               % (CONTROLLERS * UNITS, len(opened)))
        times.append((seconds(max(opened.values())) - seconds(raised)) * 1000)
        site.control.ask(op="reset", who="bench", why="bench")
        site.await_mode("normal")
        time.sleep(1)
    figure("200 gates, all acknowledged", "<= 100 ms", times,
           sorted(times)[len(times) // 2] <= 100, " ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    with Province() as site:
        at_rest(site, args.seconds)
    Province.capture = True
    with Province() as site:
        emergencies(site, args.rounds)


if __name__ == "__main__":
    main()
