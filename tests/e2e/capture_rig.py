"""What tests of the daemons share: a run folder, the programs, a reader, a service manager's socket."""

import collections
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
CAPTURE = BUILD / "capture" / "framering-capture"
FOLLOW = BUILD / "tests" / "e2e" / "follow_ring"
PATIENCE_S = 60

Frame = collections.namedtuple("Frame", "epoch number sequence missed luma")


def ipc_objects():
    """Lines of segments and semaphore sets in this namespace."""
    found = []
    for table in ("shm", "sem"):
        found += pathlib.Path("/proc/sysvipc", table).read_text().splitlines()[1:]
    return found


def remove_ipc_objects(kind=""):
    """Takes all objects, or those of one kind, from whoever has them. A daemon that sees the first go removes
    the rest itself, and ipcrm then complains that it found less than it had listed."""
    subprocess.run(["ipcrm", f"--all={kind}" if kind else "--all"], check=False, capture_output=True)


def write_y4m(path, frames, width=64, height=48, rate=25, first=1):
    """A recording whose n-th frame is filled with first + n."""
    with open(path, "wb") as film:
        film.write(b"YUV4MPEG2 W%d H%d F%d:1 Ip C420jpeg\n" % (width, height, rate))
        for n in range(frames):
            film.write(b"FRAME\n" + bytes([first + n]) * (width * height * 3 // 2))


class Lines:
    """The lines that a process writes, as they come."""

    def __init__(self, pipe):
        self.fd = pipe.fileno()
        self.pipe = pipe
        self.buffer = b""
        self.seen = []

    def next(self, patience_s=PATIENCE_S):
        deadline = time.monotonic() + patience_s
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"no line in {patience_s} s; before: {self.seen[-20:]}")
            piece = os.read(self.fd, 65536)
            if not piece:
                raise AssertionError(f"the output ended; before: {self.seen[-20:]}")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.seen.append(line.decode(errors="replace"))
        return self.seen[-1]

    def until(self, pattern, patience_s=PATIENCE_S):
        """The match of the first line that fits."""
        deadline = time.monotonic() + patience_s
        while True:
            match = re.search(pattern, self.next(max(0.0, deadline - time.monotonic())))
            if match:
                return match


class Reader:
    """follow_ring in a process of its own."""

    def __init__(self, camera, env):
        self.process = subprocess.Popen([str(FOLLOW), camera], stdout=subprocess.PIPE, env=env)
        self.lines = Lines(self.process.stdout)

    def frame(self, patience_s=PATIENCE_S):
        match = self.lines.until(r"^frame (\d+) (\d+) (\d+) (\d+) (\d+)$", patience_s)
        return Frame(*map(int, match.groups()))

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Manager:
    """The socket on which a service manager listens to its service."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.seen = []  # (time, line)
        self.rest = []  # of the last message, whose lines come in no order

    def fill(self):
        """Messages of somebody else's, until there is no room for another. Returns their number."""
        n = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            try:
                while other.sendto(b"X_FULL=1", self.path):
                    n += 1
            except BlockingIOError:
                return n

    def take(self, patience_s=PATIENCE_S):
        """The lines of the next message; [] when none comes in time."""
        if not select.select([self.socket], [], [], max(0.0, patience_s))[0]:
            return []
        lines = self.socket.recv(65536).decode().splitlines()
        self.seen += [(time.monotonic(), line) for line in lines]
        return lines

    def until(self, pattern, patience_s=PATIENCE_S):
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            lines, self.rest = self.rest or self.take(deadline - time.monotonic()), []
            for line in lines:
                match = re.search(pattern, line)
                if match:
                    self.rest = [other for other in lines if other != line]
                    return match
        raise AssertionError(f"no {pattern} in {patience_s} s; before: {self.seen[-20:]}")


class CaptureCase(unittest.TestCase):
    """Each test has a run folder of its own, and must leave no System V object behind."""

    def setUp(self):
        self.assertEqual(ipc_objects(), [], "the IPC namespace is not empty before the test")
        self.folder = tempfile.mkdtemp(prefix="framering-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.rundir = os.path.join(self.folder, "run")
        os.mkdir(self.rundir)
        os.chmod(self.folder, 0o755)
        self.env = dict(os.environ, FRAMERING_RUNDIR=self.rundir,
                        FRAMERING_CONFDIR=os.path.join(self.folder, "etc"))
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM"):
            self.env.pop(name, None)
        self.started = []
        self.readers = []

    def tearDown(self):
        for process in self.started:  # of a test that failed; the others have stopped them
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stderr:
                process.stderr.close()
        for reader in self.readers:
            reader.stop()
        left = ipc_objects()
        remove_ipc_objects()  # the next test begins with nothing
        self.assertEqual(left, [], "left behind in ipcs")

    def capture(self, *words, camera="cam0", source="synthetic:", size="64x48", env=None, **options):
        command = [str(CAPTURE), "--camera", camera]
        command += ["--source", source] if source else []
        command += ["--size", size] if size else []
        options.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen([*command, *words], env={**self.env, **(env or {})},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
        self.started.append(process)
        if process.stderr:
            process.log = Lines(process.stderr)
        return process

    def reader(self, camera="cam0"):
        reader = Reader(camera, self.env)
        self.readers.append(reader)
        return reader

    def manager(self):
        manager = Manager(self.folder)
        self.addCleanup(manager.socket.close)
        return manager

    def stop(self, process, number=signal.SIGTERM):
        """Stops a daemon; returns how long it took in seconds."""
        began = time.monotonic()
        process.send_signal(number)
        process.wait(PATIENCE_S)
        return time.monotonic() - began

    def ends(self, process):
        """The exit code of a daemon that ends by itself, and what it said that was not read yet."""
        said = (process.log.buffer + process.communicate(timeout=PATIENCE_S)[1]).decode()
        return process.returncode, said
