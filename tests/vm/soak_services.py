"""For the soak: daemons that are started again whenever they were killed, and watched for leaks; readers that
keep what they saw."""


import collections
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

from processes import COMMAND, PROBE
from soak_account import Seen

LINES_KEPT = 400
WARM_S = 20  # a process may grow for so long before it is measured
Sample = collections.namedtuple("Sample", "age_s own_kb fds")


def measure(pid):
    """Memory of its own and descriptors of a process; None when it is gone. The ring's pages are not its
    own: they come with the ring, slot by slot, and go with it; segments are counted for all processes."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        own_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:"))
        return own_kb, len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError, StopIteration):
        return None


class Service:
    """A daemon as its service manager keeps it: started again when it dies. That it was killed is
    expected when it was us; anything else is noted."""

    def __init__(self, name, words, environment=None):
        self.name, self.words = name, words  # words() gives the command, anew for each life
        self.environment = {**os.environ, **(environment or {})}
        self.lives, self.unexpected = 0, []
        self.samples = []  # of each life that was long enough: the first one when warm, and the last
        self.is_wanted, self.was_killed = True, False
        self.lines = collections.deque(maxlen=LINES_KEPT)
        self.log = open(f"/run/out/{name}.log", "w")
        self.process = None
        self.lock = threading.Lock()
        self.is_up = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.is_up.wait()

    def died(self):
        """Between two lives."""

    def run(self):
        while self.is_wanted:
            words = [str(word) for word in self.words()]
            self.log.write(f"$ {' '.join(words)}\n")
            with self.lock:
                self.was_killed = False
                self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                                stdin=subprocess.DEVNULL, text=True,
                                                env=self.environment)
                self.begun = time.monotonic()
                self.warm = self.last = None
                self.lives += 1
            self.is_up.set()
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))
                self.log.write(line)
                self.log.flush()
            code = self.process.wait()
            self.end_life()
            if code != 0 or self.is_wanted:
                if not self.was_killed:
                    self.unexpected.append(f"{self.name} ended with {code}: {list(self.lines)[-3:]}")
                    time.sleep(1)  # as RestartSec does: no storm
            self.died()

    def end_life(self):
        if self.warm and self.last.age_s > 2 * WARM_S:
            self.samples.append((self.warm, self.last))

    def sample(self):
        with self.lock:
            age_s, now = time.monotonic() - self.begun, measure(self.process.pid)
            if now and age_s > WARM_S:
                self.last = Sample(age_s, *now)
                self.warm = self.warm or self.last

    def kill(self):
        with self.lock:
            self.was_killed = True
            self.process.send_signal(signal.SIGKILL)

    def pause(self, seconds):
        """Stopped for a while, as by a busy machine or a debugger."""
        with self.lock:
            self.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """As it is stopped in the end; whether it ended well is in self.unexpected."""
        self.is_wanted = False
        self.process.send_signal(signal.SIGTERM)
        self.thread.join(60)
        if self.thread.is_alive():
            self.unexpected.append(f"{self.name} does not end")
            self.process.kill()

    def growth(self):
        """The worst of all lives: kilobytes and descriptors grown; and the seconds of the longest."""
        lives = [(last.own_kb - warm.own_kb, last.fds - warm.fds, last.age_s - warm.age_s)
                 for warm, last in self.samples]
        return (max(kb for kb, _, _ in lives), max(fds for _, fds, _ in lives),
                max(age for _, _, age in lives)) if lives else (0, 0, 0)


class Capture(Service):
    """Knows what was counted in all its lives: by what it tells its service manager every second, and by
    what stands in its last ring, which is exact when it was killed but knows nothing of rings before."""

    def __init__(self, camera, words):
        self.camera, self.rings, self.told = camera, {}, {}  # told: by life
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"/run/test/notify-{camera}")
        threading.Thread(target=self.listen, daemon=True).start()
        super().__init__(f"capture-{camera}", words, {"NOTIFY_SOCKET": f"/run/test/notify-{camera}"})

    def listen(self):
        while True:
            text = self.socket.recv(65536).decode()
            match = re.search(r"STATUS=.* frames/s, (\d+) frames, \d+ dropped(?: \((.*?)\))?", text)
            if match:
                self.told[self.lives] = {"published": int(match[1]), **{
                    reason: int(n) for n, reason in re.findall(r"(\d+) (\w+)", match[2] or "")}}

    def note(self):
        done = subprocess.run([COMMAND, "info", self.camera, "--json", "--window", "0"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.stdout.startswith("{"):
            ring = json.loads(done.stdout)
            if "frames" in ring:  # not while an epoch is being begun
                self.rings[self.lives, ring["epoch"]] = {"published": ring["frames"], **ring["dropped"]}

    def died(self):
        self.note()

    def total(self):
        total = collections.Counter()
        for life in range(1, self.lives + 1):
            rings = collections.Counter()
            for (ring_life, _), counts in self.rings.items():
                if ring_life == life:
                    rings.update(counts)
            told = self.told.get(life, {})
            total.update({name: max(rings[name], told.get(name, 0)) for name in {*rings, *told}})
        return total


class SoakReader:
    """Sees every frame of a camera that it can, and wakes whoever waits for one."""

    def __init__(self, camera):
        self.camera, self.seen, self.gone, self.torn = camera, [], 0, 0
        self.news = threading.Condition()
        self.process = subprocess.Popen([PROBE, camera, str(1 << 30), "--patience", "600"],
                                        stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        pending = 0  # frames that were torn while it read them count as missed
        for line in self.process.stdout:
            frame = json.loads(line)
            with self.news:
                if "event" in frame:
                    self.gone += 1
                elif not frame["intact"]:
                    self.torn += 1
                    pending += 1 + frame["missed"]
                else:
                    is_same = self.seen and self.seen[-1].epoch == frame["epoch"]
                    self.seen.append(Seen(frame["epoch"], frame["number"], frame["sequence"],
                                          frame["missed"] + (pending if is_same else 0), frame["drawn"],
                                          frame["captured_ns"]))
                    pending = 0
                self.news.notify_all()

    def wait_for_more(self, frames, patience_s):
        """Until it has seen so many more; the seconds that took, or None."""
        begun = time.monotonic()
        with self.news:
            wanted = len(self.seen) + frames
            is_there = self.news.wait_for(lambda: len(self.seen) >= wanted, patience_s)
        return time.monotonic() - begun if is_there else None

    def stop(self):
        self.process.kill()
        self.process.wait()
