#!/usr/bin/env python3
"""Serves mixed traffic with faults for a long time, and watches memory, threads and descriptors: they must stay flat.

    tests/soak.py target/release/carafe --minutes 120 --samples target/soak.csv

Sessions, connections and waits are bounded tightly, so that every bound is reached in the first minutes: what grows after
them would grow for ever. Exit 0 if nothing does, if every answer was the expected one and if the server ends as asked.
"""

import argparse
import collections
import os
import random
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time

WORKERS = 64
FLAGS = f"--port 0 --workers {WORKERS} --session-cap 1000 --head-time 2s --body-time 2s --idle-time 4s --write-time 2s"


class Soak:
    def __init__(self, binary, rate, seed):
        self.rate, self.seed = rate, seed
        self.folder = tempfile.mkdtemp(prefix="carafe-soak-")
        subprocess.run([binary, "init", self.folder], check=True, stdout=subprocess.DEVNULL)
        self.big = os.path.join(self.folder, "www", "big.bin")
        self.write_big(2_000_000)
        self.process = subprocess.Popen(
            [binary, *FLAGS.split(), "--dir", self.folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        banner = self.process.stdout.readline()
        host, port = banner.split("http://")[1].strip().rsplit(":", 1)
        self.address = (host, int(port))
        self.counts = collections.Counter()
        self.wrong = []
        self.over = False
        self.jars = {}

    # One connection, one exchange.

    def connect(self):
        stream = socket.create_connection(self.address, timeout=15)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream

    def send(self, request, then_read=True):
        """All that comes back until the server closes; nothing, if it closed without a word."""
        with self.connect() as stream:
            answer = b""
            try:
                stream.sendall(request)
                while then_read and (piece := stream.recv(65536)):
                    answer += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
            return answer

    def ask(self, method, target, body=None, headers="", expected=(200,)):
        length = "" if body is None else (
            f"Content-Length: {len(body)}\r\nContent-Type: application/x-www-form-urlencoded\r\n")
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}{length}\r\n"
        answer = self.send(head.encode() + (body or b""))
        status = int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0
        # At the cap a 503 is the right answer to anybody. Should the close overtake it, there is none.
        if status not in (*expected, 503, 0):
            self.wrong.append(f"{method} {target}: {status}, expected {expected}: {answer[:200]!r}")
        self.counts[status] += 1
        return answer

    # Ordinary visitors.

    def pages(self):
        path, expected = random.choice([
            ("/", 200), ("/hello", 200), ("/search?q=tea", 200), ("/formtest", 200), ("/things", 200),
            ("/profile", 200), ("/ladder/none", 200), ("/nowhere", 404), ("/cycles", 200), ("/cycles/last.json", 200),
            ("/source/src/lib.rs", 200), ("/favicon.ico", 200), ("/boom", 500), ("/static/css/my-style-sheet.css", 200),
        ])
        self.ask("GET", path, headers=random.choice(["", "Accept: text/html\r\n"]), expected=(expected,))

    def visitor(self):
        """Comes back with a cookie, most times."""
        name = random.randrange(3000)
        cookie = self.jars.get(name, "")
        answer = self.ask("GET", "/ladder/session", headers=cookie)
        for line in answer.split(b"\r\n"):
            if line.startswith(b"Set-Cookie: carafe_sid="):
                self.jars[name] = f"Cookie: {line[12:].split(b';')[0].decode()}\r\n"

    def forms(self):
        name = random.randrange(3000)
        cookie = self.jars.get(name, "")
        self.ask("POST", "/process", b"name=" + b"x" * random.choice([1, 5, 500]), headers=cookie, expected=(303,))
        self.ask("GET", "/formtest", headers=cookie)

    def things(self):
        number = random.randrange(1, 200)
        method = random.choice(["POST", "PUT", "PATCH", "DELETE", "GET"])
        target = "/things" if method == "POST" else f"/things/{number}"
        body = None if method in ("GET", "DELETE") else b"name=kettle&colour=red"
        self.ask(method, target, body, expected=(200, 201, 204, 404))

    def files(self):
        header = random.choice(["", "Range: bytes=100-199\r\n", "If-None-Match: *\r\n", "Range: bytes=0-0,5-6\r\n"])
        self.ask("GET", "/static/big.bin", headers=header, expected=(200, 206, 304, 404, 416))

    def pipelined(self):
        requests = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" * 19 + b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answers = self.send(requests).count(b"Hello, World!")
        self.counts[200] += answers
        if answers not in (0, 20):
            self.wrong.append(f"{answers} of 20 pipelined requests were answered")

    def chunked(self):
        chunks = b"".join(b"%x\r\n%s\r\n" % (size, b"y" * size) for size in [1, 10, 1000])
        head = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = self.send(head.encode() + chunks + b"0\r\n\r\n")
        self.counts[200] += answer.startswith(b"HTTP/1.1 200")

    # Bad weather.

    def refused(self):
        for request, status in random.sample([
            (b"GARBAGE\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00", 400), (b"GET / HTTP/3.0\r\n\r\n", 505),
            (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
            (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
            (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n" + b"z" * 100_000, 413),
            (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"POST /things HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n", 403),
        ], 3):
            answer = self.send(request)
            self.counts[int(answer[9:12] or 0)] += 1
            if answer and int(answer[9:12]) not in (status, 503):
                self.wrong.append(f"{request[:60]!r}: {answer[:60]!r}, expected {status}")

    def gone(self):
        """Hangs up in the middle: quietly, or with a reset."""
        part = random.choice([
            b"GET /hello HT", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
            b"GET /static/big.bin HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /cycles/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", b""])
        with self.connect() as stream:
            try:
                stream.sendall(part)
                stream.settimeout(random.choice([0.01, 0.2]))
                stream.recv(random.choice([1, 10_000]))
            except OSError:
                pass
            if random.random() < 0.5:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.counts["hung up"] += 1

    def slow(self):
        """Says half of a request and waits; or asks for much and reads nothing."""
        part = random.choice([
            b"GET /hello HTTP/1.1\r\nHost: x\r\n", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", b"",
            b"GET /static/big.bin HTTP/1.1\r\nHost: x\r\n\r\n" * 10])
        with self.connect() as stream:
            try:
                stream.sendall(part)
                self.wait(6)
            except OSError:
                pass
        self.counts["slow"] += 1

    def flood(self):
        """More connections than there are workers: 503 for the rest, and calm again when they leave."""
        streams = []
        try:
            for _ in range(2 * WORKERS):
                streams.append(self.connect())
        except OSError:
            pass
        self.wait(1)
        for stream in streams:
            stream.close()
        self.counts["floods"] += 1

    def edits(self):
        """A page and a file change under the server's hands. Nobody else asks for that page."""
        page = os.path.join(self.folder, "templates", "hello.html")
        with open(page, encoding="utf-8") as file:
            good = file.read()
        for text in ["{% if broken", None, good]:
            if text is None:
                os.remove(page)
            else:
                with open(page + ".new", "w", encoding="utf-8") as file:
                    file.write(text)
                os.rename(page + ".new", page)
            self.ask("GET", "/hello/Ada", expected=(200,) if text is good else (500,))
        for size in [0, 10, 3_000_000, 2_000_000]:
            self.write_big(size)
            self.wait(0.05)

    def write_big(self, size):
        with open(self.big, "wb") as file:
            file.write(os.urandom(1024) * (size // 1024))

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.over:
            time.sleep(min(0.2, seconds))

    def visit(self, number):
        """One of eight who ask, each at an eighth of the rate."""
        random.seed(self.seed + number)
        kinds = [self.pages] * 8 + [self.visitor] * 4 + [self.forms] * 2 + [self.things] * 2 + [self.files] * 2 + [
            self.pipelined, self.chunked, self.refused, self.gone]
        while not self.over:
            begun = time.monotonic()
            self.guarded(random.choice(kinds))
            self.wait(max(0, 8 / self.rate - (time.monotonic() - begun)))

    def storm(self, action, pause):
        """The faults that take their time."""
        while not self.over:
            self.guarded(action)
            self.wait(pause)

    def guarded(self, action):
        try:
            action()
        except OSError as error:
            # At the cap a connection may be refused or cut: that is counted, and bounded at the end.
            self.counts[type(error).__name__] += 1
        except Exception as error:  # a fault of this script must be seen
            self.wrong.append(f"{action.__name__}: {error!r}")

    def sample(self):
        status = open(f"/proc/{self.process.pid}/status", encoding="ascii").read()
        value = lambda name: int(status.split(name + ":")[1].split()[0])
        return value("VmRSS"), value("Threads"), len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def run(self, minutes, samples):
        self.ask("GET", "/")  # so that /cycles/last.json has a cycle to show from the first moment on
        begun = time.monotonic()
        threads = [threading.Thread(target=self.visit, args=(number,)) for number in range(8)]
        threads += [threading.Thread(target=self.storm, args=storm) for storm in
                    [(self.slow, 1), (self.slow, 2), (self.flood, 20), (self.edits, 10)]]
        for thread in threads:
            thread.start()
        rows = []
        with open(samples, "w", encoding="ascii") as file:
            file.write("seconds,rss_kib,threads,descriptors,requests,wrong\n")
            while (elapsed := time.monotonic() - begun) < minutes * 60 and self.process.poll() is None:
                row = (round(elapsed), *self.sample(), sum(self.counts.values()), len(self.wrong))
                rows.append(row)
                file.write(",".join(map(str, row)) + "\n")
                file.flush()
                time.sleep(10)
        self.over = True
        for thread in threads:
            thread.join()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "it had to be killed"
        return rows, code


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--rate", type=float, default=300, help="exchanges a second, about")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", default="soak.csv")
    arguments = parser.parse_args()
    os.nice(15)
    soak = Soak(arguments.binary, arguments.rate, arguments.seed)
    rows, code = soak.run(arguments.minutes, arguments.samples)
    print(f"{len(rows)} samples over {rows[-1][0] / 60:.1f} minutes, {rows[-1][4]} exchanges, exit code {code}")
    print(dict(soak.counts.most_common()))
    failed = code != 0
    # The first quarter fills every table; the second and the last should look alike.
    quarter = len(rows) // 4
    for column, name, slack in [(1, "rss_kib", 2048), (2, "threads", 8), (3, "descriptors", 8)]:
        early, late = (statistics.median(row[column] for row in part) for part in (rows[quarter:2 * quarter + 1], rows[-quarter - 1:]))
        highest = max(row[column] for row in rows)
        print(f"{name}: median {early} in the second quarter, {late} in the last; highest {highest}")
        failed |= late > early * 1.1 + slack
    for wrong in soak.wrong[:20]:
        print("unexpected:", wrong)
    raise SystemExit(1 if failed or soak.wrong else 0)


main()
