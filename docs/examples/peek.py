#!/usr/bin/env python3
"""Peeks at a camera's frames without the library: peek.py CAMERA [COUNT]"""

import ctypes
import os
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
SHM_RDONLY, GETVAL = 0o10000, 12


def rendezvous(camera):
    """The `ring` file: "key value" lines, "end" last; without the end it is not one."""
    folders = ["/run/framering"]
    if "XDG_RUNTIME_DIR" in os.environ:
        folders.insert(0, os.environ["XDG_RUNTIME_DIR"] + "/framering")
    if "FRAMERING_RUNDIR" in os.environ:
        folders = [os.environ["FRAMERING_RUNDIR"]]
    for folder in folders:
        try:
            with open(f"{folder}/{camera}/ring", encoding="ascii") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            continue
        if lines[0] != "framering-ring 1" or lines[-1] != "end":
            sys.exit(f"{folder}/{camera}/ring is not of this version")
        return dict(line.split(" ", 1) for line in lines[1:-1])
    sys.exit(f"no ring of camera {camera}")


class Ring:
    def __init__(self, camera):
        where = rendezvous(camera)
        self.gates_id = int(where["gates"])
        self.size = int(where["bytes"])
        self.base = libc.shmat(int(where["shm"]), None, SHM_RDONLY)
        if self.base == ctypes.c_void_p(-1).value:
            sys.exit(f"shmat: {os.strerror(ctypes.get_errno())}")
        magic, version, order, size, epoch, cookie = self.get("=QIIQQQ", 0)
        if (magic, version, order) != (0x676E695265727266, 1, 0x01020304):
            sys.exit("not a ring that this program can read")
        if (size, epoch, cookie) != (self.size, int(where["epoch"]), int(where["cookie"], 16)):
            sys.exit("the ring is another one than the file says")
        self.slots, _, self.entries, self.gates = self.get("=4I", 56)
        self.index, self.descriptors, self.pixels, self.slot_bytes = self.get("=4Q", 72)
        self.fourcc, self.width, self.height = self.get("=3I", 208)
        self.seen = self.head()

    def get(self, form, offset):
        """Copies first, looks afterwards; never outside of what is mapped."""
        if offset < 0 or offset + struct.calcsize(form) > self.size:
            raise ValueError("the ring points outside of itself")
        return struct.unpack(form, ctypes.string_at(self.base + offset, struct.calcsize(form)))

    def head(self):
        return self.get("=Q", 1088)[0]

    def wait(self):
        """Sleeps until there is a frame newer than `seen`. False: the writer has gone."""
        while self.head() == self.seen:
            gate = struct.pack("=Hhh", (self.seen + 1) % self.gates, 0, 0)  # wait for zero
            if libc.semop(self.gates_id, gate, 1) < 0:
                return False  # EIDRM: removed
            if self.head() == self.seen and libc.semctl(self.gates_id, self.gates, GETVAL) <= 0:
                return self.head() != self.seen  # its last frames still count
        return True

    def latest(self):
        """(number, luma rows) of the newest frame; None when it was overwritten meanwhile."""
        self.seen = self.head()
        (word,) = self.get("=Q", self.index + 8 * (self.seen % self.entries))
        slot = word & 0xFF
        if word >> 8 != self.seen or slot >= self.slots:
            return None
        at = self.descriptors + 320 * slot
        sequence, number = self.get("=QQ", at)
        (n_planes,) = self.get("=I", at + 48)
        planes = at + 64 if n_planes else 248  # its own, or those of the header
        kind, stride, rows, _, offset, size = self.get("=4I2Q", planes)  # the first one
        if sequence & 1 or number != self.seen or offset + size > self.slot_bytes:
            return None
        luma = self.get(f"={stride * rows}s", self.pixels + slot * self.slot_bytes + offset)[0]
        if self.get("=Q", at)[0] != sequence:  # it was written to: the copy is worth nothing
            return None
        return number, [luma[y * stride : y * stride + self.width] for y in range(rows)]


def main():
    ring = Ring(sys.argv[1])
    left = int(sys.argv[2]) if len(sys.argv) > 2 else -1
    while left != 0 and ring.wait():
        before = ring.seen
        frame = ring.latest()
        if frame:
            number, rows = frame
            missed = number - before - 1
            print(f"frame {number} missed {missed} pixel {rows[ring.height // 2][0]}", flush=True)
            left -= 1


main()
