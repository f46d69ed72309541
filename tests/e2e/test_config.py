"""Settings as a user meets them: the programs' options, files, messages and exit codes."""

import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
PROGRAMS = {"capture": BUILD / "capture/framering-capture",
            "analyzer": BUILD / "analyzer/framering-analyzer"}
COMMAND = BUILD / "monitor/framering"
FOLDERS = {"capture": "cameras", "analyzer": "analyzers"}
SAMPLES = {"capture": "camera.conf", "analyzer": "analyzer.conf"}


class Settings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="framering-config-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "run").mkdir(mode=0o700)
        self.environment = {**os.environ, "FRAMERING_CONFDIR": str(self.folder),
                            "FRAMERING_RUNDIR": str(self.folder / "run")}

    def run_program(self, name, *words):
        """Ends by itself, for each of these command lines is refused or asks for a text."""
        return subprocess.run([PROGRAMS[name], *words], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, env=self.environment)

    def file(self, name, text, mode=0o644):
        path = self.folder / FOLDERS[name] / "yard.conf"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def check_refused(self, done, code, told):
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertIn(told, done.stderr)
        self.assertEqual(list((self.folder / "run").iterdir()), [])  # before anything was made

    def test_F8_a_wrong_file_is_a_wrong_configuration(self):
        for name in PROGRAMS:
            for text, told in ((f"[{name}]\ncamera = yard\n\ncamra = yard\n",
                                "yard.conf:4: camra: no such setting; did you mean camera?"),
                               (f"[{name}]\ncamera = ../yard\n", "yard.conf:2: camera: "),
                               ("[else]\n", f"yard.conf:1: [else]: no such section; expected [{name}]"),
                               (f"[{name}]\ncamera = a\ncamera = b\n", "yard.conf:3: camera: set twice"),
                               (f"[{name}]\ncamera = " + "a" * 300, "yard.conf:2: a line of 309 bytes")):
                self.file(name, text)
                option = "--camera" if name == "capture" else "--name"
                self.check_refused(self.run_program(name, option, "yard"), 78, told)

    def test_F9_a_file_that_others_can_write_is_refused(self):
        for name in PROGRAMS:
            path = self.file(name, f"[{name}]\n", 0o666)
            self.check_refused(self.run_program(name, "--camera", "yard", "--config", path), 78,
                               f"chmod go-w {path}")

    def test_a_named_file_that_is_missing_is_a_wrong_configuration(self):
        for name in PROGRAMS:
            self.check_refused(self.run_program(name, "--camera", "yard", "--config", "/none.conf"),
                               78, "/none.conf: No such file or directory")

    def test_F12_wrong_options_are_wrong_usage(self):
        for name in PROGRAMS:
            self.check_refused(self.run_program(name, "--camera", "../x"), 2, "--camera: \"../x\"")
            self.check_refused(self.run_program(name), 2, "expected --camera NAME")
            self.check_refused(self.run_program(name, "--camera", "x", "--camra", "y"), 2,
                               "did you mean --camera?")
            self.check_refused(self.run_program(name, "--camera", "x", "y"), 2, "unexpected argument")
        self.check_refused(self.run_program("capture", "--camera", "x", "--slots", "99"), 2,
                           "--slots: \"99\" is out of range; expected a whole number from 4 to 32")

    def test_the_sample_that_is_installed_is_the_one_that_is_printed(self):
        for name in PROGRAMS:
            done = self.run_program(name, "--print-config-sample")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout, (BUILD / "config" / SAMPLES[name]).read_text())

    def test_help_fits_a_terminal_and_has_no_holes(self):
        commands = [[path] for path in PROGRAMS.values()] + [[BUILD / "analyzer/framering-replay"], [COMMAND]]
        commands += [[COMMAND, name] for name in ("list", "info", "snapshot", "cat", "remove", "doctor")]
        for words in commands:
            with self.subTest(words=words):
                text = subprocess.run([*words, "--help"], capture_output=True, text=True, timeout=60,
                                      check=True).stdout
                self.assertGreater(len(text.splitlines()), 5)
                self.assertLessEqual(max(map(len, text.splitlines())), 100)
                self.assertNotIn("\n\n\n", text)

    def test_a_full_disk_is_told(self):
        for name in PROGRAMS:
            with open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAMS[name], "--help"], stdout=full, text=True, timeout=60,
                                      stderr=subprocess.PIPE, env=self.environment)
            self.assertEqual(done.returncode, 1)
            self.assertIn("cannot write to stdout", done.stderr)


if __name__ == "__main__":
    unittest.main()
