"""Has one call of a daemon fail, of those that fail_calls.so lays before it; counts them all.

A call has a label, its system call's name and for those that are many in one also the command, and a number
among those of its label: "shmctl IPC_RMID" 1. So what another thread does in between does not shift it."""

import array
import collections
import errno
import fcntl
import os
import re
import select
import socket
import struct
import subprocess
import threading

BEGIN, END, ALLOCATE, SHORT, CLOSE = range(0xFA110, 0xFA115)  # as in fail_calls.c
SOCKET_FD = 1000  # higher than any that a daemon opens

# linux/seccomp.h
NOTIF_RECV, NOTIF_SEND = 0xC0502100, 0xC0182101
NOTIFICATION, RESPONSE = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
CONTINUE = 1

COMMANDS = {
    "shmctl": (1, {0: "IPC_RMID", 1: "IPC_SET", 2: "IPC_STAT"}),
    "semctl": (2, {0: "IPC_RMID", 1: "IPC_SET", 2: "IPC_STAT", 11: "GETPID", 12: "GETVAL", 13: "GETALL",
                   16: "SETVAL", 17: "SETALL"}),
    "fcntl": (1, {fcntl.F_GETFD: "F_GETFD", fcntl.F_SETFD: "F_SETFD", fcntl.F_GETFL: "F_GETFL",
                  fcntl.F_SETFL: "F_SETFL"}),
    "epoll_ctl": (1, {1: "ADD", 2: "DEL", 3: "MOD"}),
}
COMMANDS["ioctl"] = (1, {})

# What the kernel cannot have fail: with valid arguments, and for whole mappings.
CANNOT_FAIL = {
    "exit", "exit_group", "rt_sigreturn", "restart_syscall", "rt_sigprocmask", "rt_sigaction", "getpid",
    "gettid", "getuid", "geteuid", "getgid", "getegid", "clock_gettime", "sched_yield",
    "set_robust_list", "rseq", "munmap", "lseek", "prctl", "tgkill", "sigaltstack", "sched_getaffinity",
    "write event"}

# The errnos that a call is tried with, one after another; the others with OTHERWISE.
OTHERWISE = ("ENOMEM", "EIO")
ERRORS = {
    "allocation": ("ENOMEM",),
    "short": ("EINTR",),  # the errno says nothing: half is read or written
    "brk": ("ENOMEM",), "mmap": ("ENOMEM",), "mprotect": ("ENOMEM",), "madvise": ("ENOMEM", "EINVAL"),
    "clone3": ("EAGAIN",), "clone": ("EAGAIN",),
    "futex": ("EINTR",), "close": ("EIO", "EINTR"), "getrandom": ("EINTR", "EAGAIN"),
    "open": ("EMFILE", "EACCES", "EINTR"), "openat": ("EMFILE", "EACCES", "EINTR"),
    "socket": ("EMFILE", "EAFNOSUPPORT"), "connect": ("ECONNREFUSED", "EAGAIN"),
    "epoll_create1": ("EMFILE",), "timerfd_create": ("EMFILE",), "signalfd4": ("EMFILE",),
    "eventfd2": ("EMFILE",), "inotify_init1": ("EMFILE",), "inotify_add_watch": ("ENOSPC", "EACCES"),
    "read": ("EIO", "EINTR", "EAGAIN"), "read event": ("EAGAIN", "EINTR"), "pread64": ("EIO", "EINTR"),
    "write": ("ENOSPC", "EIO", "EINTR", "EAGAIN"), "pwrite64": ("ENOSPC", "EINTR"),
    "sendmsg": ("EAGAIN", "ECONNREFUSED", "EINTR"), "sendto": ("EAGAIN", "ECONNREFUSED", "EINTR"),
    "poll": ("EINTR", "ENOMEM"), "ppoll": ("EINTR", "ENOMEM"), "epoll_wait": ("EINTR", "EINVAL"),
    "epoll_ctl ADD": ("ENOMEM", "ENOSPC"), "epoll_ctl DEL": ("ENOMEM",),
    "timerfd_settime": ("ENOMEM",), "flock": ("EWOULDBLOCK", "ENOLCK", "EINTR"),
    "newfstatat": ("EIO", "EACCES"), "fstat": ("EIO",), "mkdir": ("ENOSPC", "EACCES"),
    "rename": ("ENOSPC", "EIO"), "unlink": ("EIO", "EACCES"), "chmod": ("EPERM",), "fchmod": ("EPERM",),
    "access": ("EACCES",), "readlink": ("EACCES",), "getdents64": ("EIO",),
    "shmget": ("ENOSPC", "ENOMEM", "EACCES"), "semget": ("ENOSPC", "ENOMEM", "EACCES"),
    "shmat": ("ENOMEM", "EINVAL"), "shmdt": ("EINVAL",),
    "shmctl IPC_STAT": ("EACCES", "EIDRM"), "semctl IPC_STAT": ("EACCES", "EIDRM"),
    "shmctl IPC_SET": ("EPERM",), "semctl IPC_SET": ("EPERM",),
    "shmctl IPC_RMID": ("EPERM", "EIDRM"), "semctl IPC_RMID": ("EPERM", "EIDRM"),
    "semctl GETVAL": ("EACCES", "EIDRM"), "semctl GETALL": ("EACCES", "EIDRM"),
    "semctl SETALL": ("ENOMEM", "EIDRM"),
    "semop": ("EIDRM", "ENOMEM", "EINTR", "ENOSPC"),
    "semtimedop": ("EIDRM", "EINTR", "ENOMEM", "EACCES"),
}


def system_calls():
    """{number: name} of this machine."""
    text = subprocess.run(["cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"],
                          check=True, capture_output=True, text=True).stdout
    return {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)", text)}


class Fault(collections.namedtuple("Fault", "label number error forever", defaults=(False,))):
    """forever: all calls of these labels (a tuple) from the n-th on, and not that one alone."""

    def hits(self, label, number):
        if self.forever:
            return label in self.label and number >= self.number
        return (label, number) == (self.label, self.number)

    def __str__(self):
        label = "/".join(self.label) if self.forever else self.label
        return f"{label} {self.number}{' and all after' if self.forever else ''}: {self.error}"


class Supervisor:
    """A daemon under supervision, from its start on."""

    names = None

    def __init__(self, command, fault, library, env, **options):
        Supervisor.names = Supervisor.names or system_calls()
        self.fault = fault
        self.counts = collections.Counter()
        self.calls = 0  # of the label of a fault that goes on for ever
        self.hit = None  # the call that was made to fail first
        self.error = None
        self.is_begun = self.is_ended = False
        ours, theirs = socket.socketpair()
        os.dup2(theirs.fileno(), SOCKET_FD, inheritable=True)
        theirs.close()
        asan = env.get("ASAN_OPTIONS", "")
        env = dict(env, FAIL_CALLS_SOCKET=str(SOCKET_FD), LD_PRELOAD=str(library),
                   ASAN_OPTIONS=asan + ":verify_asan_link_order=0:detect_leaks=1:exitcode=97")
        self.process = subprocess.Popen(command, env=env, pass_fds=(SOCKET_FD,), **options)
        os.close(SOCKET_FD)
        self.thread = threading.Thread(target=self._run, args=(ours,))
        self.thread.start()

    def join(self):
        self.thread.join()
        if self.error:
            raise self.error

    def _run(self, ours):
        try:
            with ours:
                control = ours.recvmsg(1, socket.CMSG_LEN(4))[1]
            if control:
                self._supervise(array.array("i", control[0][2])[0])
        except Exception as error:  # shown by join()
            self.error = error

    def _supervise(self, listener):
        try:
            poll = select.poll()
            poll.register(listener, select.POLLIN)
            while not poll.poll()[0][1] & select.POLLHUP:
                message = bytearray(NOTIFICATION.size)
                try:
                    fcntl.ioctl(listener, NOTIF_RECV, message)
                    ident, pid, _, number, _, address, *words = NOTIFICATION.unpack(message)
                    value, error, flags = self._answer(pid, number, address, words)
                    fcntl.ioctl(listener, NOTIF_SEND, RESPONSE.pack(ident, value, -error, flags))
                except OSError as error:
                    if error.errno != errno.ENOENT:  # a signal or death was quicker
                        raise
        finally:
            os.close(listener)

    def _answer(self, pid, number, address, words):
        """(value, errno, flags)"""
        is_ours = BEGIN <= number <= CLOSE
        go_on = (0, 0, 0) if is_ours else (0, 0, CONTINUE)
        if number == BEGIN:
            self.libc = self._mapping(pid, words[0])
            self.is_begun = True
        elif number == END:
            self.is_ended = True
        if number in (BEGIN, END) or not self.is_begun or self.is_ended or address not in self.libc:
            return go_on
        label = self._label(pid, number, words)
        if label is None:
            return go_on
        self.counts[label] += 1
        n = self.counts[label]
        if self.fault and self.fault.forever and label in self.fault.label:
            self.calls += 1
            n = self.calls
        if not self.fault or not self.fault.hits(label, n):
            return go_on
        self.hit = self.hit or f"{label} {n}"
        if label == "brk":
            return 0, 0, 0  # it tells a failure by the address
        return 0, getattr(errno, self.fault.error), 0

    def _label(self, pid, number, words):
        if number == ALLOCATE:
            return "allocation"
        if number == CLOSE:
            return "close"
        if number == SHORT:
            # What events are read from has no halves.
            return None if self._file(pid, words[0]).startswith("anon_inode") else "short"
        name = self.names.get(number, f"call {number}")
        if name in ("read", "write") and self._file(pid, words[0]).startswith("anon_inode"):
            name += " event"
        if name in CANNOT_FAIL or name == "close":
            return None
        if name == "futex" and words[1] & 0x7F not in (0, 9):  # FUTEX_WAIT, FUTEX_WAIT_BITSET
            return None
        if name in COMMANDS:
            at, commands = COMMANDS[name]
            word = words[at] & 0xFFFFFFFF & ~0x100  # IPC_64
            return f"{name} {commands.get(word, hex(word))}"
        return name

    @staticmethod
    def _file(pid, fd):
        try:
            return os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            return ""  # closed already, or the process is dead

    @staticmethod
    def _mapping(pid, address):
        """The addresses of the file's mapping that this one is in."""
        with open(f"/proc/{pid}/maps") as maps:
            for line in maps:
                begin, end = (int(word, 16) for word in line.split()[0].split("-"))
                if begin <= address < end:
                    return range(begin, end)
        raise AssertionError("libc is nowhere")


def errors_of(label):
    return ERRORS.get(label) or ERRORS.get(label.split()[0]) or OTHERWISE


def is_for_good(label, error):
    """To a reader it means that this ring is gone or closed to it for good, and it believes that for good."""
    return error in ("EIDRM", "EINVAL") or (
        error == "EACCES" and label in ("semtimedop", "semctl IPC_STAT", "shmctl IPC_STAT"))
