#!/usr/bin/env python3
"""In the virtual machine: the installed services, under systemd itself, on the kernel's virtual camera.

Tries tools/demo on the camera, installs the build into the machine, boots systemd in a process
namespace of its own (it then makes the users and the folder as at any boot), and runs the tests below
as a unit in there.
"""

import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
from booted import PATIENCE_S, main, property_of, run, run_inside, wait_for  # noqa: E402

CAPTURE, ANALYZER = "framering-capture@cam0.service", "framering-analyzer@cam0.service"


def main_pid(unit):
    return int(property_of(unit, "MainPID"))


def look():
    """What `framering info` says of the live ring, or None."""
    done = subprocess.run(["framering", "info", "cam0", "--json"], capture_output=True, text=True,
                          timeout=PATIENCE_S)
    ring = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return ring if ring.get("state") == "live" and ring["frames"] > 0 else None


def wait_for_reading(but_epoch=None):
    """Frames are shared in an epoch other than the given one, and one reader is attached."""
    def check():
        ring = look()
        return ring if ring and ring["epoch"] != but_epoch and ring["readers"] == 1 else None
    return wait_for("a ring that is read", check)


class Services(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        run("systemctl", "enable", "framering-capture@cam0", "framering-analyzer@cam0")
        run("systemctl", "start", "framering.target")

    def setUp(self):
        self.ring = wait_for_reading()

    def test_1_they_are_ready_and_say_what_they_do(self):
        for unit in (CAPTURE, ANALYZER):
            self.assertEqual(property_of(unit, "ActiveState"), "active")
            self.assertNotEqual(property_of(unit, "StatusText"), "")
            self.assertEqual(property_of(unit, "NRestarts"), "0")

    def test_2_each_runs_as_its_own_user_and_without_rights(self):
        for unit, user in ((CAPTURE, "framering"), (ANALYZER, "framering-analyzer")):
            status = pathlib.Path(f"/proc/{main_pid(unit)}/status").read_text()
            self.assertEqual(int(re.search(r"Uid:\t(\d+)", status)[1]), pwd.getpwnam(user).pw_uid)
            self.assertEqual(re.search(r"CapEff:\t(\w+)", status)[1], "0" * 16)
            adjust = pathlib.Path(f"/proc/{main_pid(unit)}/oom_score_adj").read_text()
            self.assertEqual(int(adjust), -500 if unit == CAPTURE else 500)  # S18
        self.assertEqual(self.ring["owner_uid"], pwd.getpwnam("framering").pw_uid)
        owners = {line.split()[1]: line.split()[2:4] for line in run("ipcs", "-m").splitlines()
                  if re.match(r"0x\w+ +\d", line)}
        self.assertEqual(owners[str(self.ring["shm_id"])], ["framering", "640"])

    def test_3_a_killed_capture_comes_back_and_the_analyzer_follows(self):
        before = main_pid(ANALYZER)
        os.kill(main_pid(CAPTURE), signal.SIGKILL)
        ring = wait_for_reading(but_epoch=self.ring["epoch"])
        self.assertNotEqual(ring["writer_pid"], self.ring["writer_pid"])
        self.assertEqual(main_pid(ANALYZER), before)
        segments = [line for line in run("ipcs", "-m").splitlines() if " framering " in line]
        self.assertEqual(len(segments), 1, segments)

        def told():
            lines = run("journalctl", "-u", ANALYZER, "-o", "cat").splitlines()
            events = [json.loads(line) for line in lines if line.startswith("{")]
            return {"signal_lost", "signal_back"} <= {event["event"] for event in events}
        wait_for("signal_lost and signal_back in the journal", told)

    def test_4_a_killed_analyzer_comes_back(self):
        before, camera = main_pid(ANALYZER), main_pid(CAPTURE)
        os.kill(before, signal.SIGKILL)
        wait_for("another analyzer", lambda: main_pid(ANALYZER) not in (0, before))
        wait_for_reading()
        self.assertEqual(main_pid(CAPTURE), camera)

    def test_5_a_wrong_configuration_is_told_and_not_tried_again(self):
        pathlib.Path("/etc/framering/cameras/bad.conf").write_text("[capture]\nslots = 99\n")
        unit = "framering-capture@bad.service"
        self.assertNotEqual(subprocess.run(["systemctl", "start", unit], capture_output=True,
                                           timeout=PATIENCE_S).returncode, 0)
        self.assertEqual(property_of(unit, "ExecMainStatus"), "78")
        time.sleep(3)  # RestartSec is one second
        self.assertEqual(property_of(unit, "NRestarts"), "0")
        self.assertEqual(property_of(unit, "ActiveState"), "failed")
        wait_for("the reason in the journal",
                 lambda: "bad.conf:2: slots:" in run("journalctl", "-u", unit, "-o", "cat"))

    def test_6_a_recording_that_has_ended_is_done_and_not_tried_again(self):
        film = pathlib.Path("/run/framering-test/film.y4m")
        film.write_bytes(b"YUV4MPEG2 W64 H48 F25:1\n" + 3 * (b"FRAME\n" + bytes(64 * 48 * 3 // 2)))
        pathlib.Path("/etc/framering/cameras/film.conf").write_text(
            f"[capture]\nsource = replay:{film}\n")
        unit = "framering-capture@film.service"
        run("systemctl", "start", unit)
        wait_for("its end", lambda: property_of(unit, "ActiveState") == "inactive")
        self.assertEqual(property_of(unit, "Result"), "success")
        time.sleep(3)  # RestartSec is one second
        self.assertEqual(property_of(unit, "ActiveState"), "inactive")
        self.assertEqual(run("journalctl", "-u", unit, "-o", "cat").count("streaming"), 1)

    def test_7_a_stopped_target_leaves_nothing_but_the_folder(self):
        run("systemctl", "stop", "framering.target")
        for unit in (CAPTURE, ANALYZER):
            wait_for(f"{unit} to stop", lambda: property_of(unit, "ActiveState") == "inactive")
            self.assertEqual(property_of(unit, "Result"), "success")
        left = [line for line in run("ipcs").splitlines() if " framering" in line]
        self.assertEqual(left, [])
        self.assertTrue(pathlib.Path("/run/framering/cam0").is_dir())
        self.assertFalse(pathlib.Path("/run/framering/cam0/ring").exists())
        # And all comes again.
        run("systemctl", "start", "framering.target")
        wait_for_reading()

    def test_8_the_doctor_sees_what_is_wrong_with_services_and_devices(self):
        # What an earlier test left.
        self.assertEqual([state for state, text in wrong() if "bad.conf:2: slots" in text], ["fault"])
        pathlib.Path("/etc/framering/cameras/bad.conf").unlink()
        self.assertEqual(wrong(), [])
        told = {finding["text"] for finding in doctor()}
        self.assertIn(f"{CAPTURE} shares its memory", told)
        self.assertIn(f"{ANALYZER} shares its memory", told)
        self.assertTrue(any(text.startswith("user framering-analyzer is in") for text in told), told)

        # A service that shuts itself in.
        folder = pathlib.Path(f"/run/systemd/system/{CAPTURE}.d")
        folder.mkdir()
        (folder / "private.conf").write_text("[Service]\nPrivateIPC=yes\n")
        run("systemctl", "daemon-reload")
        run("systemctl", "restart", CAPTURE)
        wait_for("the unit's setting and the process's namespace to be told",
                 lambda: [text for _, text in wrong() if "PrivateIPC=yes" in text]
                 and [text for _, text in wrong() if "is in another IPC namespace" in text])
        shutil.rmtree(folder)
        run("systemctl", "daemon-reload")
        run("systemctl", "restart", CAPTURE)
        wait_for_reading()
        self.assertEqual(wrong(), [])

        # Somebody else has the camera.
        run("systemctl", "stop", CAPTURE)
        device = re.search(r"v4l2:(\S+)", pathlib.Path("/etc/framering/cameras/cam0.conf").read_text())[1]
        os.mkdir("/run/somebody")
        somebody = subprocess.Popen(["framering-capture", "--camera", "mine", "--source", f"v4l2:{device}"],
                                    env={**os.environ, "FRAMERING_RUNDIR": "/run/somebody"},
                                    stderr=subprocess.DEVNULL)
        try:
            wait_for("the camera to be busy", lambda: [text for state, text in wrong()
                                                       if state == "warning" and "is in use by" in text])
        finally:
            somebody.terminate()
            somebody.wait(PATIENCE_S)
        run("systemctl", "start", CAPTURE)
        wait_for_reading()


def doctor():
    """What `framering doctor` finds."""
    done = subprocess.run(["framering", "doctor", "--json"], capture_output=True, text=True,
                          timeout=PATIENCE_S)
    return json.loads(done.stdout)["checks"]


def wrong():
    return [(finding["state"], finding["text"]) for finding in doctor()
            if finding["state"] in ("warning", "fault")]


def camera():
    """/dev/videoN of vivid, with the owner that udev would give it."""
    for folder in sorted(pathlib.Path("/sys/class/video4linux").iterdir()):
        if (folder / "name").read_text().strip() == "vivid-000-vid-cap":
            device = f"/dev/{folder.name}"
            shutil.chown(device, group="video")
            os.chmod(device, 0o660)
            return device
    raise AssertionError("vivid made no camera")


def check_demo(device):
    """tools/demo's running part, which takes the first camera that it finds: there is one here."""
    source = pathlib.Path(os.environ["FRAMERING_SOURCE"])
    os.mkdir("/run/demo", 0o700)
    done = subprocess.run([source / "tools/demo_show", "--build", os.environ["FRAMERING_BUILD"],
                           "--seconds", "20"], capture_output=True, text=True, timeout=PATIENCE_S,
                          env={**os.environ, "FRAMERING_RUNDIR": "/run/demo"})
    for told in (f"Found a camera: {device}, vivid", 'The ring "demo" is there: ', "1 reading",
                 "Nothing is left behind"):
        if done.returncode != 0 or told not in done.stdout:
            raise AssertionError(f'the demo did not say "{told}":\n{done.stdout}{done.stderr}')
    print("The demo takes the first camera that it finds ... ok", flush=True)


def boot():
    if not pathlib.Path("/lib/systemd/systemd").exists():
        print("systemd is not installed here (apt-get install systemd)")
        return 77
    run("modprobe", "vivid")
    run("cmake", "--install", os.environ["FRAMERING_BUILD"])
    device = camera()
    check_demo(device)
    folder = pathlib.Path("/etc/framering/cameras")
    folder.mkdir(parents=True)
    (folder / "cam0.conf").write_text(
        f"[capture]\nsource = v4l2:{device}\nsize = 320x180\nfps = 5\n")
    return run_inside(__file__)


if __name__ == "__main__":
    main(boot, "framering-*")
