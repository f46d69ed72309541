#!/usr/bin/env python3
"""In the virtual machine: the built programs on the kernel's virtual camera, vivid.

Three cameras: the first takes our memory (USERPTR), the second allocates contiguous memory and so does
not, the third is multi-planar. What they draw is known: eight colour bars. Their faults are controls.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
CAPTURE = BUILD / "capture/framering-capture"
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


class Camera(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.device, cls.contiguous = node("000-vid-cap"), node("001-vid-cap")

    def setUp(self):
        self.started = []
        for device in (self.device, self.contiguous):
            control(device, **{"Test Pattern": "100% Colorbar", "OSD Text Mode": "None",
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


class Streaming(Camera):
    def check_path(self, path, *words, **options):
        capture, told = self.streaming(*words, **options)
        self.assertEqual(told, path)
        frames = self.probe(30)
        # Or else there was nothing to compare.
        self.assertGreater(sum(not frame["missed"] for frame in frames), 15)
        self.assert_in_order(frames)
        self.assert_bars(frames)
        self.stop(capture)

    def test_userptr_frames_arrive_in_order_and_show_the_pattern(self):
        self.check_path("USERPTR (zero copy)")

    def test_mmap_frames_arrive_in_order_and_show_the_pattern(self):
        self.check_path("MMAP (one copy)", "--zero-copy", "no")

    def test_a_driver_that_refuses_our_memory_is_read_with_one_copy(self):
        self.check_path("MMAP (one copy)", device=self.contiguous)

    def test_every_native_format_streams_both_ways(self):
        for fourcc in ("GREY", "NV12", "NV21", "YU12", "YV12", "422P", "YUYV", "UYVY"):
            for zero_copy, path in (("yes", "USERPTR (zero copy)"), ("no", "MMAP (one copy)")):
                with self.case(format=fourcc, path=path):
                    capture, told = self.streaming("--format", fourcc, "--zero-copy", zero_copy)
                    self.assertEqual(told, path)
                    frames = self.probe(3)
                    self.assertEqual({frame["format"] for frame in frames}, {fourcc})
                    self.assert_in_order(frames)
                    self.assert_bars(frames)
                    self.stop(capture)

    def test_full_hd_streams(self):
        capture, told = self.streaming("--size", "1920x1080", "--format", "YUYV", "--fps", "5")
        self.assertEqual(told, "USERPTR (zero copy)")
        frames = self.probe(5)
        self.assertEqual({(frame["width"], frame["height"]) for frame in frames}, {(1920, 1080)})
        self.assert_bars(frames)
        self.stop(capture)

    def test_a_strange_size_is_answered_with_the_drivers_own(self):
        capture, _ = self.streaming("--size", "641x359")
        frame = self.probe(1)[0]
        self.assertNotEqual((frame["width"], frame["height"]), (641, 359))
        self.assert_bars([frame])
        self.stop(capture)


class Faults(Camera):
    def test_killed_capture_is_started_again_and_its_reader_follows(self):
        for zero_copy in ("yes", "no"):
            with self.case(zero_copy=zero_copy):
                capture, _ = self.streaming("--zero-copy", zero_copy)
                reader = self.start(PROBE, "cam0", 1000000)
                first = json.loads(reader.wait_for('"number"')[1].string)
                capture.stop(signal.SIGKILL)
                at, _ = reader.wait_for("no writer")
                capture, _ = self.streaming("--zero-copy", zero_copy)
                second = json.loads(reader.wait_for('"number"', at)[1].string)
                self.assertNotEqual(first["epoch"], second["epoch"])
                self.assert_bars([second])
                reader.stop(signal.SIGKILL)
                self.stop(capture)

    def test_C1_a_buffer_with_the_error_flag_is_not_published(self):
        for zero_copy in ("yes", "no"):
            with self.case(zero_copy=zero_copy):
                capture, _ = self.streaming("--zero-copy", zero_copy)
                reader = self.start(PROBE, "cam0", 1000000)
                at, _ = reader.wait_for('"number"')
                control(self.device, **{"Inject V4L2_BUF_FLAG_ERROR": 1})
                reader.wait_for(f'"flags": {AFTER_GAP},', at)
                capture.wait_for("1 frames? dropped: corrupt")
                reader.stop(signal.SIGKILL)
                self.stop(capture)

    def test_frames_that_the_driver_drops_are_gaps_in_order(self):
        control(self.device, **{"Percentage of Dropped Buffers": 40})
        try:
            capture, _ = self.streaming()
            frames = self.probe(40)
            self.assert_in_order(frames)
            self.assertIn(AFTER_GAP, [frame["flags"] for frame in frames])
            capture.wait_for("frames? dropped: lost_by_source")
            self.stop(capture)
        finally:
            control(self.device, **{"Percentage of Dropped Buffers": 0})

    def test_C12_a_time_in_the_future_is_not_believed(self):
        # vivid tells the end of a frame that is yet to come.
        control(self.device, **{"Timestamp Source": "End of Frame"})
        capture, _ = self.streaming("--fps", "5")
        frames = self.probe(5)
        self.assert_in_order(frames, flags=TIME_ESTIMATED)
        self.stop(capture)

    def test_a_stream_that_breaks_off_is_started_again(self):
        for zero_copy in ("yes", "no"):
            with self.case(zero_copy=zero_copy):
                capture, _ = self.streaming("--zero-copy", zero_copy)
                self.probe(2)
                at = len(capture.lines)
                control(self.device, **{"Inject Fatal Streaming Error": 1})
                at, _ = capture.wait_for("source lost: .* broke off", at)
                capture.wait_for("streaming ", at + 1)
                self.assert_bars(self.probe(3))
                self.stop(capture)

    def test_a_driver_that_fails_at_the_start_is_asked_again(self):
        for fault in ("REQBUFS", "QBUF", "STREAMON"):
            with self.case(fault=fault):
                control(self.device, **{f"Inject VIDIOC_{fault} Error": 1})
                capture, _ = self.streaming()
                self.assert_bars(self.probe(2))
                self.stop(capture)

    def test_N1_readers_that_pin_everything_do_not_stop_a_zero_copy_camera(self):
        capture, _ = self.streaming("--slots", "6")
        seen = self.probe(20, "--pin-all")
        self.assertEqual(seen[0], {"event": "pinned all", "held": 3})
        frames = seen[1:]
        self.assert_in_order(frames, flags=WITHHELD)
        self.assert_bars(frames)
        # And as soon as they are gone, frames can be pinned again.
        self.assertFalse(self.probe(3)[-1]["flags"] & WITHHELD)
        self.stop(capture)


class Words(Camera):
    def told(self, source, *words, code, **options):
        text = run(CAPTURE, "--camera", "cam9", "--source", source, *words, code=code, **options)
        return text

    def test_the_list_has_cameras_formats_sizes_and_rates(self):
        text = run(CAPTURE, "--list")
        blocks = {block.split(":")[0]: block for block in re.split(r"\n(?=/dev)", text)}
        self.assertEqual(list(blocks), [self.device, self.contiguous, node("002-vid-cap")])
        first = blocks[self.device]
        self.assertIn("vivid (driver vivid, platform:vivid-000)", first)
        self.assertRegex(first, r"(?m)^  YUYV 640x360 at 1, .*25, 30.* frames/s$")
        self.assertRegex(first, r"(?m)^  not read by framering: .*\bRGB3\b")
        self.assertIn("multi-planar only", blocks[node("002-vid-cap")])

    def test_nodes_that_are_no_cameras_are_refused_by_name(self):
        for name, words in (("000-meta-cap", f"metadata node of vivid.*come from {self.device}"),
                            ("000-vid-out", "is a video output"),
                            ("002-vid-cap", "multi-planar only")):
            with self.case(node=name):
                self.assertRegex(self.told(f"v4l2:{node(name)}", code=2), words)

    def test_C15_a_fifo_is_refused_and_not_opened(self):
        os.mkfifo("/run/work/fifo")
        self.assertIn("is a FIFO", self.told("v4l2:/run/work/fifo", code=2))

    def test_a_format_that_is_not_there_is_refused_with_those_that_are(self):
        self.assertRegex(self.told(f"v4l2:{self.device}", "--format", "MJPG", code=2),
                         "does not give MJPG; it gives YUYV")

    def test_a_camera_that_is_not_there_is_waited_for(self):
        capture = self.capture(device="/dev/video99")
        capture.wait_for("there is no /dev/video99")
        os.symlink(self.device, "/dev/video99")
        try:
            capture.wait_for("streaming ")
            self.assert_bars(self.probe(2))
        finally:
            os.unlink("/dev/video99")
        self.stop(capture)

    def test_without_permission_the_group_to_join_is_named(self):
        shutil.chown(self.device, "root", "video")
        os.chmod(self.device, 0o660)
        os.mkdir("/run/work/nobody", 0o700)
        shutil.chown("/run/work/nobody", "nobody", "nogroup")
        capture = self.capture(user="nobody", group="nogroup", extra_groups=[],
                               env={**os.environ, "FRAMERING_RUNDIR": "/run/work/nobody"})
        capture.wait_for(f"nobody has no permission for {self.device}, which belongs to the group "
                         "video; join it")
        self.stop(capture)

    def test_a_member_of_the_group_can_capture(self):
        shutil.chown(self.device, "root", "video")
        os.chmod(self.device, 0o660)
        os.mkdir("/run/work/member", 0o700)
        shutil.chown("/run/work/member", "nobody", "nogroup")
        capture, path = self.streaming(user="nobody", group="nogroup", extra_groups=["video"],
                                       env={**os.environ, "FRAMERING_RUNDIR": "/run/work/member"})
        self.assertEqual(path, "USERPTR (zero copy)")
        self.stop(capture)

    def test_a_busy_camera_is_told_so_and_taken_when_it_is_free(self):
        first, _ = self.streaming()
        second = self.capture(camera="cam1")
        second.wait_for(f"{self.device} is in use by another program")
        self.assertEqual(first.stop(), 0)
        second.wait_for("streaming ")
        self.assert_bars(self.probe(2, camera="cam1"))
        self.stop(second)


def setUpModule():
    # Node types: capture, output, metadata capture.
    subprocess.run(["modprobe", "vivid", "n_devs=3", "allocators=0,1,0", "multiplanar=1,1,2",
                    "node_types=0x20101,0x20101,0x20101"], check=True)
    os.environ.pop("XDG_RUNTIME_DIR", None)


if __name__ == "__main__":
    unittest.main(verbosity=2)
