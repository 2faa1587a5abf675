# SPDX-License-Identifier: Apache-2.0
"""A whole site of eight turnstiles as processes, for the benchmarks that need one."""
import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(ROOT, "build", "bin")
BENCH = os.path.join(ROOT, "build", "release", "bench")
GATES = 8
READY_S = 20


def figure(name, bound, values, met, unit=""):
    """The line that `./dev bench` collects: figure, bound, median, smallest, largest, met."""
    text = ["%.2f%s" % (v, unit) for v in (statistics.median(values), min(values), max(values))]
    print("figure\t%s\t%s\t%s\t%s" % (name, bound, "\t".join(text), "met" if met else "MISSED"),
          flush=True)


class Lines:
    """A Unix socket that takes one JSON object a line and answers with one."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.reader = self.socket.makefile("r", encoding="utf-8")

    def ask(self, **request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(self.reader.readline())


class Site:
    """chilangd with all five plugins, eight gates and their lanes, before chilang-sim."""

    def __init__(self, preload=None, journal_in=BENCH):
        self.processes = []
        self.dir = tempfile.mkdtemp(prefix="chl-bench-")
        # The journal lies on the disk of the build, whatever the folder of temporary files is.
        self.disk = tempfile.mkdtemp(prefix="site-", dir=journal_in)
        try:
            self.start(preload)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def path(self, name):
        return os.path.join(self.dir, name)

    def spawn(self, *command, **more):
        process = subprocess.Popen(command, **more)
        self.processes.append(process)
        return process

    def tool(self, *command, **more):
        return subprocess.run([os.path.join(BIN, "chilang"), *command], check=True,
                              stdout=subprocess.PIPE, encoding="utf-8", **more).stdout

    def simulator(self, name):
        """Another controller. @return its address and its door."""
        process = self.spawn(os.path.join(BIN, "chilang-sim"), "--units", str(GATES), "--control",
                             self.path(name), stdout=subprocess.PIPE, encoding="ascii")
        return process.stdout.readline().split()[1], Lines(self.path(name))

    def start(self, preload):
        os.mkdir(self.path("trust"))
        self.tool("keygen", "issuer", "--out", self.path("issuer"))
        os.rename(self.path("issuer.pub.pem"), self.path("trust/issuer.pub.pem"))
        os.makedirs(self.path("keys"))
        self.tool("keygen", "curve", "--out", self.path("keys/server"))
        self.tool("keygen", "curve", "--out", self.path("monitor"), "--grant", self.path("keys"))
        self.address, self.sim = self.simulator("sim.sock")
        for lane in range(1, GATES + 1):
            os.mkfifo(self.path("lane%d" % lane))
        with open(self.path("site.yaml"), "w", encoding="utf-8") as file:
            file.write(self.yaml())
        environment = dict(os.environ)
        if preload:
            environment["LD_PRELOAD"] = preload
        with open(self.path("log"), "w", encoding="utf-8") as log:
            self.daemon = self.spawn(os.path.join(BIN, "chilangd"), "--config",
                                     self.path("site.yaml"), stdout=log, stderr=log,
                                     env=environment)
        self.control = self.wait_ready()
        self.lanes = [open(self.path("lane%d" % lane), "wb", buffering=0)
                      for lane in range(1, GATES + 1)]

    def yaml(self):
        gates = "".join(
            "  G%d: { name: Cổng %d, from: outside, to: san, pass_time: 7 s,\n"
            "        device: { plugin: bus, unit: %d, profile: lot-turnstile },"
            " lane: { scanner: s%d } }\n" % (i, i, i, i) for i in range(1, GATES + 1))
        scanners = "".join("  s%d: { use: scan_file, path: lane%d }\n" % (i, i)
                           for i in range(1, GATES + 1))
        return ("site: { id: san-thu, name: Sân thử, kind: festival }\n"
                "zones:\n  san: { name: Sân, limit: { warn: 80%%, hard: 100000 } }\n"
                "gates:\n%splugins:\n"
                "  bus: { use: gate_modbus, address: \"tcp://%s\", gap: 0 ms, poll: 250 ms }\n"
                "%s  stream: { use: stream_zmq, pull: \"tcp://127.0.0.1:*\","
                " live: \"tcp://127.0.0.1:*\", keys: keys }\n"
                "credentials: { accept: [declaration, hcert], trust: trust }\n"
                "journal: { path: %s }\ncontrol: %s\n"
                % (gates, self.address, scanners, os.path.join(self.disk, "journal.db"),
                   self.path("control.sock")))

    def wait_ready(self):
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self.daemon.poll() is None:
            try:
                control = Lines(self.path("control.sock"))
                status = control.ask(op="status")["status"]
                if all(gate["state"] == "OK" for gate in status["gates"]):
                    return control
            except OSError:
                pass
            time.sleep(0.05)
        with open(self.path("log"), encoding="utf-8") as log:
            raise RuntimeError("chilangd did not come up with all gates:\n" + log.read())

    def declare(self, count):
        """So many fresh codes."""
        with open(self.path("people.csv"), "w", encoding="utf-8") as file:
            file.write("name,birth,phone,from,symptoms,contact\n")
            file.writelines("Nguyễn Thị Thử %d,1990,0912345678,05977,none,no\n" % i
                            for i in range(count))
        return self.tool("declare", "--key", self.path("issuer"), "--batch",
                         self.path("people.csv"), "--text").split("\n")[:count]

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.rmtree(self.disk, ignore_errors=True)
