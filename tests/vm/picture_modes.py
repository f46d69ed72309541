#!/usr/bin/env python3
"""In the virtual machine: what capture does to the pictures of real drivers. JPEG of our USB webcam in
every mode, and raw pictures of vivid turned and with half-size luma beside them."""

import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
import vivid_camera  # noqa: E402
from processes import CAPTURE, COMMAND, Case  # noqa: E402
from usb_webcam import Udev, Webcam, load  # noqa: E402


def picture(found):
    return found["format"]["fourcc"], found["format"]["width_px"], found["format"]["height_px"]


def planes(found):
    return [plane["kind"] for plane in found["planes"]]


def segments(jpeg):
    """The markers of a JPEG's header, up to its scan, with their contents."""
    found, at = [], 2
    while jpeg[at + 1] != 0xda:
        length = int.from_bytes(jpeg[at + 2:at + 4], "big")
        found.append((jpeg[at + 1], jpeg[at + 4:at + 2 + length]))
        at += 2 + length
    return found


class Jpeg(Case):
    @classmethod
    def setUpClass(cls):
        cls.webcam = Webcam(udev)
        cls.webcam.plug()

    @classmethod
    def tearDownClass(cls):
        cls.webcam.tell("quit")
        cls.webcam.end()

    def setUp(self):
        super().setUp()
        self.webcam.behave()

    def capture(self, *words):
        return self.start(CAPTURE, "--camera", "cam0", "--source", f"v4l2:{self.webcam.by_id}",
                          "--size", "320x240", "--fps", 15, "--format", "MJPG", *words)

    def test_readers_see_what_was_asked_for(self):
        for words, wanted, beside in (
                ((), ("422P", 320, 240), []),
                (("--mjpeg-colour", "luma"), ("GREY", 320, 240), []),
                (("--mjpeg-scale", "2"), ("422P", 160, 120), []),
                (("--mjpeg-scale", "4", "--half-luma", "yes"), ("422P", 80, 60), ["half Y"]),
                (("--keep-jpeg", "yes", "--half-luma", "yes"), ("422P", 320, 240), ["half Y", "JPEG"]),
                (("--rotate", "90"), ("YU12", 240, 320), []),
                (("--rotate", "180", "--mjpeg-colour", "luma"), ("GREY", 320, 240), [])):
            with self.case(words=words):
                capture, path = self.streaming(*words)
                self.assertTrue(path.startswith("MJPEG"), path)
                frames = self.probe(4)
                self.assert_in_order(frames)
                found = self.info()
                self.assertEqual(picture(found), wanted)
                self.assertEqual([kind for kind in planes(found) if kind in ("half Y", "JPEG")], beside)
                if wanted == ("422P", 320, 240) or words == ("--mjpeg-colour", "luma"):
                    self.assertNotIn(None, [frame["drawn"] for frame in frames])
                self.stop(capture)

    def test_a_kept_jpeg_is_whole_whatever_the_camera_leaves_out(self):
        capture, _ = self.streaming("--keep-jpeg", "yes")
        for fault in ("none", "no-tables", "stale-tail", "junk-head", "no-eof"):
            with self.subTest(fault=fault):
                self.webcam.tell("fault", fault, *(() if fault == "none" else (1000,)))
                self.probe(3)  # those that come now have it
                done = subprocess.run([COMMAND, "snapshot", "cam0", "-o", "-"], capture_output=True,
                                      timeout=60, check=True)
                jpeg = done.stdout
                self.assertEqual((jpeg[:2], jpeg[-2:]), (b"\xff\xd8", b"\xff\xd9"))
                found = dict(segments(jpeg))
                self.assertIn(0xc4, found)  # Huffman tables
                self.assertEqual(found[0xc0][1:5], bytes((0, 240, 1, 64)))  # 320x240
                self.webcam.tell("fault", "none")
        self.stop(capture)


class Raw(vivid_camera.Camera):
    def test_half_size_luma_stands_beside_zero_copy(self):
        for words, wanted in ((("--half-luma", "yes"), "USERPTR"),
                              (("--half-luma", "yes", "--zero-copy", "no"), "MMAP")):
            with self.case(words=words):
                capture, path = self.streaming(*words)
                self.assertTrue(path.startswith(wanted), path)
                frames = self.probe(3)
                self.assert_bars(frames)
                self.assertIn("half Y", planes(self.info()))
                self.stop(capture)

    def test_quarter_turns_are_done_in_the_copy(self):
        straight, _ = self.streaming()
        _, width, height = picture(self.info())
        self.stop(straight)
        for angle in ("90", "270"):
            with self.case(rotate=angle):
                capture, path = self.streaming("--rotate", angle)
                self.assertTrue(path.startswith("MMAP"), path)
                self.assertEqual(picture(self.info())[1:], (height, width))
                for frame in self.probe(2):  # the bars lie: each row has one colour
                    self.assertEqual(len({tuple(sample) for sample in frame["samples"]}), 1)
                self.stop(capture)


if __name__ == "__main__":
    load(nodrop=True)
    vivid_camera.load()
    udev = Udev()
    unittest.main(verbosity=2)
