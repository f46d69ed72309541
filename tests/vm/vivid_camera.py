"""For the tests in the virtual machine: vivid's cameras, and the programs under test as processes
whose lines can be waited for. Nothing here sleeps: a line comes, or a test fails after PATIENCE_S."""


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
SET = BUILD / "tests/vm/v4l2_set"

PATIENCE_S = 60  # emulation is slow, and its host may be busy
SIZE = "640x360"
FPS = 15

# Y, Cb, Cr of white, yellow, cyan, green, magenta, red, blue, black: BT.601, limited range.
BARS = [(235, 128, 128), (210, 16, 146), (170, 166, 16), (145, 54, 34),
        (106, 202, 222), (81, 90, 240), (41, 240, 110), (16, 128, 128)]
# Grey has the full range, and vivid weighs the colours as BT.709 does.
GREY_BARS = [(y, None, None) for y in (255, 237, 201, 182, 73, 54, 18, 0)]
TOLERANCE = 3

TIME_ESTIMATED, AFTER_GAP, WITHHELD = 2, 4, 8


def node(name):
    """/dev/videoN of a vivid node such as "000-vid-cap"."""
    for folder in sorted(pathlib.Path("/sys/class/video4linux").iterdir()):
        if (folder / "name").read_text().strip() == f"vivid-{name}":
            return f"/dev/{folder.name}"
    raise AssertionError(f"vivid made no {name}")


def control(device, **controls):
    words = [word for name, value in controls.items() for word in (name, str(value))]
    subprocess.run([SET, device, *words], check=True, timeout=PATIENCE_S)


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


def load():
    """Three cameras: the first takes our memory (USERPTR), the second allocates contiguous memory and
    so does not, the third is multi-planar. Node types: capture, output, metadata capture."""
    subprocess.run(["modprobe", "vivid", "n_devs=3", "allocators=0,1,0", "multiplanar=1,1,2",
                    "node_types=0x20101,0x20101,0x20101"], check=True)
    os.environ.pop("XDG_RUNTIME_DIR", None)


class Camera(unittest.TestCase):
    """A test that starts with vivid's first two cameras showing colour bars, and ends with nothing
    left running."""

    @classmethod
    def setUpClass(cls):
        cls.device, cls.contiguous = node("000-vid-cap"), node("001-vid-cap")

    def setUp(self):
        self.started = []
        for device in (self.device, self.contiguous):
            control(device, **{"Test Pattern": "100% Colorbar", "OSD Text Mode": "None", "Show Square": 0,
                               "Timestamp Source": "Start of Exposure"})

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

    def capture(self, *words, device=None, camera="cam0", **options):
        program = self.start(CAPTURE, "--camera", camera, "--source", f"v4l2:{device or self.device}",
                             "--size", SIZE, "--fps", FPS, *words, **options)
        return program

    def streaming(self, *words, **options):
        """A capture that streams, and the path that its log tells."""
        program = self.capture(*words, **options)
        _, match = program.wait_for(r"streaming .*, ([^,;]*); ")
        return program, match[1]

    def probe(self, count, *words, camera="cam0"):
        """What a reader sees."""
        return [json.loads(line) for line in run(PROBE, camera, count, *words).splitlines()]

    def stop(self, program):
        """Ends as a service is ended, and leaves nothing behind."""
        self.assertEqual(program.stop(), 0, str(program))
        for kind in ("shm", "sem"):
            left = pathlib.Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            self.assertEqual(left, [], f"System V objects left behind by\n{program}")

    def assert_in_order(self, frames, flags=0):
        """Frames without a hole in their numbers, times that rise, and every hole of the driver's
        (a busy host makes vivid lose some) told by a flag; `flags` are set on all of them."""
        for before, after in zip(frames, frames[1:]):
            self.assertEqual(after["number"], before["number"] + 1 + after["missed"])
            self.assertGreater(after["sequence"], before["sequence"])
            self.assertGreater(after["captured_ns"], before["captured_ns"])
            self.assertGreaterEqual(after["published_ns"], after["captured_ns"])
            if not after["missed"]:
                is_hole = after["sequence"] != before["sequence"] + 1
                self.assertEqual(after["flags"], flags | (AFTER_GAP if is_hole else 0), f"{after}")

    def assert_bars(self, frames):
        self.assertTrue(frames)
        for frame in frames:
            bars = GREY_BARS if frame["format"] == "GREY" else BARS
            for got, expected in zip(frame["samples"], bars, strict=True):
                for a, b in zip(got, expected, strict=True):
                    if b is None:
                        self.assertIsNone(a)
                    else:
                        self.assertAlmostEqual(a, b, delta=TOLERANCE, msg=f"{frame}")
        self.assertGreater(sum(frame["intact"] for frame in frames), len(frames) // 2)
