"""make bench: carafe beside the servers that professionals use, in one run, on this machine.

Builds or installs what it needs, starts each server on a free loopback port, and measures them in turns: a round is every
server once, so that what else goes on in the machine meets all of them. Prints one table a workload, with the median of
the rounds and carafe's ratio to each peer, and what it skipped; writes tests/bench/growth.svg.

    make bench              all of it: about three quarters of an hour
    make bench QUICK=1      under three minutes: one round, fewer counts, no plot
    make bench ONLY=plaintext,files ROUNDS=5 PEERS=nginx,axum,actix
    make bench BASE=PATH    beside another checkout of carafe, in the same rounds; PEERS=base measures nothing else
    make bench ONLY=instructions   counts what a request costs, with callgrind; no noise moves these figures

The load comes from wrk on the same processors, so the requests a second are those of both together; only ratios of one run
mean anything, and below a tenth they mean nothing.
"""

import datetime
import html
import http.client
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import growth

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target" / "bench"
QUICK = os.environ.get("QUICK", "") not in ("", "0")
ROUNDS = int(os.environ.get("ROUNDS", "1" if QUICK else "5"))
SECONDS = int(os.environ.get("SECONDS_EACH", "1" if QUICK else "2"))
ONLY = [word for word in os.environ.get("ONLY", "").split(",") if word]
PEERS = [word for word in os.environ.get("PEERS", "nginx,axum,actix" if QUICK else "").split(",") if word]
BASE = Path(os.environ["BASE"]).resolve() if os.environ.get("BASE") else None
SMALL, LARGE = "4k.bin", "10m.bin"
skipped = []


# ---- What is needed


def skip(what):
    skipped.append(what)
    print(f"skipped: {what}", file=sys.stderr)


def need(program, package):
    """True if a program is there, installed by apt if need be and possible."""
    if not shutil.which(program) and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "-qq", "update"], check=False, **quiet)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "install", "-y", package], check=False, env=environment, **quiet)
    return bool(shutil.which(program))


def cargo(folder, target):
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", str(target)]
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def bench_program(root, target):
    """Builds the program that is measured, of this checkout or of another. Its path, or None if it could not be built."""
    if (root / "tests/bench/carafe.rs").exists():
        command = ["cargo", "build", "--release", "--locked", "--quiet", "--bin", "carafe", "--example", "bench"]
        built, binary = command, target / "release" / "examples" / "bench"
    else:
        # Until November 2026 it was one of the peers.
        manifest = root / "tests/bench/peers/Cargo.toml"
        built = ["cargo", "build", "--release", "--quiet", "--bin", "carafe", "--manifest-path", str(manifest)]
        target, binary = target / "bench", target / "bench" / "release" / "carafe"
    # The package's own profile, also where another project's would hold.
    profile = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "2"}
    done = subprocess.run([*built, "--target-dir", str(target)], cwd=root, env=os.environ | profile, check=False)
    return binary if done.returncode == 0 and binary.exists() else None


def gunicorn():
    """The path of a gunicorn with Flask, in target/venv; None if it cannot be had."""
    venv = ROOT / "target" / "venv"
    program = venv / "bin" / "gunicorn"
    if not (program.exists() and (venv / "bin" / "flask").exists()):
        if not (venv / "bin" / "pip").exists():
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=False)
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", "flask==3.*", "gunicorn"], check=False)
    return program if program.exists() else None


def raise_descriptor_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (65536, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            return wanted
        except (ValueError, OSError):
            continue
    return soft


# ---- Servers


class Server:
    """A running server, and what it has used so far."""

    def __init__(self, name, headers, extra=()):
        self.name, self.port, self.cookie, self.page = name, free_port(), "", None
        command, environment = commands(headers)[name]
        if name == "nginx":
            (TARGET / f"nginx-{self.port}.conf").write_text(nginx_configuration(self.port, headers))
        words = [str(word).replace("PORT", str(self.port)) for word in [*command, *extra]]
        with open(TARGET / f"{name}.log", "w", encoding="utf-8") as log:
            where = {"cwd": TARGET / "empty", "stdout": log, "stderr": log}
            self.begun = time.monotonic()
            self.process = subprocess.Popen(words, env=os.environ | environment, **where)
        self.wait()

    def wait(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.ask("/hello")
                self.started = time.monotonic() - self.begun
                return
            except OSError:
                time.sleep(0.0002)
        self.stop()
        raise RuntimeError(f"{self.name} does not answer; see {TARGET / (self.name + '.log')}")

    def ask(self, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    def processes(self):
        """The process and its children (nginx and gunicorn have workers)."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    found += [int(word) for word in task.read_text().split()]
                except OSError:
                    continue
        return found

    def cpu(self):
        """Seconds of processor time so far."""
        ticks = 0
        for pid in self.processes():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
            except OSError:
                continue
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident bytes, what processes share counted once."""
        total = 0
        for pid in self.processes():
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024
            except OSError:
                continue
        return total

    def wakeups(self):
        """How often its threads have begun to wait, all together."""
        total = 0
        for pid in self.processes():
            for status in Path(f"/proc/{pid}/task").glob("*/status"):
                try:
                    total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.M)[1])
                except (OSError, TypeError):
                    continue
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


NGINX = """daemon off; worker_processes auto; pid FOLDER/nginx.pid; error_log FOLDER/nginx.err; worker_rlimit_nofile LIMIT;
events { worker_connections 16000; }
http {
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 60s;
  default_type application/octet-stream; charset utf-8; server_tokens off;
  client_body_temp_path FOLDER/n1; proxy_temp_path FOLDER/n2; fastcgi_temp_path FOLDER/n3; uwsgi_temp_path FOLDER/n4;
  scgi_temp_path FOLDER/n5;
  HEADERS
  server { listen 127.0.0.1:PORT backlog=4096;
    location = /hello { default_type text/plain; return 200 "Hello, World!\\n"; }
    location /static/ { alias FOLDER/files/; }
  } }
"""


def nginx_configuration(port, headers):
    pairs = [line.split(": ", 1) for line in headers.splitlines()]
    lines = "\n  ".join(f'add_header {name} "{value}";' for name, value in pairs)
    limit = str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    text = NGINX.replace("FOLDER", str(TARGET)).replace("HEADERS", lines).replace("LIMIT", limit)
    return text.replace("PORT", str(port))


def carafe(*words):
    return [TARGET / "carafe", "PORT", HERE / "templates", TARGET / "files", *words]


def shipped(*words):
    binary = ROOT / "target" / "release" / "carafe"
    return [binary, "--port", "PORT", "--log", "off", "--dir", TARGET / "site", *words]


def commands(headers):
    """Every server by name: its command line and environment."""
    environment = {"BENCH_HEADERS": headers, "BENCH_TEMPLATES": str(HERE / "templates"), "BENCH_FILES": str(TARGET / "files")}
    found = {
        "carafe": (carafe(), {}),
        "carafe, recording": (carafe("record"), {}),
        "carafe, as shipped": (shipped(), {}),
        "carafe, --no-cycles": (shipped("--no-cycles"), {}),
    }
    if BASE:
        found["base"] = ([TARGET / "base", *carafe()[1:]], {})
    if need("nginx", "nginx-light"):
        found["nginx"] = (["nginx", "-e", TARGET / "nginx.err", "-c", f"{TARGET}/nginx-PORT.conf"], {})
    else:
        skip("nginx: not installed")
    for peer in ("floor", "axum", "actix", "tiny_http", "rouille", "book"):
        binary = TARGET / "release" / peer
        if binary.exists():
            command = ([binary, "PORT", HERE / "templates", TARGET / "files"], environment)
            found[peer] = command
            if peer in ("axum", "actix"):
                found[f"{peer}, compiled templates"] = command
    flask = gunicorn() if not PEERS or "flask" in PEERS else None
    if flask:
        found["flask"] = ([flask, "-w", "2", "--threads", "4", "-b", "127.0.0.1:PORT", "--chdir", HERE, "flask_app:app"], environment)
    elif not PEERS:
        skip("Flask under gunicorn: not installed")
    return {name: pair for name, pair in found.items() if not PEERS or name.split(",")[0] in (*PEERS, "carafe")}


# ---- Load


def wrk(server, path, connections, headers=(), script=None, seconds=SECONDS):
    """One run of wrk: requests a second, p50 and p99 in milliseconds, processor time a request in microseconds."""
    command = ["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d", f"{seconds}s", "--latency"]
    for header in [*headers, *([f"Cookie: {server.cookie}"] if server.cookie else [])]:
        command += ["-H", header]
    command += ["-s", str(script)] if script else []
    before = server.cpu()
    text = subprocess.run([*command, f"http://127.0.0.1:{server.port}{server.page or path}"], capture_output=True, text=True, check=False).stdout
    used = server.cpu() - before
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    total = re.search(r"(\d+) requests in", text)
    if not rate or not total or int(total[1]) == 0:
        return None
    part = lambda percent: milliseconds(re.search(rf"^\s+{percent}%\s+(\S+)$", text, re.M)[1])
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if failed and int(failed[1]) > int(total[1]) / 100:
        return None
    return {"rate": float(rate[1]), "p50": part(50), "p99": part(99), "cpu": used / int(total[1]) * 1e6, "memory": server.memory()}


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(\w+)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def rounds(servers, run, times=ROUNDS):
    """Results by server's name, `None` for a round without answers; in each round every server once, each round beginning with another."""
    results = {server.name: [] for server in servers}
    for number in range(times):
        for at in range(len(servers)):
            server = servers[(number + at) % len(servers)]
            results[server.name].append(run(server))
    return results


def answered(results):
    return [result for result in results if result]


def median(results, what):
    return statistics.median(result[what] for result in results)


def table(title, results, note=""):
    """Prints a workload. The ratio to each peer is the median of the rounds' ratios: that of carafe as it is shipped but
    for the record, or, where the shipped program has no such page, of the same page on the library."""
    print(f"\n### {title}\n\n{note}" if note else f"\n### {title}\n")
    print("| server | requests/s, median | min-max | p50 ms | p99 ms | CPU µs | RSS MiB | carafe ÷ it |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    own = results.get("carafe, --no-cycles") or results.get("carafe") or []
    for name, all_found in results.items():
        # Round by round, so that what slowed a whole round slowed both.
        ratios = [ours["rate"] / theirs["rate"] for ours, theirs in zip(own, all_found) if ours and theirs]
        found = answered(all_found)
        if not found:
            print(f"| {name} | no answers | | | | | | |")
            continue
        rates = [result["rate"] for result in found]
        cells = [f"{median(found, 'rate'):,.0f}", f"{min(rates):,.0f}-{max(rates):,.0f}", f"{median(found, 'p50'):.2f}"]
        cells += [f"{median(found, 'p99'):.2f}", f"{median(found, 'cpu'):.1f}", f"{median(found, 'memory') / 2**20:.1f}", f"{statistics.median(ratios):.2f}" if ratios else "-"]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def facts(title, rows, heads):
    print(f"\n### {title}\n\n| " + " | ".join(heads) + " |\n|---" + "|--:" * (len(heads) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


# ---- Workloads


class Bench:
    def __init__(self):
        probe = Server("carafe", "")
        response, _ = probe.ask("/hello")
        own = {"Content-Type", "Content-Length", "Date", "Connection"}
        self.headers = "\n".join(f"{name}: {value}" for name, value in response.getheaders() if name not in own)
        self.expected = {path: probe.ask(path)[1] for path in ("/hello", "/page", f"/static/{SMALL}")}
        probe.stop()
        self.names = list(commands(self.headers))
        self.growth = {}

    def start(self, path, but=()):
        """Every server that can answer this path as carafe does."""
        servers = []
        for name in self.names:
            if name in but or (name == "nginx" and path in ("/page", "/count")):
                continue
            if (name in ("book", "floor") and path != "/hello") or ("compiled" in name and path != "/page"):
                continue
            if name in ("carafe, as shipped", "carafe, --no-cycles") and path in ("/page", "/count"):
                continue
            try:
                server = Server(name, self.headers)
                servers.append(server)
                if "compiled" in name:
                    server.page = "/compiled"
                    # askama writes other references for the same letters.
                    text = server.ask(server.page)[1].decode()
                    same = html.unescape(text) == html.unescape(self.expected[path].decode())
                elif path == "/count":
                    response, _ = server.ask(path)
                    server.cookie = (response.getheader("Set-Cookie") or "").split(";")[0]
                    _, body = server.ask(path, {"Cookie": server.cookie})
                    same = body == b"visit 2\n"
                else:
                    _, body = server.ask(path)
                    same = body == self.expected.get(path, body)
            except (RuntimeError, OSError) as error:
                skip(f"{name}, {path}: {error}")
                continue
            if not same:
                skip(f"{name}, {path}: its answer is not carafe's: {body[:60]!r}")
                servers.remove(server)
                server.stop()
        return servers

    def compare(self, title, path, connections, but=(), note="", **load):
        servers = self.start(path, but)
        try:
            for count in connections:
                head = f"{title}, {count} connection{'s' if count > 1 else ''}"
                results = rounds(servers, lambda server: wrk(server, path, count, **load))
                table(head, results, note)
                if path == "/hello" and not load:
                    for name, found in ((name, answered(found)) for name, found in results.items()):
                        if found:
                            point = (count, *(median(found, what) for what in ("rate", "p99", "memory")))
                            self.growth.setdefault(name, []).append(point)
        finally:
            for server in servers:
                server.stop()

    def plaintext(self):
        self.compare("plaintext", "/hello", [16, 64] if QUICK else [1, 4, 16, 64, 256])

    def page(self):
        self.compare("template page", "/page", [16, 64] if QUICK else [1, 4, 16, 64, 256])

    def counter(self):
        self.compare("session counter", "/count", [16, 64] if QUICK else [1, 4, 16, 64, 256])

    def files(self):
        self.compare("4 KiB file", f"/static/{SMALL}", [64])
        self.compare("10 MiB file", f"/static/{LARGE}", [4])

    def pipelined(self):
        self.compare("pipelined, 16 deep", "/hello", [64], but=("book", "flask"), script=HERE / "pipeline.lua")

    def closing(self):
        self.compare("a connection per request", "/hello", [64], headers=("Connection: close",))

    def dribble(self):
        """One good client, alone and beside 500 that send a byte a second."""
        rows = []
        for name in self.quiet_names():
            server = Server(name, self.headers)
            alone, beside = [], []
            for _ in range(ROUNDS):
                alone.append(wrk(server, "/hello", 1))
                with Dribblers(server.port, 500):
                    beside.append(wrk(server, "/hello", 1))
            server.stop()
            if not (all(alone) and all(beside)):
                rows.append([name, "no answers", "", "", ""])
                continue
            kept = median(beside, "rate") / median(alone, "rate")
            cells = [f"{median(alone, 'rate'):,.0f}", f"{median(beside, 'rate'):,.0f}", f"{kept:.2f}", f"{median(beside, 'p99'):.2f}"]
            rows.append([name, *cells])
        facts("one good client beside 500 that dribble", rows, ["server", "alone", "beside", "kept", "p99 ms"])

    def idle(self):
        """10,000 connections that asked once and now say nothing."""
        rows = []
        for name in self.quiet_names():
            server = Server(name, self.headers)
            before = [wrk(server, "/hello", 16) for _ in range(ROUNDS)]
            try:
                held = hold(server.port, 10_000)
            except OSError as error:
                rows.append([name, f"not held: {error}", "", "", "", "", ""])
                server.stop()
                continue
            time.sleep(1)
            cpu, wakeups = server.cpu(), server.wakeups()
            time.sleep(2)
            cpu, wakeups = (server.cpu() - cpu) / 2 * 100, (server.wakeups() - wakeups) / 2
            memory = server.memory()
            first = [first_answer(stream) for stream in held[::50]]
            beside = [wrk(server, "/hello", 16) for _ in range(ROUNDS)]
            alive = sum(first_answer(stream) is not None for stream in held[7::100])
            for stream in held:
                stream.close()
            server.stop()
            first = [wait for wait in first if wait is not None]
            kept = median(beside, "rate") / median(before, "rate")
            cells = [f"{alive * 100:,}", f"{memory / 2**20:.0f}", f"{cpu:.1f} %", f"{wakeups:.0f}"]
            rows.append([name, *cells, f"{statistics.median(first) * 1e3:.2f}" if first else "-", f"{kept:.2f}"])
        heads = ["server", "held", "RSS MiB", "CPU", "wake-ups/s", "first answer ms", "others keep"]
        facts("10,000 idle connections", rows, heads)

    def calm(self):
        """Start to first answer, memory, wake-ups and size with nothing to do."""
        rows = []
        sizes = {"carafe": ROOT / "target" / "release" / "carafe", "nginx": Path(shutil.which("nginx") or "/nowhere")}
        for name in self.quiet_names():
            starts = []
            for _ in range(ROUNDS):
                server = Server(name if name != "carafe" else "carafe, as shipped", self.headers)
                starts.append(server.started)
                time.sleep(0.2)
                if len(starts) == ROUNDS:
                    wakeups, memory = server.wakeups(), server.memory()
                    time.sleep(2)
                    wakeups = (server.wakeups() - wakeups) / 2
                server.stop()
            binary = sizes.get(name, TARGET / "release" / name)
            size = f"{binary.stat().st_size / 2**20:.1f}" if binary.exists() else "-"
            rows.append([name, f"{statistics.median(starts) * 1e3:.1f}", f"{memory / 2**20:.1f}", f"{wakeups:.0f}", size])
        facts("start and rest", rows, ["server", "first answer ms", "RSS MiB", "wake-ups/s", "binary MiB"])

    def sessions(self):
        """The counter, with other rows in the table."""
        rows, points, base = [], [], None
        for count in (1, 100_000, 1_000_000):
            server = Server("carafe", self.headers, ["quiet", str(count)])
            memory = server.memory()
            response, _ = server.ask("/count")
            server.cookie = response.getheader("Set-Cookie").split(";")[0]
            found = [wrk(server, "/count", 64) for _ in range(ROUNDS)]
            server.stop()
            rate = median(found, "rate")
            base = base or (rate, memory)
            each = f"{(memory - base[1]) / count:.0f}" if count > 1 else "-"
            points.append((count, rate, median(found, "p99"), memory))
            rows.append([f"{count:,}", f"{rate:,.0f}", f"{rate / base[0]:.2f}", f"{median(found, 'p99'):.2f}", each])
        self.growth["sessions"] = points
        facts("sessions in the table", rows, ["rows", "requests/s", "÷ one row", "p99 ms", "bytes a row"])
        rows = []
        for name, lifetime in (("expired, and swept", "1"), ("not expired: what the machine adds", "1800")):
            server = Server("carafe", self.headers, ["quiet", "1000000", lifetime])
            time.sleep(1.5)
            with socket.create_connection(("127.0.0.1", server.port)) as stream:
                waits = sorted(first_answer(stream, b"GET /count HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(20_000))
            server.stop()
            cells = [f"{waits[len(waits) // 2] * 1e3:.3f}", f"{waits[-len(waits) // 1000] * 1e3:.3f}", f"{waits[-1] * 1e3:.2f}"]
            rows.append([name, *cells])
        facts("20,000 new sessions beside a million", rows, ["the million", "median ms", "p99.9 ms", "longest ms"])

    def instructions(self):
        """What a request costs in user space: the count for 2,200 requests less that for 200, by 2,000, on one connection."""
        if not need("valgrind", "valgrind"):
            return skip("instructions: valgrind is not installed")
        more = b"".join(b"X-Header-%d: some value\r\n" % number for number in range(8))
        cases = [
            ("plain text", b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", []),
            ("each further header", b"GET /hello HTTP/1.1\r\nHost: x\r\n" + more + b"\r\n", []),
            ("plain text, recorded", b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", ["record"]),
            ("page", b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n", []),
            ("session's counter", b"GET /count HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n\r\n", []),
            ("4 KiB file", b"GET /static/4k.bin HTTP/1.1\r\nHost: x\r\n\r\n", []),
        ]
        programs = {"carafe": TARGET / "carafe"} | ({"base": TARGET / "base"} if BASE else {})
        rows, plain = [], {}
        for title, request, further in cases:
            counts = []
            for name, program in programs.items():
                each = (counted(program, request, further, 2200) - counted(program, request, further, 200)) / 2000
                if title == "plain text":
                    plain[name] = each
                if title.startswith("each"):
                    each = (each - plain[name]) / 8
                counts.append(each)
            ratio = f"{counts[0] / counts[1]:.2f}" if BASE else "-"
            rows.append([title, *(f"{count:,.0f}" for count in counts), ratio])
        heads = ["a request", *programs, "carafe ÷ base"]
        facts("instructions a request, counted by callgrind on one connection", rows, heads)

    def curve(self):
        """From 1 to 10,000 connections, for the plot."""
        for name in [name for name in ("carafe", "nginx", "axum", "actix", "floor") if name in self.names]:
            server = Server(name, self.headers)
            points = []
            for count in [1, 2, 4, 8, 16, 32, 64, 128, 256, 1000, 3000, 10_000]:
                found = [result for result in (wrk(server, "/hello", count) for _ in range(3)) if result]
                if found:
                    points.append((count, *(median(found, what) for what in ("rate", "p99", "memory"))))
            server.stop()
            self.growth[name] = points
        rows = [[name, *(f"{point[1]:,.0f}" for point in points)] for name, points in self.growth.items() if name != "sessions"]
        counts = [f"{point[0]:,}" for point in self.growth.get("carafe", [])]
        facts("plaintext, requests/s by connections", [row for row in rows if len(row) == len(counts) + 1], ["server", *counts])

    def quiet_names(self):
        return [name for name in ("carafe", "nginx", "axum", "actix") if name in self.names]


def counted(program, request, further, times):
    """How many instructions a server takes from its start until it has answered this request so many times."""
    port, log = free_port(), TARGET / "callgrind.log"
    words = [program, str(port), HERE / "templates", TARGET / "files", *further]
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={TARGET / 'callgrind.out'}", f"--log-file={log}", *words]
    process = subprocess.Popen([str(word) for word in command], cwd=TARGET / "empty")
    end = time.monotonic() + 60
    while True:
        try:
            stream = socket.create_connection(("127.0.0.1", port), timeout=60)
            break
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
    with stream:
        if b"COOKIE" in request:
            first = answer_of(stream, request.replace(b"Cookie: COOKIE\r\n", b""))
            request = request.replace(b"COOKIE", re.search(rb"[Ss]et-[Cc]ookie: ([^;]+)", first)[1])
        for _ in range(times):
            answer_of(stream, request)
    process.terminate()
    process.wait(60)
    return int(re.search(r"Collected : (\d+)", log.read_text())[1])


def answer_of(stream, request):
    """Sends a request and reads its whole answer."""
    stream.sendall(request)
    answer = stream.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += stream.recv(65536)
    head, body = answer.split(b"\r\n\r\n", 1)
    missing = int(re.search(rb"[Cc]ontent-[Ll]ength: (\d+)", head)[1]) - len(body)
    while missing > 0:
        missing -= len(stream.recv(65536))
    return answer


class Dribblers:
    """Clients that never finish a request."""

    def __init__(self, port, count):
        self.streams = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.dribble)

    def dribble(self):
        text = b"GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"x" * 1000
        for byte in text:
            for stream in self.streams:
                try:
                    stream.send(bytes([byte]))
                except OSError:
                    continue
            if self.over.wait(1):
                return

    def __enter__(self):
        self.thread.start()
        time.sleep(1.2)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for stream in self.streams:
            stream.close()


REQUEST = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


def hold(port, count):
    held = []
    for _ in range(count):
        stream = socket.create_connection(("127.0.0.1", port))
        stream.settimeout(5)
        held.append(stream)
        if first_answer(stream) is None:
            raise OSError(f"only {len(held) - 1:,} were answered")
    return held


def first_answer(stream, request=REQUEST):
    """Seconds from a request to the first bytes of its answer; None if there is none."""
    begun = time.perf_counter()
    try:
        stream.sendall(request)
        return time.perf_counter() - begun if stream.recv(65536) else None
    except OSError:
        return None


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    for folder in ("empty", "files", "site/www"):
        (TARGET / folder).mkdir(parents=True, exist_ok=True)
    # With this mark carafe takes the folder for its own.
    (TARGET / "site/www/carafe.txt").touch()
    for folder in ("files", "site/www"):
        (TARGET / folder / SMALL).write_bytes(bytes(range(256)) * 16)
        (TARGET / folder / LARGE).write_bytes(bytes(range(256)) * 4096 * 10)
    if not need("wrk", "wrk"):
        sys.exit("make bench needs wrk, which could not be installed")
    others = not PEERS or {"floor", "axum", "actix", "tiny_http", "rouille", "book"} & set(PEERS)
    for name, root in [("carafe", ROOT)] + ([("base", BASE)] if BASE else []):
        program = bench_program(root, root / "target")
        if not program:
            sys.exit(f"the program of {root} could not be built")
        shutil.copy2(program, TARGET / name)
    if others and not cargo(HERE / "peers", TARGET):
        sys.exit("the peers could not be built")
    limit = raise_descriptor_limit()
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    print(f"{datetime.date.today()}, {os.cpu_count()} cores of {cpu[1] if cpu else 'an unknown processor'}, "
          f"Linux {os.uname().release}, {limit:,} descriptors; {ROUNDS} rounds of {SECONDS} s.")
    bench = Bench()
    workloads = ["plaintext", "page", "counter", "files", "pipelined", "closing", "dribble", "idle", "calm", "sessions", "instructions", "curve"]
    unknown = [word for word in ONLY if word not in workloads]
    if unknown:
        sys.exit(f"found ONLY={','.join(unknown)}, expected some of {','.join(workloads)}")
    chosen = ONLY or [word for word in workloads if not (QUICK and word == "curve")]
    for workload in chosen:
        getattr(bench, workload)()
    if {"sessions", "curve"} <= set(chosen):
        (HERE / "growth.svg").write_text(growth.plot(bench.growth))
        print(f"\nwrote {(HERE / 'growth.svg').relative_to(ROOT)}")
    print("\nskipped: " + ("; ".join(skipped) if skipped else "nothing"))


if __name__ == "__main__":
    main()
