"""The systemd units: understood by systemd, closed as far as shared memory allows."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
SOURCE = pathlib.Path(os.environ["FRAMERING_SOURCE"])
SERVICES = ("framering-capture@.service", "framering-analyzer@.service")


def settings(name):
    """Key to values of a unit, comments left out."""
    found = {}
    for line in (BUILD / "systemd" / name).read_text().splitlines():
        match = re.match(r"(\w+)=(.*)", line)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


def analyze(*words, **options):
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60,
                          **options)


@unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
class Systemd(unittest.TestCase):
    def test_the_services_are_sandboxed(self):
        for service in SERVICES:
            done = analyze("security", "--offline=true", "--threshold=15", "--no-pager",
                           str(BUILD / "systemd" / service))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_systemd_finds_nothing_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(SOURCE / "systemd/framering.target", folder)
            for service in SERVICES:
                text = (BUILD / "systemd" / service).read_text()
                # What it starts is not installed where the test runs.
                text = re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", text, flags=re.M)
                (pathlib.Path(folder) / service).write_text(text)
            files = [str(path) for path in sorted(pathlib.Path(folder).iterdir())]
            done = analyze("verify", "--man=no", *files)
            told = [line for line in done.stderr.splitlines() if "framering" in line]
            self.assertEqual((done.returncode, told), (0, []), done.stderr)


class Promises(unittest.TestCase):
    def test_shared_memory_stays_shared(self):
        for service in SERVICES:
            unit = settings(service)
            for key in ("PrivateIPC", "DynamicUser", "PrivateUsers"):
                self.assertNotIn(key, unit)
            self.assertEqual(unit["RemoveIPC"], ["no"])

    def test_wrong_configuration_and_a_recording_that_ended_are_not_tried_again(self):
        for service, codes in zip(SERVICES, ("2 3 78", "2 78"), strict=True):
            unit = settings(service)
            self.assertEqual(unit["Restart"], ["always"])
            self.assertEqual(unit["RestartPreventExitStatus"], [codes])

    def test_P3_a_service_that_keeps_failing_is_tried_with_pauses_and_not_for_ever(self):
        for service in SERVICES:
            unit = settings(service)
            pause_s, burst = int(unit["RestartSec"][0]), int(unit["StartLimitBurst"][0])
            window_s = int(re.fullmatch(r"(\d+)min", unit["StartLimitIntervalSec"][0])[1]) * 60
            self.assertGreaterEqual(pause_s, 1)
            # So many fit into the time in which they are counted, so that there is an end.
            self.assertGreater(window_s, 2 * burst * pause_s)

    def test_the_rendezvous_stays_when_the_writer_goes(self):
        unit = settings("framering-capture@.service")
        self.assertEqual(unit["RuntimeDirectory"], ["framering/%i"])
        self.assertEqual(unit["RuntimeDirectoryPreserve"], ["yes"])
        self.assertEqual(unit["RuntimeDirectoryMode"], ["0755"])

    def test_the_rule_starts_the_service_that_the_program_names(self):
        rule = (BUILD / "systemd/70-framering.rules").read_text()
        self.assertRegex(rule, r"PROGRAM!=\"/\S+/framering-capture --camera-of '\$devnode \$links'\"")
        unit = re.search(r'SYSTEMD_WANTS\}\+="(.*?)\$result(.*?)"', rule)
        self.assertEqual(f"{unit[1]}{unit[2]}", "framering-capture@.service")
        # What the rule asks, on a file of the test's own.
        with tempfile.TemporaryDirectory() as folder:
            cameras = pathlib.Path(folder) / "cameras"
            cameras.mkdir()
            (cameras / "front.conf").write_text("[capture]\nsource = v4l2:/dev/v4l/by-id/usb-x\n")
            (cameras / "front.conf").chmod(0o644)
            for paths, answer in (("/dev/video7 v4l/by-id/usb-x", (0, "front\n")),
                                  ("/dev/video7 ", (1, ""))):
                done = subprocess.run([BUILD / "capture/framering-capture", "--camera-of", paths],
                                      env={**os.environ, "FRAMERING_CONFDIR": folder},
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stdout), answer, done.stderr)

    def test_every_user_is_made(self):
        made = (SOURCE / "systemd/framering.sysusers").read_text()
        for service in SERVICES:
            for user in settings(service)["User"]:
                self.assertRegex(made, rf"(?m)^u {user} ")

    def test_S18_when_memory_is_short_the_analyzer_goes_before_the_camera(self):
        capture, analyzer = (int(settings(service)["OOMScoreAdjust"][0]) for service in SERVICES)
        self.assertLess(capture, 0)
        self.assertGreater(analyzer, 0)
        self.assertEqual(settings(SERVICES[0])["LimitMEMLOCK"], ["infinity"])  # lock_memory


if __name__ == "__main__":
    unittest.main()
