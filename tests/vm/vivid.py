#!/usr/bin/env python3
"""In the virtual machine: the built programs on the kernel's virtual camera, vivid.

What vivid draws is known: eight colour bars, and a square that comes and goes. Its faults are controls.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
from vivid_camera import (ANALYZER, BARS, CAPTURE, COMMAND, PROBE, SIZE, TOLERANCE, AFTER_GAP,  # noqa: E402
                          TIME_ESTIMATED, WITHHELD, Camera, control, load, node, run)


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
        capture, _ = self.streaming("--slots", "6", "--pin-patience", "0")
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
        self.assertRegex(first, r"(?m)^  through libv4l2: .*\bRGB3\b")
        self.assertRegex(first, r"(?m)^  not read by framering: .*\bHSV3\b")
        # The same pictures through the multi-planar API, there also in memory planes of their own.
        self.assertRegex(blocks[node("002-vid-cap")], r"(?m)^  NM12 640x360 at ")

    def test_nodes_that_are_no_cameras_are_refused_by_name(self):
        for name, words in (("000-meta-cap", f"metadata node of vivid.*come from {self.device}"),
                            ("000-vid-out", "is a video output")):
            with self.case(node=name):
                self.assertRegex(self.told(f"v4l2:{node(name)}", code=2), words)

    def test_C15_a_fifo_is_refused_and_not_opened(self):
        os.mkfifo("/run/test/fifo")
        self.assertIn("is a FIFO", self.told("v4l2:/run/test/fifo", code=2))

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
        os.mkdir("/run/test/nobody", 0o700)
        shutil.chown("/run/test/nobody", "nobody", "nogroup")
        capture = self.capture(user="nobody", group="nogroup", extra_groups=[],
                               env={**os.environ, "FRAMERING_RUNDIR": "/run/test/nobody"})
        capture.wait_for(f"nobody has no permission for {self.device}, which belongs to the group "
                         "video; join it")
        self.stop(capture)

    def test_a_member_of_the_group_can_capture(self):
        shutil.chown(self.device, "root", "video")
        os.chmod(self.device, 0o660)
        os.mkdir("/run/test/member", 0o700)
        shutil.chown("/run/test/member", "nobody", "nogroup")
        capture, path = self.streaming(user="nobody", group="nogroup", extra_groups=["video"],
                                       env={**os.environ, "FRAMERING_RUNDIR": "/run/test/member"})
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


class Pipeline(Camera):
    """Camera, capture, ring, analyzer and the operator's command together."""

    def analyzer(self):
        """An analyzer that has seen three seconds of a picture in which nothing moves."""
        analyzer = self.start(ANALYZER, "--camera", "cam0", "--motion-end", "1")
        analyzer.wait_for("epoch .* of cam0: 640x360")
        self.probe(45)
        return analyzer

    def expect_motion(self, analyzer, since=0):
        """The square comes, and goes. The number of the line after the last event."""
        control(self.device, **{"Show Square": 1})
        at, line = analyzer.wait_for('"motion_start"', since)
        start = json.loads(line.string)
        control(self.device, **{"Show Square": 0})
        at, line = analyzer.wait_for('"motion_end"', at)
        end = json.loads(line.string)
        self.assertEqual(start["camera"], "cam0")
        self.assertEqual(start["id"], end["id"])
        self.assertLess(start["frame"], end["frame"])
        self.assertGreater(end["duration"], 0)
        # The square stands in the middle of the picture.
        self.assertTrue(any(box["x"] <= 320 < box["x"] + box["width"] and
                            box["y"] <= 180 < box["y"] + box["height"]
                            for box in start["boxes"]), start)
        return at + 1

    def check(self, path, *words):
        capture, told = self.streaming(*words)
        analyzer = self.analyzer()
        self.expect_motion(analyzer)

        info = self.info()
        self.assertEqual((told, info["copy_path"]), (path, path))
        self.assertEqual(info["state"], "live")
        self.assertEqual(info["format"]["width_px"], 640)
        self.assertEqual(info["readers"], 1)
        self.assertEqual(info["dropped"]["corrupt"], 0)
        control(self.device, **{"Inject V4L2_BUF_FLAG_ERROR": 1})
        self.probe(5)
        after = self.info()
        self.assertEqual(after["dropped"]["corrupt"], 1)
        self.assertGreater(after["frames"], info["frames"])
        self.assertIn("cam0", run(COMMAND, "list"))

        self.assertEqual(analyzer.stop(), 0, str(analyzer))
        self.stop(capture)

    def test_userptr_the_square_makes_motion_and_the_path_is_told(self):
        self.check("USERPTR (zero copy)")

    def test_mmap_the_square_makes_motion_and_the_path_is_told(self):
        self.check("MMAP (one copy)", "--zero-copy", "no")

    def test_killed_capture_and_killed_analyzer_go_on_when_they_are_started_again(self):
        capture, _ = self.streaming()
        analyzer = self.analyzer()
        capture.stop(signal.SIGKILL)
        at, _ = analyzer.wait_for('"signal_lost"')
        capture, _ = self.streaming()
        at, _ = analyzer.wait_for('"signal_back"', at)
        self.probe(45)
        self.expect_motion(analyzer, at)
        analyzer.stop(signal.SIGKILL)
        analyzer = self.analyzer()
        self.expect_motion(analyzer)
        self.assertEqual(analyzer.stop(), 0, str(analyzer))
        self.stop(capture)

    def test_cat_gives_the_pattern_as_y4m(self):
        capture, _ = self.streaming("--format", "YUYV")
        video = subprocess.run([COMMAND, "cat", "cam0", "--frames", "2"], check=True, timeout=60,
                               stdout=subprocess.PIPE).stdout
        header, _, rest = video.partition(b"\n")
        self.assertRegex(header, rb"^YUV4MPEG2 W640 H360 F15:1 .*C422")
        self.assertEqual(len(rest), 2 * (len(b"FRAME\n") + 640 * 360 * 2))
        picture = rest[len(b"FRAME\n"):]
        for i, bar in enumerate(BARS):
            x, y = 640 * (2 * i + 1) // 16, 180
            chroma = y * 320 + x // 2
            got = (picture[y * 640 + x], picture[640 * 360 + chroma],
                   picture[640 * 360 + 320 * 360 + chroma])
            for a, b in zip(got, bar):
                self.assertAlmostEqual(a, b, delta=TOLERANCE)
        self.stop(capture)


def setUpModule():
    load()


if __name__ == "__main__":
    unittest.main(verbosity=2)
