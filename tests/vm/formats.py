#!/usr/bin/env python3
"""In the virtual machine: the formats of the kernel's virtual camera, vivid, through both of V4L2's APIs."""

import sys
import unittest

sys.dont_write_bytecode = True
from vivid_camera import Camera, control, load, node  # noqa: E402

# Formats of the multi-planar API in several memory planes, and what readers see of them.
IN_PARTS = {"NM12": "NV12", "NM21": "NV21", "YM12": "YU12", "YM21": "YV12", "YM16": "422P", "YM61": "422P"}


class Multiplanar(Camera):
    def setUp(self):
        super().setUp()
        self.device = node("002-vid-cap")
        control(self.device, **{"Test Pattern": "100% Colorbar", "OSD Text Mode": "None", "Show Square": 0,
                                "Timestamp Source": "Start of Exposure"})

    def test_memory_planes_become_planes_of_one_slot_both_ways(self):
        for fourcc, seen in {"GREY": "GREY", "YUYV": "YUYV", "NV12": "NV12", **IN_PARTS}.items():
            for zero_copy, path in (("yes", "USERPTR (zero copy)"), ("no", "MMAP (one copy)")):
                with self.case(format=fourcc, path=path):
                    capture, told = self.streaming("--format", fourcc, "--zero-copy", zero_copy)
                    self.assertEqual(told, path)
                    frames = self.probe(3)
                    self.assertEqual({frame["format"] for frame in frames}, {seen})
                    self.assert_in_order(frames)
                    self.assert_bars(frames)
                    self.stop(capture)


def setUpModule():
    load()


if __name__ == "__main__":
    unittest.main(verbosity=2)
