"""What `cmake --install` leaves: files where Debian has them, and a library that others can build on."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
SOURCE = pathlib.Path(os.environ["FRAMERING_SOURCE"])

PROGRAM = r"""
#include <framering/framering.h>
#include <errno.h>
#include <stdio.h>
int main(void)
{
    struct fr_reader *reader;
    struct fr_frame frame;
    if (!fr_camera_name_ok("cam0") || fr_reader_open("cam0", FR_READ_PEEK, &reader) < 0)
        return 1;
    int r = fr_reader_next(reader, 0, &frame);
    printf("%s\n", r == -ENOTCONN ? "no writer" : "unexpected");
    fr_reader_close(reader);
    return r == -ENOTCONN ? 0 : 1;
}
"""


def cache(name):
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split("=", 1)[1]
    return ""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command} exited with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="framering-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        run("cmake", "--install", str(BUILD), env={**os.environ, "DESTDIR": str(cls.root)})
        cls.prefix = cls.root / cache("CMAKE_INSTALL_PREFIX").lstrip("/")
        (cls.pc,) = cls.root.glob("**/framering.pc")
        cls.library = next(cls.root.glob("**/libframering.so")).parent

    def pkg_config(self, *words):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.pc.parent),
                       "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        return run("pkg-config", *words, "framering", env=environment).split()

    def test_everything_is_where_debian_has_it(self):
        for name in ("bin/framering", "bin/framering-capture", "bin/framering-analyzer",
                     "bin/framering-replay", "include/framering/framering.h",
                     "lib/sysusers.d/framering.conf", "lib/tmpfiles.d/framering.conf",
                     "share/doc/framering/LICENSE", "share/doc/framering/examples/camera.conf",
                     "share/doc/framering/examples/analyzer.conf"):
            self.assertTrue((self.prefix / name).is_file(), f"{name} is not installed")
        units = {path.name for path in self.root.glob("**/systemd/system/*")}
        self.assertEqual(units, {"framering-capture@.service", "framering-analyzer@.service",
                                 "framering.target"})

    def test_nothing_of_the_build_folder_is_installed(self):
        for path in self.root.glob("**/*"):
            if path.is_file() and not path.is_symlink():
                self.assertFalse(path.suffix in (".a", ".o"), path)
        for path in [*(self.prefix / "bin").glob("*"), self.library / "libframering.so"]:
            dynamic = run("readelf", "-d", str(path))
            self.assertNotIn(str(BUILD), dynamic)

    def test_the_library_has_its_soname_and_needs_libc_alone(self):
        dynamic = run("readelf", "-d", str(self.library / "libframering.so"))
        self.assertIn("Library soname: [libframering.so.0]", dynamic)
        self.assertTrue((self.library / "libframering.so.0").is_symlink())
        if not cache("FRAMERING_SANITIZE"):
            needed = re.findall(r"Shared library: \[(.*?)\]", dynamic)
            self.assertEqual([name for name in needed if not name.startswith("ld-linux")],
                             ["libc.so.6"])

    def test_the_library_exports_what_the_header_declares(self):
        header = (SOURCE / "common/ring/include/framering/framering.h").read_text()
        header = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
        declared = set(re.findall(r"FR_PUBLIC\b[^;(]*?\b(fr_\w+)\s*\(", header))
        self.assertGreater(len(declared), 20)
        symbols = run("nm", "-D", "--defined-only", str(self.library / "libframering.so"))
        exported = {line.split()[2] for line in symbols.splitlines()}
        self.assertEqual(exported - {name for name in exported if name.startswith("__")}, declared)

    def test_a_program_is_built_against_it_with_pkg_config(self):
        sanitize = cache("FRAMERING_SANITIZE")
        with tempfile.TemporaryDirectory() as folder:
            source, program = f"{folder}/program.c", f"{folder}/program"
            pathlib.Path(source).write_text(PROGRAM)
            run(cache("CMAKE_C_COMPILER"), "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic",
                *([f"-fsanitize={sanitize}"] if sanitize else []),
                *self.pkg_config("--cflags"), source, "-o", program, *self.pkg_config("--libs"))
            out = run(program, env={**os.environ, "LD_LIBRARY_PATH": str(self.library),
                                    "FRAMERING_RUNDIR": folder})
            self.assertEqual(out, "no writer\n")
            self.assertEqual(self.pkg_config("--modversion"), [cache("CMAKE_PROJECT_VERSION")])

    @unittest.skipUnless(shutil.which("g++"), "no C++ compiler here")
    def test_the_header_is_also_cplusplus(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "program.cc"
            source.write_text("#include <framering/framering.h>\n"
                              "bool f() { return fr_camera_name_ok(\"x\"); }\n")
            run("g++", "-Wall", "-Wextra", "-Werror", "-c", *self.pkg_config("--cflags"),
                str(source), "-o", f"{folder}/program.o")

    def test_installed_programs_run(self):
        programs = sorted((self.prefix / "bin").glob("framering*"))
        self.assertEqual(len(programs), 4)
        for path in programs:
            self.assertIn("Usage:", run(str(path), "--help",
                                        env={**os.environ, "LD_LIBRARY_PATH": str(self.library)}))


if __name__ == "__main__":
    unittest.main()
