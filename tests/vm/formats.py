#!/usr/bin/env python3
"""In the virtual machine: every format of the kernel's virtual camera, vivid, through both of V4L2's
APIs. Each either streams, and readers see the colour bars, or is refused by name."""

import fcntl
import os
import struct
import sys
import unittest

sys.dont_write_bytecode = True
from vivid_camera import CAPTURE, GREY_BARS, TOLERANCE, Camera, control, load, node, run  # noqa: E402

NATIVE = ("GREY", "NV12", "NV21", "YU12", "YV12", "422P", "YUYV", "UYVY")
# Formats of the multi-planar API in several memory planes, and what readers see of them.
IN_PARTS = {"NM12": "NV12", "NM21": "NV21", "YM12": "YU12", "YM21": "YV12", "YM16": "422P", "YM61": "422P"}
# What goes through libv4l2, into YU12.
CONVERTED = ("YVYU", "NV16", "NV61", "Y16", "Y16-BE", "RGB3", "BGR3", "RGB4", "BGR4", "BX24", "XR24",
             "BA24", "AR24", "BA81", "GBRG", "GRBG", "RGGB", "BG10", "GB10", "BA10", "RG10",
             "BYR2", "GB16", "GR16", "RG16")
CAPTURE_SINGLE, CAPTURE_MULTI = 1, 9  # enum v4l2_buf_type
VIDIOC_ENUM_FMT = 0xc0405602
SMALL = "320x180"


def formats_of(device, buf_type):
    """The names of all the formats that the driver has, as framering writes them."""
    names = []
    fd = os.open(device, os.O_RDWR)
    try:
        while True:
            desc = bytearray(64)
            struct.pack_into("II", desc, 0, len(names), buf_type)
            try:
                fcntl.ioctl(fd, VIDIOC_ENUM_FMT, desc)
            except OSError:
                return names
            fourcc = bytes(desc[44:48])
            big_endian = fourcc[3] & 0x80
            letters = bytes([*fourcc[:3], fourcc[3] & 0x7f]).decode().rstrip()
            names.append(letters + ("-BE" if big_endian else ""))
    finally:
        os.close(fd)


class Formats(Camera):
    def use(self, name):
        self.device = node(name)
        control(self.device, **{"Test Pattern": "100% Colorbar", "OSD Text Mode": "None", "Show Square": 0,
                                "Timestamp Source": "Start of Exposure"})

    def assert_grey_bars(self, frames):
        """Luma alone, in a format that has chroma, too."""
        for frame in frames:
            for (y, cb, cr), (expected, _, _) in zip(frame["samples"], GREY_BARS, strict=True):
                self.assertAlmostEqual(y, expected, delta=TOLERANCE, msg=f"{frame}")
                self.assertEqual((cb, cr), (128, 128))

    def check_streams(self, name, seen, paths, *words):
        capture, told = self.streaming("--size", SMALL, "--format", name, *words)
        self.assertIn(told, paths)
        frames = self.probe(2)
        self.assertEqual({frame["format"] for frame in frames}, {seen})
        self.assert_in_order(frames)
        if name.startswith("Y16"):
            self.assert_grey_bars(frames)
        else:
            self.assert_bars(frames)
        self.stop(capture)
        return capture

    def check_refused(self, name):
        text = run(CAPTURE, "--camera", "cam9", "--source", f"v4l2:{self.device}", "--size", SMALL,
                   "--format", name, code=2)
        self.assertRegex(text, rf"gives {name}, which framering does not read; of this camera it reads: "
                               "YUYV UYVY .*; through libv4l2: YVYU")

    def check_all(self, buf_type, at_least):
        names = formats_of(self.device, buf_type)
        self.assertGreaterEqual(len(names), at_least)
        self.assertEqual(len(names), len(set(names)))
        streamed = set()
        for name in names:
            if name not in NATIVE and name not in IN_PARTS and name not in CONVERTED:
                with self.subTest(format=name):  # leaves nothing to clean up, and there are many
                    self.check_refused(name)
                continue
            with self.case(format=name):
                if name in CONVERTED:
                    capture = self.check_streams(name, "YU12", {"libv4l2 (converted)"})
                    capture.wait_for(f"gives {name}, which libv4l2 converts to YU12")
                else:
                    self.check_streams(name, IN_PARTS.get(name, name), {"USERPTR (zero copy)"})
                streamed.add(name)
        return streamed

    def test_every_format_of_the_single_plane_api_streams_or_is_refused_by_name(self):
        self.use("000-vid-cap")
        self.assertEqual(self.check_all(CAPTURE_SINGLE, 80), {*NATIVE, *CONVERTED})

    def test_every_format_of_the_multi_planar_api_streams_or_is_refused_by_name(self):
        self.use("002-vid-cap")
        self.assertEqual(self.check_all(CAPTURE_MULTI, 90), {*NATIVE, *IN_PARTS, *CONVERTED})

    def test_memory_planes_become_planes_of_one_slot_with_one_copy_too(self):
        self.use("002-vid-cap")
        for name, seen in {"YUYV": "YUYV", "NV12": "NV12", **IN_PARTS}.items():
            with self.case(format=name):
                self.check_streams(name, seen, {"MMAP (one copy)"}, "--zero-copy", "no")

    def test_C16_conversion_can_be_forbidden(self):
        self.use("000-vid-cap")
        text = run(CAPTURE, "--camera", "cam9", "--source", f"v4l2:{self.device}", "--format", "RGB3",
                   "--convert", "no", code=2)
        self.assertRegex(text, "gives RGB3, which is read through libv4l2, and convert = no forbids that; "
                               ".* of this camera: YUYV UYVY")

    def test_the_two_fields_of_a_television_picture_are_taken_as_they_come(self):
        self.use("000-vid-cap")
        capture = self.capture("--size", "any", "--fps", "any", "--format", "YUYV", "--input", "1")
        capture.wait_for("streaming 720x5(76|75|80) YUYV|streaming 720x480 YUYV")
        frames = self.probe(2)
        # V4L2_FIELD_INTERLACED, or with the bottom field first as NTSC has it.
        self.assertTrue({frame["field"] for frame in frames} <= {4, 8, 9}, f"{frames[0]}")
        self.stop(capture)


def setUpModule():
    load()


if __name__ == "__main__":
    unittest.main(verbosity=2)
