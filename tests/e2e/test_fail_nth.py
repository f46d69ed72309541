"""P1: every system call and every allocation of both daemons, from their start over some frames to their stop,
fails in turn. Each time the daemon goes on, or ends and says why; nothing is left behind that the next start
does not clear away; and the next start works.

Each commit tries all allocations and a part of the rest, another one each time; FRAMERING_TEST_NTH=100% tries
all, 10% a tenth. FRAMERING_TEST_NTH="semctl IPC_STAT 1: EIDRM" tries one, and FRAMERING_TEST_SEED repeats a run's chances."""

import collections
import ctypes
import itertools
import multiprocessing
import multiprocessing.util
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from capture_rig import (BUILD, CAPTURE, PATIENCE_S, Lines, Reader, ipc_objects, remove_ipc_objects,
                         write_y4m)
import supervisor
from supervisor import Fault, Supervisor

ANALYZER = BUILD / "analyzer" / "framering-analyzer"
FRAMERING = BUILD / "monitor" / "framering"
LIBRARY = BUILD / "tests" / "e2e" / "fail_calls.so"
CHOICE = os.environ.get("FRAMERING_TEST_NTH", "")
SEED = int(os.environ.get("FRAMERING_TEST_SEED", time.time_ns() % 1000000))
PART = 30  # cases of each daemon on each commit, besides its first allocations
ALLOCATIONS = 60  # those of the start, and of the first frames; then they repeat
WORKERS = 12  # they mostly wait
FOREVER_S = 2  # so long may a daemon try in vain before it is told to stop

# What a daemon opens: the limit of descriptors is reached for all of them.
OPENING = ("openat", "open", "socket", "eventfd2", "timerfd_create", "epoll_create1", "signalfd4",
           "inotify_init1")
REMOVING = ("shmctl IPC_RMID", "semctl IPC_RMID", "unlink")
SAID_ANYWAY = re.compile(r"running as root|streaming|told to stop|settings|epoch \d+ of")


class Broken(Exception):
    """The daemon did what it must not."""


class Scene:
    """A folder and an IPC namespace in which one daemon runs again and again."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="framering-nth-")
        self.rundir = os.path.join(self.folder, "run")
        os.mkdir(self.rundir)
        os.makedirs(os.path.join(self.folder, "etc", "cameras"))
        os.makedirs(os.path.join(self.folder, "etc", "analyzers"))
        self.env = dict(os.environ, FRAMERING_RUNDIR=self.rundir,
                        FRAMERING_CONFDIR=os.path.join(self.folder, "etc"), WATCHDOG_USEC="600000000",
                        NOTIFY_SOCKET=os.path.join(self.folder, "notify"))
        for name in ("WATCHDOG_PID", "JOURNAL_STREAM"):
            self.env.pop(name, None)
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(self.env["NOTIFY_SOCKET"])
        self.heard = ""  # by the manager, last

    def unmanaged(self):
        """The environment of a daemon beside the one that is tried."""
        return {name: value for name, value in self.env.items() if name != "NOTIFY_SOCKET"}

    def configure(self, kind, text):
        path = pathlib.Path(self.folder, "etc", kind, "cam0.conf")
        path.write_text(text)
        path.chmod(0o644)

    def close(self):
        self.manager.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def started(self, command, fault, **options):
        """A daemon that fault is for; its stderr goes to a file, which cannot be full."""
        self.said = os.path.join(self.folder, "said")
        with open(self.said, "w") as said:
            return Supervisor([str(word) for word in command], fault, LIBRARY, self.env,
                              stdin=subprocess.DEVNULL, stderr=said, **options)

    def follow(self, process, pipe, patience_s, until):
        """Reads lines from the pipe until one satisfies, the process ends, or patience does. True: it
        did."""
        deadline = time.monotonic() + patience_s
        fds = [pipe.fd]
        while True:
            while b"\n" in pipe.buffer:
                if until(pipe.next()):
                    return True
            ready = self.wait(process, deadline, *fds)
            if pipe.fd in ready:
                piece = os.read(pipe.fd, 65536)
                pipe.buffer += piece
                if not piece:
                    fds = []  # now the process ends, too
            elif not ready or process in ready:
                return False

    def finish(self, process):
        """Waits for the end of a daemon that was told to stop; its manager goes on listening."""
        deadline = time.monotonic() + PATIENCE_S
        while process not in (ready := self.wait(process, deadline)):
            if not ready:
                raise Broken("it did not end")
        return process.returncode

    def wait(self, process, deadline, *fds):
        """Those that are readable, the manager (which then has been read), or the process, if it has
        ended; nothing when it is too late."""
        if process.returncode is not None:
            return [*select.select(fds, [], [], 0)[0], process]
        pidfd = os.pidfd_open(process.pid)
        try:
            left = max(0, deadline - time.monotonic())
            ready = select.select([*fds, self.manager, pidfd], [], [], left)[0]
        finally:
            os.close(pidfd)
        if self.manager in ready:
            self.heard = self.manager.recv(65536).decode()
        if pidfd in ready:
            process.wait()
        return [process if fd == pidfd else fd for fd in ready]


class Capture(Scene):
    """framering-capture, its frames seen by a reader."""

    FRAMES = 7  # more than a second's

    def __init__(self):
        super().__init__()
        self.reader = Reader("cam0", self.env)
        self.configure("cameras", f"[capture]\nsource = {self.source()}\nsize = 64x48\nfps = 5\n"
                                  "loop = yes\ngroup = root\n")

    def source(self):
        return "synthetic:"

    def close(self):
        self.reader.stop()
        super().close()

    def frames(self, process, number, patience_s):
        def is_there(line):
            match = re.match(r"frame (\d+) (\d+) ", line)
            if not match or int(match[1]) <= self.epoch_before:
                return False
            return int(match[2]) >= number

        return self.follow(process, self.reader.lines, patience_s, is_there)

    def last_epoch(self):
        lock = pathlib.Path(self.rundir, "cam0", "lock")
        return int(lock.read_text() or 0) if lock.exists() else 0

    def run(self, fault):
        if fault and fault.label in ("mkdir", "chmod"):
            shutil.rmtree(os.path.join(self.rundir, "cam0"), ignore_errors=True)
        self.epoch_before = self.last_epoch()
        daemon = self.started([CAPTURE, "--camera", "cam0"], fault, stdout=subprocess.DEVNULL)
        patience_s = FOREVER_S if fault and fault.forever else PATIENCE_S
        try:
            works = self.frames(daemon.process, 2, patience_s)
            if works:
                daemon.process.send_signal(signal.SIGHUP)
                works = self.frames(daemon.process, self.FRAMES, patience_s)
            has_ended = daemon.process.poll() is not None
            if not has_ended:
                daemon.process.send_signal(signal.SIGTERM)
            code = self.finish(daemon.process)
        finally:
            daemon.process.kill()
            daemon.process.wait()
            daemon.join()
        if self.last_epoch() < self.epoch_before:
            raise Broken(f"epoch {self.last_epoch()} after epoch {self.epoch_before}")
        return daemon, code, has_ended, works

    def left(self):
        """What should not be there between two runs. A segment that is removed (mode 01000) goes with its
        last reader."""
        objects = [line for line in ipc_objects() if not int(line.split()[2], 8) & 0o1000]
        return objects + [str(path) for path in pathlib.Path(self.rundir).glob("*/*")
                          if path.name != "lock"]

    def second_try(self):
        self.epoch_before = self.last_epoch()
        process = subprocess.Popen([str(CAPTURE), "--camera", "cam0"], env=self.env,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        try:
            if not self.frames(process, 1, PATIENCE_S):
                raise Broken("no frames from the second try")
            process.send_signal(signal.SIGTERM)
            code = self.finish(process)
        finally:
            process.kill()
            said = process.communicate()[1].decode(errors="replace")
        if code != 0:
            raise Broken(f"exit code {code} of the second try: {said}")
        if self.left():
            raise Broken(f"left behind after the second try: {self.left()}")


class Film(Capture):
    """framering-capture with a film that goes on for ever."""

    def source(self):
        path = os.path.join(self.folder, "film.y4m")
        write_y4m(path, 3)
        return f"replay:{path}"


class Pictures(Capture):
    """framering-capture with a folder of JPEGs."""

    def source(self):
        self.configure("cameras", "[capture]\nsource = synthetic:\nsize = 64x48\n")
        pictures = os.path.join(self.folder, "pictures")
        os.mkdir(pictures)
        with subprocess.Popen([str(CAPTURE), "--camera", "cam0"], env=self.unmanaged(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                for n in range(3):
                    subprocess.run([str(FRAMERING), "snapshot", "cam0", "-o", f"{pictures}/{n}.jpg"],
                                   env=self.env, check=True, stdout=subprocess.DEVNULL)
            finally:
                process.terminate()
        return f"replay:{pictures}"


class Analyzer(Scene):
    """framering-analyzer at the ring of a capture that knows nothing of faults."""

    def __init__(self):
        super().__init__()
        self.configure("cameras", "[capture]\nsource = synthetic:still=0.4,move=0.4,light=0\n"
                                  "size = 160x120\nfps = 25\n")
        self.configure("analyzers", "[analyzer]\nread_mode = pinned\nmotion_end = 0.2\n")
        self.camera = subprocess.Popen([str(CAPTURE), "--camera", "cam0"], env=self.unmanaged(),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)

    def close(self):
        self.camera.terminate()
        self.camera.wait()
        super().close()

    def run(self, fault):
        daemon = self.started([ANALYZER, "--camera", "cam0"], fault, stdout=subprocess.PIPE)
        process = daemon.process
        patience_s = FOREVER_S if fault and fault.forever else PATIENCE_S
        with process.stdout:
            events = Lines(process.stdout)
            try:
                works = self.follow(process, events, patience_s, lambda line: "motion_start" in line)
                if works:
                    process.send_signal(signal.SIGHUP)
                    works = self.follow(process, events, patience_s, lambda line: "motion_" in line)
                has_ended = process.poll() is not None
                if not has_ended:
                    process.send_signal(signal.SIGTERM)
                code = self.finish(process)
            finally:
                process.kill()
                process.wait()
                daemon.join()
        return daemon, code, has_ended, works

    def left(self):
        """Who is attached beside the writer, for pins and memory are the kernel's to take back."""
        return [line for line in ipc_objects() if len(line.split()) > 12 and line.split()[6] != "1"]

    def second_try(self):
        process = subprocess.Popen([str(ANALYZER), "--camera", "cam0"], env=self.env,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        self.heard = ""
        try:
            while not re.search(r"STATUS=.* [1-9]\d* frames", self.heard):
                ready = self.wait(process, deadline)
                if not ready or process in ready:
                    raise Broken(f"no frames in the second try: {self.heard}")
            process.send_signal(signal.SIGTERM)
            code = self.finish(process)
        finally:
            process.kill()
            process.wait()
        if code != 0:
            raise Broken(f"exit code {code} of the second try")


def judge(scene, fault, daemon, code, has_ended, works):
    """How it took it, in a word."""
    with open(scene.said) as file:
        said = file.read()
    if code < 0 or code in (97, 98, 99) or "Sanitizer" in said or "ssert" in said:
        raise Broken(f"ended with {code}: {said}")
    if not has_ended and not works and not (fault and fault.forever):
        raise Broken(f"it no longer works, and did not end: {said}")
    if has_ended and code == 0:
        raise Broken(f"it ended as if nothing were: {said}")
    told = [line for line in said.splitlines() if not SAID_ANYWAY.search(line)]
    is_mute = fault and fault.forever and "write" in fault.label
    if code != 0 and not told and not is_mute:
        raise Broken(f"ended with {code} and said nothing: {said}")
    if daemon.hit is None:
        return "not reached", said
    if code == 0:
        return ("told" if told else "went on"), said
    return f"ended with {code}", said


# ---------------------------------------------------------------- many at once

SCENES = {"capture": Capture, "film": Film, "pictures": Pictures, "analyzer": Analyzer}
scene = None


def leave_scene():
    global scene
    if scene:
        scene.close()
    scene = None


def enter_namespace():
    multiprocessing.util.Finalize(None, leave_scene, exitpriority=1)
    if ctypes.CDLL(None, use_errno=True).unshare(0x08000000) < 0:  # CLONE_NEWIPC
        raise OSError(ctypes.get_errno(), "unshare")


def work(task):
    """(outcome, what was said or is wrong, counts) of a fault in a daemon."""
    global scene
    name, fault = task
    if not isinstance(scene, SCENES[name]):
        leave_scene()
        scene = SCENES[name]()
    outcome, said, counts = "", "", {}
    try:
        ended = scene.run(fault)
        counts = dict(ended[0].counts)
        outcome, said = judge(scene, fault, *ended)
        left = scene.left()
        if left and (not ended[0].hit or ended[0].hit.rsplit(" ", 1)[0] not in REMOVING):
            raise Broken(f"left behind: {left}: {said}")
        scene.second_try()
    except (Broken, AssertionError, OSError) as error:
        outcome, said = "broken", str(error) or repr(error)
        leave_scene()
        remove_ipc_objects()
    return task, outcome, said, counts


class FailNth(unittest.TestCase):
    def faults(self, name, counts):
        """All faults there are for these calls."""
        def errors_of(label):
            return [error for error in supervisor.errors_of(label)
                    if name != "analyzer" or not supervisor.is_for_good(label, error)]

        single = [Fault(label, n, error) for label, count in sorted(counts.items())
                  for n in range(1, count + 1) for error in errors_of(label)]
        # No kernel interrupts for ever; and who can read no signals for ever cannot be stopped by one.
        forever = [Fault((label,), 1, error, True) for label in sorted(counts) if label != "read event"
                   for error in errors_of(label) if error != "EINTR"]
        n_opening = sum(counts.get(label, 0) for label in OPENING)
        forever += [Fault(OPENING, n, "EMFILE", True) for n in range(1, n_opening + 1)]
        forever += [Fault(("allocation",), n, "ENOMEM", True) for n in range(2, counts["allocation"] + 1)]
        return single + forever

    def chosen(self, faults):
        if CHOICE.endswith("%"):
            return random.Random(SEED).sample(faults, max(1, len(faults) * int(CHOICE[:-1]) // 100))
        if CHOICE:
            return [fault for fault in faults if CHOICE in str(fault)]
        always = [fault for fault in faults
                  if fault.label == "allocation" and fault.number <= ALLOCATIONS]
        rest = [fault for fault in faults if fault not in always]
        return always + random.Random(SEED).sample(rest, min(PART, len(rest)))

    def try_all(self, name):
        with multiprocessing.Pool(WORKERS, enter_namespace) as pool:
            _, outcome, said, counts = pool.apply(work, ((name, None),))
            self.assertNotIn(outcome, ("broken",), said)
            self.assertGreater(sum(counts.values()), 0, "no call was reached")
            self.assertGreater(counts.get("allocation", 0), 0, "no allocation was reached")
            faults = self.chosen(self.faults(name, counts))
            outcomes = collections.Counter()
            problems = []
            began = time.monotonic()
            for (_, fault), outcome, said, _ in pool.imap_unordered(work, [(name, f) for f in faults]):
                outcomes[outcome.split(":")[0]] += 1
                if outcome == "broken":
                    print(f"{fault}: {said}", file=sys.stderr)
                    problems.append(f"{fault}: {said}")
                if CHOICE:
                    print(f"{fault}: {outcome}: {' | '.join(said.splitlines())}", flush=True)
            pool.close()
            pool.join()
        print(f"{name}: {sum(counts.values())} calls reached, {counts['allocation']} of them allocations; "
              f"{len(faults)} faults tried in {time.monotonic() - began:.0f} s (seed {SEED}): "
              f"{dict(outcomes)}", flush=True)
        self.assertEqual(problems, [], f"{len(problems)} of {len(faults)} faults, seed {SEED}")

    def test_P1_every_call_of_capture_fails_in_turn(self):
        self.try_all("capture")


    def test_P1_every_call_of_capture_with_a_film_fails_in_turn(self):
        self.try_all("film")

    def test_P1_every_call_of_capture_with_pictures_fails_in_turn(self):
        self.try_all("pictures")

    def test_P1_every_call_of_the_analyzer_fails_in_turn(self):
        self.try_all("analyzer")


if __name__ == "__main__":
    unittest.main()
