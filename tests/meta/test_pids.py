"""S13: no decision is made from a pid. Pids come back: whoever asks whether "process 1234" lives may be told
of another. They are shown to people, and that is all.

Looks in the programs' sources, without their comments, for calls that ask about or act on a process by its
number, for paths below /proc of one, and for pids in conditions. What is allowed all the same stands below
with its reason, and an entry that nothing needs any more is a failure.
"""

import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ["FRAMERING_SOURCE"])
FOLDERS = ("common", "config", "capture", "analyzer", "monitor")

COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.S)
BY_NUMBER = re.compile(
    r"\b(?:kill|killpg|tgkill|tkill|pidfd_\w+|SYS_(?:kill|tgkill|tkill|pidfd_\w+)|getpgid|getsid|"
    r"getpriority|setpriority|sched_[gs]et\w+|process_vm_\w+|ptrace|prlimit|waitpid|waitid|wait4|kcmp)\b")
PROC = re.compile(r'"[^"]*/proc/%')
PID = r"\w*(?:\b|_)(?:pid|tid)\b"
IN_CONDITION = re.compile(
    rf"(?:==|!=|[<>]=?|&&|\|\|)\s*[\w.()]*?{PID}(?!\s*\()|{PID}(?:\(\))?\s*(?:==|!=|<|>|&&|\|\||\?)|"
    rf"\b(?:if|while|switch|assert)\s*\(!?[\w.]*{PID}\b")

ALLOWED = (  # file, what the line has, why
    ("common/ring/wait.c", "SYS_tgkill, getpid(), tid", "a thread of this process"),
    ("common/ring/wait.c", "tid != 0 && tid != (pid_t)syscall(SYS_gettid)", "a thread of this process"),
    ("common/ring/wait.c", "if (tid == 0)", "this thread's own, not asked for yet"),
    ("common/ring/wait.c", "wait->prepared_tid == tid", "this thread's own"),
    ("common/ring/sysv.c", "return pid < 0 ? gone_or(errno) : pid;", "an error, and no pid"),
    ("common/ring/info.c", "slot->last_pid = pid < 0 ? 0 : pid;", "an error, and no pid"),
    ("monitor/doctor_run.c", "while (waitpid(pid, &status, 0) < 0)", "a child of this process"),
    ("monitor/info_json.c", "s->last_pid ? json_integer(s->last_pid) : json_null()", "shown"),
    ("monitor/info_text.c", "if (slot->last_pid)", "shown"),
)


def without_comments(text):
    """The same lines, comments blanked."""
    def blank(match):
        return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])
    return COMMENT.sub(blank, text)


def findings(text):
    """(line number, line) of all that looks like a decision from a pid."""
    lines = without_comments(text).splitlines()
    return [(n, line.strip()) for n, line in enumerate(lines, 1)
            if BY_NUMBER.search(re.sub(r'"[^"]*"', '""', line)) or PROC.search(line)
            or IN_CONDITION.search(line.replace("->", "."))]


class Pids(unittest.TestCase):
    def test_S13_no_decision_is_made_from_a_pid(self):
        unused = set(ALLOWED)
        n_files = 0
        for folder in FOLDERS:
            for path in sorted((SOURCE / folder).rglob("*.[ch]")):
                n_files += 1
                name = str(path.relative_to(SOURCE))
                for n, line in findings(path.read_text(encoding="utf-8")):
                    fitting = {entry for entry in ALLOWED if entry[0] == name and entry[1] in line}
                    unused -= fitting
                    self.assertTrue(fitting, f"{name}:{n}: {line}")
        self.assertGreater(n_files, 100)
        self.assertEqual(unused, set(), "allowed, and not there any more")

    def test_S13_the_check_finds_what_it_is_for(self):
        for line in ("if (kill(old->writer_pid, 0) == 0)", "alive = !kill(pid, 0);",
                     "int fd = pidfd_open(header->writer_pid, 0);",
                     'snprintf(path, sizeof path, "/proc/%d/stat", header->writer_pid);',
                     "if (header->writer_pid == getpid())", "if (slot->last_pid)", "while (!pid)",
                     "is_ours = getpid() == view->writer_pid;", "return info.writer_pid != 0 && x;",
                     "syscall(SYS_pidfd_open, pid, 0)", "kill(\n    pid, 0)"):
            self.assertTrue(findings(line), line)
        for line in ("/* if (kill(pid, 0)) */", "// pid == 0", ".writer_pid = getpid(),",
                     'fprintf(out, "pid %d, kill it", pid);', "info->writer_pid = view->writer_pid;"):
            self.assertFalse(findings(line), line)


if __name__ == "__main__":
    unittest.main()
