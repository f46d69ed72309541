"""For the tests in the virtual machine: vivid's cameras, which show colour bars."""


import os
import pathlib
import subprocess

from processes import (ANALYZER, BUILD, CAPTURE, COMMAND, PATIENCE_S, PROBE, AFTER_GAP,  # noqa: F401
                       TIME_ESTIMATED, WITHHELD, Case, Program, run)

SET = BUILD / "tests/vm/v4l2_set"

SIZE = "640x360"
FPS = 15

# Y, Cb, Cr of white, yellow, cyan, green, magenta, red, blue, black: BT.601, limited range.
BARS = [(235, 128, 128), (210, 16, 146), (170, 166, 16), (145, 54, 34),
        (106, 202, 222), (81, 90, 240), (41, 240, 110), (16, 128, 128)]
# Grey has the full range, and vivid weighs the colours as BT.709 does.
GREY_BARS = [(y, None, None) for y in (255, 237, 201, 182, 73, 54, 18, 0)]
TOLERANCE = 3


def node(name):
    """/dev/videoN of a vivid node such as "000-vid-cap"."""
    for folder in sorted(pathlib.Path("/sys/class/video4linux").iterdir()):
        if (folder / "name").read_text().strip() == f"vivid-{name}":
            return f"/dev/{folder.name}"
    raise AssertionError(f"vivid made no {name}")


def control(device, **controls):
    words = [word for name, value in controls.items() for word in (name, str(value))]
    subprocess.run([SET, device, *words], check=True, timeout=PATIENCE_S)


def load():
    """Three cameras: the first takes our memory (USERPTR), the second allocates contiguous memory and
    so does not, the third is multi-planar. Node types: capture, output, metadata capture."""
    subprocess.run(["modprobe", "vivid", "n_devs=3", "allocators=0,1,0", "multiplanar=1,1,2",
                    "node_types=0x20101,0x20101,0x20101"], check=True)
    os.environ.pop("XDG_RUNTIME_DIR", None)


class Camera(Case):
    """A test that starts with vivid's first two cameras showing colour bars, and ends with nothing
    left running."""

    @classmethod
    def setUpClass(cls):
        cls.device, cls.contiguous = node("000-vid-cap"), node("001-vid-cap")

    def setUp(self):
        super().setUp()
        for device in (self.device, self.contiguous):
            control(device, **{"Test Pattern": "100% Colorbar", "OSD Text Mode": "None", "Show Square": 0,
                               "Timestamp Source": "Start of Exposure"})

    def capture(self, *words, device=None, camera="cam0", **options):
        program = self.start(CAPTURE, "--camera", camera, "--source", f"v4l2:{device or self.device}",
                             "--size", SIZE, "--fps", FPS, *words, **options)
        return program

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
