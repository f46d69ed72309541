"""For the tests in the virtual machine: the programs under test as processes whose lines can be waited
for, and a test case that leaves none of them running. Nothing here sleeps: a line comes, or a test
fails after PATIENCE_S."""


import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
CAPTURE = BUILD / "capture/framering-capture"
ANALYZER = BUILD / "analyzer/framering-analyzer"
COMMAND = BUILD / "monitor/framering"
PROBE = BUILD / "tests/vm/frame_probe"

PATIENCE_S = 60  # emulation is slow, and its host may be busy

TIME_ESTIMATED, AFTER_GAP, WITHHELD = 2, 4, 8


class Program:
    """A program under test; its lines are kept, and can be waited for."""

    def __init__(self, *words, **options):
        self.lines = []
        self.news = threading.Condition()
        self.words = [str(word) for word in words]
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, text=True, **options)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()
        self.process.stdout.close()
        with self.news:
            self.lines.append(None)  # the end
            self.news.notify_all()

    def wait_for(self, pattern, since=0):
        """The first line from `since` on that `pattern` is found in; its number and its match."""
        end = time.monotonic() + PATIENCE_S
        at = since
        with self.news:
            while True:
                while at < len(self.lines):
                    if self.lines[at] is None:
                        raise AssertionError(f"ended without '{pattern}':\n{self}")
                    match = re.search(pattern, self.lines[at])
                    if match:
                        return at, match
                    at += 1
                if not self.news.wait(end - time.monotonic()):
                    raise AssertionError(f"no '{pattern}' in {PATIENCE_S} s:\n{self}")

    def end(self):
        """Waits for it to end by itself; its exit code."""
        code = self.process.wait(PATIENCE_S)
        self.thread.join(PATIENCE_S)
        return code

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.end()

    def __str__(self):
        return "\n".join([f"$ {' '.join(self.words)}"] + [f"  {line}" for line in self.lines if line])


def run(*words, code=0, **options):
    program = Program(*words, **options)
    got = program.end()
    if got != code:
        raise AssertionError(f"exit code {got}, expected {code}:\n{program}")
    return "\n".join(line for line in program.lines if line is not None)


class Case(unittest.TestCase):
    """A test that ends with nothing left running. Its capture() is the camera's to define."""

    def setUp(self):
        self.started = []

    def tearDown(self):
        self.clean()

    def clean(self):
        for program in reversed(self.started):
            program.stop()
        self.started.clear()
        # What a failed test left behind is not the next one's fault.
        subprocess.run(["ipcrm", "--all"], check=True)
        subprocess.run(["rm", "-rf", "/run/framering"], check=True)

    @contextlib.contextmanager
    def case(self, **what):
        """A part of a test that begins cleanly, whatever the one before it left."""
        with self.subTest(**what):
            self.clean()
            yield

    def start(self, *words, **options):
        program = Program(*words, **options)
        self.started.append(program)
        return program

    def streaming(self, *words, **options):
        """A capture that streams, and the path that its log tells."""
        program = self.capture(*words, **options)
        _, match = program.wait_for(r"streaming .*, ([^,;]*); ")
        return program, match[1]

    def probe(self, count, *words, camera="cam0"):
        """What a reader sees."""
        return [json.loads(line) for line in run(PROBE, camera, count, *words).splitlines()]

    def info(self, camera="cam0"):
        return json.loads(run(COMMAND, "info", camera, "--json", "--window", 0))

    def stop(self, program):
        """Ends as a service is ended, and leaves nothing behind."""
        self.assertEqual(program.stop(), 0, str(program))
        for kind in ("shm", "sem"):
            left = pathlib.Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            self.assertEqual(left, [], f"System V objects left behind by\n{program}")

    def assert_in_order(self, frames, flags=0):
        """Frames without a hole in their numbers, times that rise, and every hole of the driver's
        (a busy host makes vivid lose some) told by a flag; `flags` are set on all of them. vivid on a busy
        host gives a number twice, too: the second one is dropped for coming too soon, and counted."""
        twice = 0
        for before, after in zip(frames, frames[1:]):
            self.assertEqual(after["number"], before["number"] + 1 + after["missed"])
            self.assertGreater(after["sequence"], before["sequence"])
            self.assertGreater(after["captured_ns"], before["captured_ns"])
            self.assertGreaterEqual(after["published_ns"], after["captured_ns"])
            if not after["missed"]:
                is_hole = after["sequence"] != before["sequence"] + 1
                is_told = bool(after["flags"] & AFTER_GAP)
                self.assertEqual(after["flags"] & ~AFTER_GAP, flags, f"{after}")
                self.assertGreaterEqual(is_told, is_hole, f"{after} after {before}")
                twice += is_told and not is_hole
        if twice:
            self.assertLessEqual(twice, self.info()["dropped"]["late"])
