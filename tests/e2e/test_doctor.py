"""framering doctor on machines that have something wrong with them: real limits of an IPC namespace, real
files under the names where it looks (bound there in a mount namespace), real rings left behind."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from capture_rig import BUILD, CAPTURE, CaptureCase, ipc_objects, remove_ipc_objects

COMMAND = str(BUILD / "monitor" / "framering")
SOMEBODY = 40001  # a user that no box has

# Root, and not only of a user namespace that has nobody else.
HAS_USERS = subprocess.run(["setpriv", f"--reuid={SOMEBODY}", "--clear-groups", "true"],
                           stderr=subprocess.DEVNULL).returncode == 0

# Binds pairs of paths, then runs the rest of its arguments.
BINDING = ('while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 99; shift 2; done; shift; exec "$@"')

PASSWD = """root:x:0:0:root:/root:/bin/sh
framering:x:990:990::/:/usr/sbin/nologin
framering-analyzer:x:991:991::/:/usr/sbin/nologin
"""
GROUPS = "root:x:0:\nvideo:x:44:framering\nframering:x:990:framering-analyzer\nframering-analyzer:x:991:\n"


class Doctor(CaptureCase):
    def setUp(self):
        super().setUp()
        self.etc = pathlib.Path(self.folder, "etc")
        self.cameras = self.etc / "cameras"
        self.cameras.mkdir(parents=True)
        self.binds = []

    # ------------------------------------------------------------ the machine

    def camera(self, name="cam0", text="source = synthetic:\nsize = 64x48\n", mode=0o644):
        path = self.cameras / f"{name}.conf"
        path.write_text(f"[capture]\n{text}")
        path.chmod(mode)
        return path

    def file(self, name, text, mode=0o644):
        path = pathlib.Path(self.folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def bind(self, what, where):
        """For the doctor alone, `what` stands at `where`."""
        self.binds += [str(what), str(where)]

    def installed(self, groups=GROUPS, passwd=PASSWD, **files):
        """The services are installed, with their users; files of /etc/systemd."""
        self.file("systemd/system/framering-capture@.service", "[Service]\n")
        for name, text in files.items():
            self.file(f"systemd/{name}", text)
        self.bind(pathlib.Path(self.folder, "systemd"), "/etc/systemd")
        self.bind(self.file("passwd", passwd), "/etc/passwd")
        self.bind(self.file("group", groups), "/etc/group")

    @contextlib.contextmanager
    def limit(self, name, value):
        """A limit of this test's IPC namespace."""
        path = pathlib.Path("/proc/sys/kernel", name)
        if not os.access(path, os.W_OK):
            self.skipTest(f"{path} cannot be written here")
        before = path.read_text()
        path.write_text(value)
        try:
            yield
        finally:
            path.write_text(before)

    # ------------------------------------------------------------ the doctor

    def run_doctor(self, *words, user=None):
        command = [COMMAND, "doctor", *words]
        if user is not None:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
        if self.binds:
            command = ["unshare", "--mount", "sh", "-c", BINDING, "sh", *self.binds, "--", *command]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60)

    def doctor(self, **options):
        """Findings as dicts; and checks that text, JSON and exit code say the same, of a machine on which
        others may start and end daemons between the two."""
        for _ in range(10):
            done = self.run_doctor("--json", **options)
            self.assertEqual(done.stderr, "")
            report = json.loads(done.stdout)
            findings = report["checks"]
            text = self.run_doctor(**options)
            states = re.findall(r"^(ok|unseen|warning|fault)\b", text.stdout, re.M)
            if states == [f["state"] for f in findings]:
                break
        self.assertGreater(len(findings), 10)
        wrong = [f for f in findings if f["state"] in ("warning", "fault")]
        self.assertEqual(report["ok"], not wrong)
        self.assertEqual(done.returncode, 1 if wrong else 0, done.stdout)
        self.assertEqual((text.returncode, text.stderr), (done.returncode, ""))
        self.assertEqual(states, [f["state"] for f in findings], text.stdout)
        for finding in wrong:
            if finding["remedy"]:
                self.assertIn("\n" + " " * 20 + finding["remedy"] + "\n", text.stdout)
        self.report = report
        return findings

    def nothing_is_wrong(self, **options):
        findings = self.doctor(**options)
        self.assertEqual([f for f in findings if f["state"] in ("warning", "fault")], [])
        return findings

    def only(self, check, state, pattern, **options):
        """The one thing that is wrong."""
        wrong = [f for f in self.doctor(**options) if f["state"] in ("warning", "fault")]
        self.assertEqual(len(wrong), 1, wrong)
        self.assertEqual((wrong[0]["check"], wrong[0]["state"]), (check, state), wrong)
        self.assertRegex(wrong[0]["text"], pattern)
        return wrong[0]["remedy"]

    def do(self, remedy):
        """What a remedy has in its backticks, as root, who needs no sudo."""
        path = f"{BUILD / 'monitor'}:/usr/sbin:/sbin:{os.environ['PATH']}"
        for command in re.findall(r"`(?:sudo )?(.*?)`", remedy):
            subprocess.run(command, shell=True, check=True, env={**self.env, "PATH": path},
                           stdout=subprocess.DEVNULL)

    # ------------------------------------------------------------ tests

    def test_on_a_machine_without_configuration_nothing_is_wrong(self):
        shutil.rmtree(self.etc)
        findings = self.nothing_is_wrong()
        self.assertEqual({f["check"] for f in findings},
                         {"cameras", "limits", "memory", "users", "folders", "namespace", "RemoveIPC",
                          "rings"})
        self.assertTrue(any("none is configured" in f["text"] for f in findings))

    @unittest.skipUnless(HAS_USERS, "wants to be root, to become somebody else")
    def test_an_ordinary_user_is_told_what_could_not_be_seen(self):
        process = self.capture()
        self.reader().frame()
        unseen = [f for f in self.doctor(user=SOMEBODY) if f["state"] == "unseen"]
        self.assertIn("namespace", {f["check"] for f in unseen})
        self.assertTrue(any("no permission" in f["text"] for f in unseen), unseen)
        self.assertTrue(any(f["text"].startswith("1 segments") for f in unseen), unseen)
        self.stop(process)

    def test_wrong_usage_is_2(self):
        self.assertEqual(self.run_doctor("cam0").returncode, 2)
        self.assertEqual(self.run_doctor("--jsonn").returncode, 2)

    def test_S17_a_limit_that_a_configured_camera_would_meet_is_told_before_it_does(self):
        self.camera()
        self.camera("cam1")
        for name, value, pattern in (
                ("shmmax", "8192", r"at most 8192 bytes in a shared memory segment \(SHMMAX\), and \d+ "
                                   r"were asked for"),
                ("shmall", "10", r"at most 10 pages of shared memory in all \(SHMALL\), and \d+ were"),
                ("shmmni", "1", r"at most 1 shared memory segments \(SHMMNI\), and 2 were"),
                ("sem", "18 32000 500 128", r"at most 18 semaphores in a set \(SEMMSL\), and 19 were"),
                ("sem", "250 57 500 128", r"at most 57 semaphores in all \(SEMMNS\), and 58 were"),
                ("sem", "250 32000 34 128", r"at most 34 operations .* \(SEMOPM\), and 35 were"),
                ("sem", "250 32000 500 3", r"at most 3 semaphore sets \(SEMMNI\), and 4 were")):
            with self.subTest(limit=name, value=value), self.limit(name, value):
                self.do(self.only("limits", "fault", pattern))
                self.nothing_is_wrong()

    def test_S17_the_memory_that_it_tells_is_what_the_daemon_takes(self):
        self.camera("cam0", "source = synthetic:\nsize = 320x240\nslots = 11\n")
        self.camera("cam1", "source = synthetic:\nsize = 64x48\n")
        self.nothing_is_wrong()
        planned = self.report["rings_bytes"]
        taken = 0
        for name in ("cam0", "cam1"):
            process = self.capture(camera=name, source=None, size=None)
            self.reader(name).frame()
            info = subprocess.run([COMMAND, "info", name, "--json", "--window", "0"], env=self.env,
                                  capture_output=True, check=True, timeout=60)
            taken += json.loads(info.stdout)["segment_bytes"]
            self.addCleanup(process.wait)
        self.assertEqual(planned, taken)
        # While they run their rings tell, and nothing more is needed.
        findings = self.nothing_is_wrong()
        self.assertEqual(self.report["rings_bytes"], taken)
        self.assertEqual(len([f for f in findings if "which it has" in f["text"]]), 2)
        for process in self.started:
            self.stop(process)

    def test_S17_too_little_memory_for_the_cameras_is_told_before_they_start(self):
        self.camera("cam0", "source = synthetic:\nsize = 1920x1080\n")
        self.bind(self.file("meminfo", "MemAvailable: 20000 kB\nSwapFree: 0 kB\n"), "/proc/meminfo")
        self.only("memory", "fault", "need 24.9 MB, and 20.5 MB are available")

    def test_a_camera_that_cannot_be_asked_is_an_assumption(self):
        self.camera("cam0", "source = v4l2:/dev/video-none\nsize = 1280x720\n")
        self.only("devices", "fault", "cam0: v4l2:/dev/video-none: there is no /dev/video-none")
        told = [f["text"] for f in self.report["checks"] if "assumption:" in f["text"]]
        self.assertEqual(len(told), 1)
        self.assertRegex(told[0], r"^cam0: 1280x720 YUYV, a ring of 14\.8 MB .*the settings name the size")

    def test_files_that_the_daemon_would_refuse_are_told_with_what_mends_them(self):
        self.installed()
        path = self.camera(mode=0o666)
        self.do(self.only("cameras", "fault", r"mode 0666: others can write it"))
        self.nothing_is_wrong()
        path.chmod(0o600)
        self.do(self.only("cameras", "fault", "user framering cannot read it"))
        self.nothing_is_wrong()
        if HAS_USERS:
            os.chown(path, SOMEBODY, SOMEBODY)
            self.do(self.only("cameras", "fault", f"belongs to user {SOMEBODY}"))
            self.nothing_is_wrong()
        path.write_text("[capture]\nsource = synthetic:\nslots = 99\n")
        self.only("cameras", "fault", r"cam0\.conf:3: slots: ")
        path.write_text("[capture]\nsource = webcam\n")
        self.only("cameras", "fault", "expected v4l2:/dev/videoN")

    def test_C15_what_is_no_camera_is_called_what_it_is(self):
        fifo = os.path.join(self.folder, "fifo")
        link = os.path.join(self.folder, "by-id")
        os.mkfifo(fifo)
        os.symlink(fifo, link)
        for device, pattern in ((fifo, "is a FIFO; expected a video device"),
                                (link, "is a FIFO; expected a video device"),
                                ("/dev/null", "not a video device"),
                                (self.folder, "is a folder")):
            with self.subTest(device=device):
                self.camera("cam0", f"source = v4l2:{device}\n")
                self.only("cameras", "fault", pattern)

    @unittest.skipUnless(HAS_USERS, "wants to be root, to make a device node")
    def test_a_node_that_the_service_may_not_open_is_told(self):
        self.installed()
        node = os.path.join(self.folder, "video")
        os.mknod(node, 0o600 | 0o020000, os.makedev(1, 3))
        self.camera("cam0", f"source = v4l2:{node}\n")
        rights = [f for f in self.doctor() if "may not open" in f["text"]]
        self.assertEqual(len(rights), 1)
        self.assertEqual((rights[0]["check"], rights[0]["state"]), ("devices", "fault"))
        self.do(rights[0]["remedy"])
        self.assertEqual([f for f in self.doctor() if "may not open" in f["text"]], [])
        # By the link, too, that the settings name.
        os.chmod(node, 0o600)
        link = os.path.join(self.folder, "by-path")
        os.symlink(node, link)
        self.camera("cam0", f"source = v4l2:{link}\n")
        texts = [f["text"] for f in self.doctor()]
        self.assertTrue(any(f"{link} is {node} now" in text for text in texts), texts)
        self.assertTrue(any(f"may not open {node}" in text for text in texts), texts)

    def test_users_and_groups_that_are_missing_are_told(self):
        for groups, passwd, pattern in (
                (GROUPS.replace(":44:framering", ":44:"), PASSWD, "framering is not in the group video"),
                (GROUPS.replace("990:framering-analyzer", "990:"), PASSWD,
                 "framering-analyzer is not in the group framering"),
                (GROUPS, PASSWD.replace("framering-analyzer:x", "other:x"),
                 "no user framering-analyzer"),
                (GROUPS.replace("video:", "movies:"), PASSWD, "no group video")):
            with self.subTest(pattern=pattern):
                self.binds = []
                self.installed(groups, passwd)
                self.only("users", "fault", pattern)

    @unittest.skipUnless(HAS_USERS, "wants to be root, to become somebody else")
    def test_who_may_not_read_the_rings_is_told_how_to_join(self):
        self.installed(passwd=PASSWD + f"me:x:{SOMEBODY}:{SOMEBODY}::/:/bin/sh\n")
        remedy = self.only("users", "warning", r"you \(me\) are not in the group framering",
                           user=SOMEBODY)
        self.assertIn("`sudo usermod -aG framering me`", remedy)

    def test_folders_that_others_could_write_are_told_with_what_mends_them(self):
        camera = pathlib.Path(self.rundir, "cam0")
        camera.mkdir(mode=0o755)
        lock = camera / "lock"
        lock.touch(0o600)
        self.nothing_is_wrong()
        for path in (self.rundir, camera, self.etc, self.cameras):
            os.chmod(path, 0o775)
            self.do(self.only("folders", "fault", r"mode 0775: others than its owner can write"))
            self.nothing_is_wrong()
            os.chmod(path, 0o700)
            self.do(self.only("folders", "fault", "cannot look into it"))
            self.nothing_is_wrong()
        lock.chmod(0o644)
        self.only("folders", "fault", r"cam0/lock is not a plain file .* mode 0600")

    def test_a_daemon_in_another_ipc_namespace_is_told(self):
        capture = subprocess.Popen(["unshare", "--ipc", str(CAPTURE), "--camera", "cam0", "--source",
                                    "synthetic:", "--size", "64x48"], env=self.env,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.started.append(capture)
        while b"streaming" not in capture.stderr.readline():
            self.assertIsNone(capture.poll())
        wrong = [f for f in self.doctor() if f["state"] == "fault"]
        self.assertEqual([f["check"] for f in wrong], ["namespace"])
        self.assertIn(f"framering-capture cam0 (process {capture.pid}) is in another IPC namespace",
                      wrong[0]["text"])
        self.assertIn("PrivateIPC=", wrong[0]["remedy"])
        # Who meets others elsewhere is none of ours.
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        self.env["FRAMERING_RUNDIR"] = other
        self.nothing_is_wrong()
        capture.send_signal(signal.SIGTERM)
        capture.wait(60)
        # And one of our own namespace is fine.
        self.env["FRAMERING_RUNDIR"] = self.rundir
        process = self.capture()
        self.reader().frame()
        texts = [f["text"] for f in self.nothing_is_wrong()]
        self.assertIn(f"framering-capture cam0 (process {process.pid}) is in ours", texts)
        self.stop(process)

    @unittest.skipUnless(HAS_USERS, "wants to be root, to become somebody else")
    @unittest.skipUnless(os.path.exists("/lib/systemd/systemd-logind"), "there is no logind here")
    def test_S16_a_ring_that_logind_would_remove_is_told(self):
        os.chown(self.rundir, SOMEBODY, SOMEBODY)
        process = self.capture(user=SOMEBODY, group=SOMEBODY, extra_groups=[])
        process.log.until("streaming")
        self.file("systemd/logind.conf", "[Login]\n#RemoveIPC=yes\n")
        self.bind(pathlib.Path(self.folder, "systemd"), "/etc/systemd")
        self.only("RemoveIPC", "warning",
                  rf"the ring of camera cam0, of user {SOMEBODY} \({SOMEBODY}\) is removed when that user's last "
                  r"session ends \(RemoveIPC=yes, logind's default\)")
        for name, text, is_wrong in (
                ("systemd/logind.conf", "[Login]\nRemoveIPC=no\n", False),
                ("systemd/logind.conf.d/50-a.conf", "[Login]\nRemoveIPC=yes\n", True),
                ("systemd/logind.conf.d/60-b.conf", "[Login]\nRemoveIPC=off\n", False),
                ("systemd/logind.conf.d/55-c.conf", "[Login]\nRemoveIPC=1\n", False),
                ("systemd/logind.conf.d/60-b.conf", "[Other]\nRemoveIPC=off\n", True)):
            with self.subTest(file=name, text=text):
                self.file(name, text)
                if is_wrong:
                    self.only("RemoveIPC", "warning", "is removed when that user's last session ends")
                else:
                    self.nothing_is_wrong()
        self.stop(process)

    @unittest.skipUnless(HAS_USERS, "wants to be root, for a ring of root's that is spared")
    def test_S16_system_users_are_spared_by_logind_and_a_service_user_that_is_none_is_told(self):
        process = self.capture()
        self.reader().frame()
        self.installed(**{"logind.conf": "[Login]\nRemoveIPC=yes\n"})
        self.nothing_is_wrong()
        if os.path.exists("/lib/systemd/systemd-logind"):
            self.binds = []
            self.installed(passwd=PASSWD.replace("x:990", "x:1990"))
            self.only("RemoveIPC", "warning", r"every ring of the services, of user framering \(1990\)")
        self.stop(process)

    def test_S10_a_dead_writers_ring_is_told_and_the_command_removes_it(self):
        process = self.capture()
        self.reader().frame()
        process.kill()
        process.wait()
        self.do(self.only("rings", "warning", "cam0: its writer died and left .* behind"))
        self.assertEqual(ipc_objects(), [])
        self.nothing_is_wrong()

    def test_S10_a_ring_that_no_file_names_is_told_and_the_command_removes_it(self):
        for how in ("folder", "elsewhere"):
            with self.subTest(how=how):
                other = pathlib.Path(self.folder, how)
                other.mkdir()
                process = self.capture(env={"FRAMERING_RUNDIR": str(other)})
                process.log.until("streaming")
                self.nothing_is_wrong()  # a living ring of another folder
                process.kill()
                process.wait()
                if how == "folder":
                    shutil.rmtree(other)
                self.do(self.only("rings", "warning", "a ring of camera cam0 .* that no file names"))
                self.assertEqual(ipc_objects(), [])
                self.nothing_is_wrong()

    def test_S16_a_ring_whose_objects_were_removed_is_told(self):
        process = self.capture()
        self.reader().frame()
        process.send_signal(signal.SIGSTOP)  # or it would begin anew
        remove_ipc_objects()
        self.only("rings", "warning", "cam0: .*(is being removed|does not exist)")
        process.send_signal(signal.SIGCONT)
        self.stop(process)


if __name__ == "__main__":
    unittest.main()
