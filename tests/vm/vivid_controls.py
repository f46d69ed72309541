#!/usr/bin/env python3
"""In the virtual machine: controls, inputs, signals and the coming and going of a camera, on vivid.

One device with four inputs: webcam, TV, S-Video, HDMI. The signals at them are controls, too.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
import vivid_camera as rig  # noqa: E402

CONF = pathlib.Path("/run/test/cam0.conf")
WEBCAM, TV, SVIDEO, HDMI = range(4)
DRIVER = pathlib.Path("/sys/bus/platform/drivers/vivid")


def listed(device):
    """Name to value of the controls that can be set, as the program tells them."""
    text = rig.run(rig.CAPTURE, "--list-controls", device)
    return dict(re.findall(r"(?m)^(\w+) = (.*?)(?: +; .*)?$", text)), text


class Case(rig.Camera):
    @classmethod
    def setUpClass(cls):
        cls.device = rig.node("000-vid-cap")

    def setUp(self):
        self.started = []
        rig.run(rig.SET, self.device)  # it is there, or nothing here makes sense
        rig.control(self.device, **{"OSD Text Mode": "None"})

    def configure(self, *lines, **capture):
        """A file with these settings, and these lines in [controls]; "" for a setting leaves it out.
        Returns the number of the first such line."""
        capture = {"source": f"v4l2:{self.device}", "size": "320x180", "fps": 10, **capture}
        section = [f"{key} = {value}" for key, value in capture.items() if value != ""]
        text = ["[capture]", *section, "[controls]", *lines]
        CONF.write_text("".join(f"{line}\n" for line in text))
        return len(section) + 3

    def capture(self, *words, code=None, **options):
        command = [rig.CAPTURE, "--camera", "cam0", "--config", CONF, *words]
        if code is not None:
            return rig.run(*command, code=code)
        return self.start(*command, **options)


class Controls(Case):
    def test_what_is_listed_can_be_pasted(self):
        values, text = listed(self.device)
        self.assertGreater(len(values), 40)
        self.configure()
        CONF.write_text(CONF.read_text() + text)
        capture = self.capture()
        capture.wait_for("streaming ")
        now, _ = listed(self.device)
        del now["gain"], values["gain"]  # automatic: it changes as it likes
        self.assertEqual(now, values)
        self.stop(capture)

    def test_every_kind_of_control_is_set_by_name(self):
        wanted = {"brightness": "77", "boolean": "no", "integer_32_bits": "-5",
                  "integer_64_bits": "-9000000000", "menu": "Menu Item 4", "integer_menu": "13",
                  "bitmask": "0x402010", "string": "abcd"}
        self.configure(*(f"{name} = {value}" for name, value in wanted.items()), "button = press")
        capture = self.capture()
        capture.wait_for("streaming ")
        now, _ = listed(self.device)
        self.assertEqual({name: now[name] for name in wanted}, wanted)
        self.stop(capture)

    def test_wrong_ones_are_refused_by_line_with_what_there_is(self):
        for line, words in (
                ("brightnes = 1", f"{self.device} has no such control; did you mean brightness. It has "
                 "brightness, contrast, .*percentage_of_dropped_buffers"),
                ("brightness = 256", '"256" is out of range; expected a whole number from 0 to 255'),
                ("menu = Menu Item 2", "expected Menu Item 1, Menu Item 3 or Menu Item 4"),
                ("menu = 0", '"0" is out of range'),
                ("string = abcde", "expected 2 to 4 characters"),
                ("read_only_integer_32_bits = 1", "it is read-only"),
                ("area = 1", "it has a value of several parts")):
            with self.case(line=line):
                at = self.configure("contrast = 1", line) + 1
                self.assertRegex(self.capture(code=78), rf"{CONF}:{at}: \w+: .*{words}")
                self.assertEqual(listed(self.device)[0]["contrast"], "128")  # all or nothing

    def test_they_are_changed_live(self):
        self.configure("contrast = 100", "hue = 7")
        capture = self.capture()
        capture.wait_for("streaming ")
        rig.control(self.device, Hue=9)  # somebody else's doing, which is left alone
        self.configure("contrast = 101", "hue = 7", slots=9)
        capture.process.send_signal(signal.SIGHUP)
        at, _ = capture.wait_for("in force after a restart only: slots")
        capture.wait_for("the controls are those of the file again", at)
        now, _ = listed(self.device)
        self.assertEqual((now["contrast"], now["hue"]), ("101", "9"))

        with self.subTest("F10: a wrong one is told, and the old ones stay"):
            at = self.configure("contrast = 102", "hue = 1000") + 1
            capture.process.send_signal(signal.SIGHUP)
            at, _ = capture.wait_for(rf'{CONF}:{at}: hue: "1000" is out of range.*; the old controls stay')
            CONF.write_text("[controls\n")
            capture.process.send_signal(signal.SIGHUP)
            capture.wait_for(rf"{CONF}:1: a section without its ].*; the old settings stay", at)
            self.assertEqual(listed(self.device)[0]["contrast"], "101")
            self.assertTrue(self.probe(2))
        rig.control(self.device, Contrast=128, Hue=0)
        self.stop(capture)


class Turning(Case):
    def test_a_device_that_can_turns_the_picture_itself_and_is_put_back(self):
        rig.control(self.device, **{"Test Pattern": "Gray Ramp"})
        rising = {"mirror": "no"}, {"mirror": "yes", "rotate": 180}
        falling = {"mirror": "yes"}, {"rotate": 180}
        for settings in (*rising, *falling):
            with self.case(**settings):
                self.configure(**settings, format="GREY")
                capture = self.capture()
                capture.wait_for("streaming 320x180 GREY .*USERPTR")  # no copy to turn it in
                if settings != {"mirror": "no"}:
                    capture.wait_for(f"{self.device} turns the picture by itself")
                luma = [y for y, _, _ in self.probe(2)[-1]["samples"]]
                self.assertEqual(luma, sorted(luma, reverse=settings in falling))
                self.assertNotEqual(luma[0], luma[-1])
                self.stop(capture)
                now, _ = listed(self.device)
                self.assertEqual((now["horizontal_flip"], now["vertical_flip"]), ("no", "no"))
        rig.control(self.device, **{"Test Pattern": "75% Colorbar"})


class Life(Case):
    def bind(self, how):
        (DRIVER / how).write_text("vivid.0")

    def test_C8_a_camera_that_comes_back_has_its_controls_and_its_readers(self):
        self.configure("brightness = 99")
        capture = self.capture()
        capture.wait_for("streaming .* new epoch")
        reader = self.start(rig.PROBE, "cam0", 1000000)
        reader.wait_for('"number"')
        self.bind("unbind")
        at, _ = capture.wait_for("source lost: .*; the ring stays")
        capture.wait_for("waiting for the source: there is no ", at)
        seen = len(reader.lines)
        self.bind("bind")
        at, _ = capture.wait_for("streaming .* same epoch", at)
        self.assertEqual(listed(self.device)[0]["brightness"], "99")
        reader.wait_for('"number"', seen)
        self.assertNotIn("no writer", str(reader))
        reader.stop(signal.SIGKILL)
        self.stop(capture)

    def test_C17_a_camera_pulled_out_by_its_own_control_is_lost_like_any(self):
        self.configure()
        capture = self.capture()
        capture.wait_for("streaming ")
        rig.control(self.device, Disconnect=1)
        at, _ = capture.wait_for("source lost: ")
        self.bind("unbind")
        self.bind("bind")
        capture.wait_for("streaming .* same epoch", at)
        self.stop(capture)

    def test_C8_a_camera_with_another_number_is_found_by_its_path(self):
        folder = pathlib.Path("/dev/v4l/by-path")
        folder.mkdir(parents=True)
        link = folder / "platform-vivid.0-video-index0"
        link.symlink_to(self.device)
        aside = self.device + "-aside"
        self.configure()
        capture = self.capture()
        capture.wait_for("streaming ")
        try:
            self.bind("unbind")
            at, _ = capture.wait_for("source lost: ")
            link.unlink()
            pathlib.Path(self.device).unlink(missing_ok=True)
            self.bind("bind")
            # The number is another camera's now, or nobody's.
            os.rename(self.device, aside)
            link.symlink_to(aside)
            capture.wait_for(rf"the camera that was {self.device} is {aside} now .found by {link}", at)
            self.assertTrue(self.probe(2))
            self.stop(capture)
        finally:
            if os.path.exists(aside):
                os.rename(aside, self.device)
            subprocess.run(["rm", "-r", "/dev/v4l"], check=True)


class Inputs(Case):
    def setUp(self):
        super().setUp()
        self.configure()

    def select(self, index, **controls):
        """Chooses an input and sets what it gets; vivid's controls are of the current input."""
        rig.control(self.device, **{"--input": index, **controls})

    def tearDown(self):
        self.clean()
        self.select(HDMI, **{"DV Timings": "640x480p59",
                             "DV Timings Signal Mode": "Current DV Timings"})
        self.select(TV, **{"Standard Signal Mode": "Current Standard"})
        self.select(WEBCAM)

    def test_an_input_is_chosen_by_name_or_number(self):
        for name, number in (("webcam 0", WEBCAM), ("HDMI 0", HDMI), (SVIDEO, SVIDEO)):
            with self.case(input=name):
                capture = self.capture("--input", name)
                capture.wait_for("streaming ")
                self.stop(capture)

    def test_the_inputs_are_listed(self):
        self.assertIn("  inputs: 0 (Webcam 0), 1 (TV 0), 2 (S-Video 0), 3 (HDMI 0)\n",
                      rig.run(rig.CAPTURE, "--list"))

    def test_a_wrong_input_is_refused_with_those_that_there_are(self):
        words = r"no input .*it has 0 \(Webcam 0\), 1 \(TV 0\), 2 \(S-Video 0\), 3 \(HDMI 0\)"
        self.assertRegex(self.capture("--input", "HDMI", code=2), words)
        self.assertRegex(self.capture("--input", "4", code=2), words)
        self.configure(input="Tuner")
        self.assertRegex(self.capture(code=78), words)

    def test_an_analog_input_without_a_signal_is_told(self):
        self.select(TV, **{"Standard Signal Mode": "No Signal"})
        capture = self.capture("--input", TV)
        capture.wait_for(r"input 1 \(TV 0\) of .* has no signal")
        self.stop(capture)

    def test_hdmi_follows_what_comes_in(self):
        self.configure(size="", fps="")
        self.select(HDMI, **{"DV Timings": "640x480p59",
                             "DV Timings Signal Mode": "Selected DV Timings"})
        capture = self.capture("--input", "HDMI 0")
        at, _ = capture.wait_for("streaming 640x480 .* new epoch")

        with self.subTest("another size is another epoch"):
            rig.control(self.device, **{"DV Timings": "720x480p59"})
            at, _ = capture.wait_for("picture of input HDMI 0 has changed; opening it anew", at)
            at, _ = capture.wait_for("streaming 720x480 .* new epoch", at)
            self.assertEqual({frame["width"] for frame in self.probe(2)}, {720})

        with self.subTest("no signal is waited for, and its return is no matter of back-off"):
            time.sleep(1)  # changes that follow each other at once wait, too
            rig.control(self.device, **{"DV Timings Signal Mode": "No Signal"})
            at, _ = capture.wait_for("source lost: .* no signal at input HDMI 0: nothing", at)
            time.sleep(4)  # the next tries are seconds apart by now
            rig.control(self.device, **{"DV Timings Signal Mode": "Selected DV Timings"})
            before = time.monotonic()
            capture.wait_for("streaming 720x480 .* same epoch", at)
            self.assertLess(time.monotonic() - before, 2)
            told = [line for line in capture.lines[at:] if "no signal at" in line]
            self.assertEqual(len(told), 1, "one line, however often it is tried")
        self.stop(capture)

    def test_a_start_without_a_signal_waits_for_it(self):
        self.configure(size="", fps="")
        self.select(HDMI, **{"DV Timings Signal Mode": "No Lock"})
        capture = self.capture("--input", "HDMI 0")
        at, _ = capture.wait_for("waiting for the source: .* what comes in is not stable")
        rig.control(self.device, **{"DV Timings Signal Mode": "Current DV Timings"})
        capture.wait_for("streaming ", at)
        self.stop(capture)


def setUpModule():
    # Inputs: webcam 0, TV 1, S-Video 2, HDMI 3, two bits each.
    subprocess.run(["modprobe", "vivid", "n_devs=1", "num_inputs=4", "input_types=0xe4",
                    "node_types=0x1"], check=True)
    os.environ.pop("XDG_RUNTIME_DIR", None)


if __name__ == "__main__":
    unittest.main(verbosity=2)
