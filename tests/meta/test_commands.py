"""F6: no text becomes a command. No shell is started anywhere, and one file alone starts programs, with each
word as it is."""

import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ["FRAMERING_SOURCE"])
FOLDERS = ("common", "config", "capture", "analyzer", "monitor")
STARTS = re.compile(r"\b(?:system|popen|wordexp|exec[lv]\w*|fexecve|posix_spawnp?|v?fork|clone3?)\s*\(")
SHELL = re.compile(r'"(?:/bin/|/usr/bin/|/usr/bin/env )?(?:ba|da|z|k)?sh"')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
ALLOWED = {"monitor/doctor_run.c": {"posix_spawnp("}}  # systemctl and its like, for `framering doctor`


def findings(text):
    text = COMMENT.sub("", text)
    return set(STARTS.findall(text)) | set(SHELL.findall(text))


class Commands(unittest.TestCase):
    def test_F6_no_text_becomes_a_command(self):
        found = {}
        paths = [path for folder in FOLDERS for path in (SOURCE / folder).rglob("*.[ch]")]
        self.assertGreater(len(paths), 100)
        for path in paths:
            if words := findings(path.read_text(encoding="utf-8")):
                found[str(path.relative_to(SOURCE))] = words
        self.assertEqual(found, ALLOWED)

    def test_F6_the_check_finds_what_it_is_for(self):
        for line in ('system("rm " name);', "popen(command, \"r\");", 'execl(path, "x", NULL);', "if (fork() == 0)",
                     'const char *argv[] = {"sh", "-c", text, NULL};', 'run("/bin/sh", text);'):
            self.assertTrue(findings(line), line)
        for line in ("/* a child made by fork() */", "filesystem(path);", "shmget(key);", 'puts("finish");'):
            self.assertFalse(findings(line), line)


if __name__ == "__main__":
    unittest.main()
