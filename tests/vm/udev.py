#!/usr/bin/env python3
"""In the virtual machine: a camera that is plugged in starts its service, with the real systemd and udev.

One camera is vivid's, plugged in by binding it to its driver; the other is our USB webcam. The build is
installed into the machine.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
from booted import main, property_of, run, run_inside, wait_for  # noqa: E402

CONF = pathlib.Path("/etc/framering/cameras")
DRIVER = pathlib.Path("/sys/bus/platform/drivers/vivid")
LINK = "/dev/v4l/by-path/platform-vivid.0-video-index0"
UNIT = "framering-capture@{}.service"
WEBCAM = pathlib.Path(os.environ["FRAMERING_BUILD"], "tests/vm/usb_camera")
SERIAL = "8C1A2B3F"


def told(name, what):
    return property_of(UNIT.format(name), what)


def streams(name):
    """Waits until the service is up and frames come."""
    wait_for(f"{name} to stream", lambda: told(name, "ActiveState") == "active" and
             "frames/s" in told(name, "StatusText"))


def configure(name, source, more="", size="320x180"):
    (CONF / f"{name}.conf").write_text(
        f"[capture]\nsource = v4l2:{source}\nsize = {size}\nfps = 5\n{more}")


def replug():
    (DRIVER / "unbind").write_text("vivid.0")
    run("udevadm", "settle")
    (DRIVER / "bind").write_text("vivid.0")
    run("udevadm", "settle")


class Case(unittest.TestCase):
    def setUp(self):
        for path in CONF.glob("*.conf"):
            path.unlink()

    def tearDown(self):
        run("systemctl", "stop", "framering-capture@*.service")
        run("systemctl", "reset-failed")


class Udev(Case):
    @classmethod
    def setUpClass(cls):
        run("modprobe", "vivid", "n_devs=1", "node_types=0x1")
        run("udevadm", "settle")

    def test_udev_finds_nothing_wrong_with_the_rule(self):
        configure("cam0", "/dev/video0")
        done = subprocess.run(["udevadm", "test", "/sys/class/video4linux/video0"],
                              capture_output=True, text=True, timeout=90)
        lines = (done.stdout + done.stderr).splitlines()
        ours = [line for line in lines if "70-framering" in line]
        self.assertTrue(ours, "the rule was not read")
        self.assertFalse([line for line in ours if "nvalid" in line or "nknown" in line], ours)
        self.assertIn("SYSTEMD_WANTS=framering-capture@cam0.service", lines)

    def test_a_camera_named_by_its_number_is_started(self):
        configure("cam0", "/dev/video0")
        replug()
        streams("cam0")

    def test_a_camera_named_by_its_link_is_started(self):
        configure("front-door_2", LINK)
        replug()
        self.assertTrue(os.path.islink(LINK))
        streams("front-door_2")

    def test_C8_a_camera_that_was_away_streams_again_in_the_same_process(self):
        configure("cam0", LINK)
        replug()
        streams("cam0")
        before = told("cam0", "MainPID")
        (DRIVER / "unbind").write_text("vivid.0")
        wait_for("the loss", lambda: "waiting for" in told("cam0", "StatusText"))
        (DRIVER / "bind").write_text("vivid.0")
        streams("cam0")
        self.assertEqual(told("cam0", "MainPID"), before)

    def test_nothing_is_started_for_a_camera_without_a_file_or_with_a_wrong_one(self):
        configure("other", "/dev/video7")
        configure("a b", "/dev/video0")
        configure("broken", "/dev/video0", "slots = many\n")
        replug()
        units = run("systemctl", "list-units", "--all", "--plain", "--no-legend",
                    "framering-capture@*")
        self.assertEqual(units.strip(), "")

    def test_controls_that_were_changed_are_set_by_a_reload(self):
        configure("cam0", "/dev/video0")
        replug()
        streams("cam0")
        configure("cam0", "/dev/video0", "[controls]\nbrightness = 33\n")
        run("systemctl", "reload", UNIT.format("cam0"))
        wait_for("the control", lambda: "\nbrightness = 33 " in run(
            "framering-capture", "--list-controls", "/dev/video0"))


class Webcam(Case):
    """A USB webcam at the real uvcvideo, and the links that the real udev makes for it."""

    def tell(self, *words):
        return run(WEBCAM, "--socket", "/run/webcam", "--tell", *words)

    def controls(self):
        told = json.loads(self.tell("controls"))
        return told["brightness"], told["contrast"]

    def test_C8_named_by_its_serial_number_it_is_started_found_at_any_port_and_set_as_the_file_says(self):
        for module in ("vhci_hcd", "uvcvideo"):
            run("modprobe", module)
        webcam = subprocess.Popen([WEBCAM, "--socket", "/run/webcam", "--serial", SERIAL, "--unplugged"],
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(webcam.stdout.close)
        self.addCleanup(webcam.wait)
        self.addCleanup(webcam.kill)
        self.assertEqual(webcam.stdout.readline(), "ready\n")
        link = f"/dev/v4l/by-id/usb-framering_Test_Camera_{SERIAL}-video-index0"
        configure("door", link, "[controls]\nbrightness = -20\ncontrast = 77\n", size="320x240")
        factory = self.controls()
        # udev makes the link, the rule starts the service.
        self.tell("plug", "1")
        streams("door")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.controls(), (-20, 77))
        before = told("door", "MainPID")
        for port in ("1", "4"):
            self.tell("unplug")
            self.assertEqual(self.controls(), factory)
            wait_for("the loss", lambda: "waiting for" in told("door", "StatusText"))
            self.tell("plug", port)
            streams("door")
            self.assertEqual(self.controls(), (-20, 77))
        self.assertEqual(told("door", "MainPID"), before)
        self.assertEqual(told("door", "NRestarts"), "0")


def setUpModule():
    run("systemctl", "start", "systemd-udevd.service")


def boot():
    for path, package in (("/lib/systemd/systemd", "systemd"), ("/lib/systemd/systemd-udevd", "udev")):
        if not pathlib.Path(path).exists():
            print(f"{package} is not installed here (apt-get install {package})")
            return 77
    run("cmake", "--install", os.environ["FRAMERING_BUILD"])
    CONF.mkdir(parents=True, exist_ok=True)
    shutil.rmtree("/run/udev", ignore_errors=True)
    return run_inside(__file__)


if __name__ == "__main__":
    main(boot, "framering-*", "systemd-udevd")
