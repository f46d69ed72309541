/* The settings table: what stands in a file, and which files are read. */
#include "tests/unit/sample_settings.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int load(struct sample *s, const char *text, size_t n)
{
    return fr_settings_load_text(&table, s, "f.conf", text, n, reason, sizeof reason);
}

#define LINE_199                                                                                   \
    "text                                                                                        " \
    "                                                                                            " \
    "         =  abc"

START_TEST(good_files_are_read)
{
    static const char *const good[] = {
        "",
        "\n\n",
        "[sample]",
        "[sample]\nnumber = 9\n",
        "\xef\xbb\xbf[sample]\r\nnumber=9\r\n",
        "# comment\n; comment\n[sample] ; comment\nnumber = 9 ; comment\n",
        "[sample]\n   number = 9\n",
        "[sample]\n\tnumber: 9",
        "[sample]\n" LINE_199 "\n",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct sample s = defaults();
        int r = load(&s, good[i], strlen(good[i]));
        ck_assert_msg(r == 0, "%zu: %s", i, reason);
        ck_assert_int_eq(s.number, strstr(good[i], "number") ? 9 : 8);
    }
    ck_assert_uint_eq(strlen(LINE_199), 199);
}
END_TEST

START_TEST(a_comment_may_be_long)
{
    struct sample s = defaults();
    static char text[3000] = "#";
    memset(text + 1, '-', 2000);
    strcat(text, "\n[sample]\nnumber = 9\n");
    ck_assert_msg(load(&s, text, strlen(text)) == 0, "%s", reason);
    ck_assert_int_eq(s.number, 9);
}
END_TEST

START_TEST(F8_bad_files_are_refused_by_line)
{
    static const struct {
        const char *text, *reason;
        size_t n; /* 0: strlen */
    } bad[] = {
        {"[sample]\nnumbr = 1\n", "f.conf:2: numbr: no such setting; did you mean number?", 0},
        {"[sample]\n\nnumber = many\n",
         "f.conf:3: number: \"many\" cannot be used; expected a whole", 0},
        {"[sample]\nnumber = 8 9\n", "f.conf:2: number: \"8 9\" cannot be used", 0},
        {"[sample]\nnumber = 99999999999999999999\n", "f.conf:2: number: \"999", 0},
        {"[sample]\nnumber =\n", "f.conf:2: number: \"\" cannot be used", 0},
        {"[sample]\nnumber = 1\nnumber = 1\n",
         "f.conf:3: number: set twice; expected it once, and it stands in line 2", 0},
        {"[sample]\nnumber = 1\n[sample]\nnumber = 1\n", "f.conf:4: number: set twice", 0},
        {"[sampel]\n", "f.conf:1: [sampel]: no such section; expected [sample]", 0},
        {"[sample2]\n", "f.conf:1: [sample2]: no such section", 0},
        {"[]\n", "f.conf:1: []: no such section", 0},
        {"[sample\nnumber = 1", "f.conf:1: a section without its ]", 0},
        {"[sample] number = 1", "f.conf:1: more text behind", 0},
        {"number = 1\n", "f.conf:1: number: stands before any section; expected [sample]", 0},
        {"[sample]\nnumber\n", "f.conf:2: not a setting; expected \"key = value\"", 0},
        {"[sample]\nnumber\nreal_number = x\n", "f.conf:2: not a setting", 0},
        {"[sample]\nreal_number = x\nnumber\n", "f.conf:2: real_number: ", 0},
        {"[sample]\n= 1\n", "f.conf:2: : no such setting", 0},
        {"[sample]\ntext = a\n   b\n", "f.conf:3: not a setting", 0},
        {"[sample]\n" LINE_199 "d\n", "f.conf:2: a line of 200 bytes; expected at most 199", 0},
        {"[sample]\nnumber = 1\0 2\n", "f.conf:2: byte 0x00 (NUL) in column 11", 23},
        {"[sample]\ntext = \x1b[2J\n", "f.conf:2: byte 0x1b (a control character) in column 8", 0},
        {"[sample]\ntext = a\rb\n", "f.conf:2: byte 0x0d", 0},
        {"\xff\xfe[\0s\0", "f.conf:1: this is UTF-16; expected UTF-8", 6},
        {"\n\xef\xbb\xbf[sample]\n", "f.conf:2: not a setting", 0},
        {"include /etc/passwd\n", "f.conf:1: not a setting", 0},
    };
    const struct sample before = with("number", "7");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sample s;
        memcpy(&s, &before, sizeof s);
        *reason = 0;
        int r = load(&s, bad[i].text, bad[i].n ? bad[i].n : strlen(bad[i].text));
        ck_assert_msg(r == -EINVAL, "%zu: %d", i, r);
        ck_assert_msg(strncmp(reason, bad[i].reason, strlen(bad[i].reason)) == 0,
                      "%zu: \"%s\" instead of \"%s\"", i, reason, bad[i].reason);
        ck_assert(memcmp(&s, &before, sizeof s) == 0);
    }
}
END_TEST

START_TEST(a_free_section_keeps_names_values_and_lines)
{
    static const char text[] = "[controls]\nexposure = 300\n[sample]\nnumber = 9\n\n"
                               "[controls]\npower_line = 50 Hz ; hum\n";
    struct sample s = defaults();
    s.controls.n = 7; /* what was there before goes */
    ck_assert_msg(fr_settings_load_text(&table_with_free, &s, "f.conf", text, sizeof text - 1,
                                        reason, sizeof reason) == 0,
                  "%s", reason);
    ck_assert_int_eq(s.number, 9);
    ck_assert_uint_eq(s.controls.n, 2);
    ck_assert_str_eq(s.controls.items[0].name, "exposure");
    ck_assert_str_eq(s.controls.items[0].value, "300");
    ck_assert_int_eq(s.controls.items[0].line, 2);
    ck_assert_str_eq(s.controls.items[1].value, "50 Hz");
    ck_assert_int_eq(s.controls.items[1].line, 7);
}
END_TEST

START_TEST(F8_bad_lines_of_a_free_section_are_refused)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"[controls]\na = 1\na = 1\n", "f.conf:3: a: set twice; expected it once, and it stands in "
                                       "line 2"},
        {"[controls]\nExposure = 1\n",
         "f.conf:2: Exposure: not a name of [controls]; expected 1 to"},
        {"[controls]\na b = 1\n", "f.conf:2: a b: not a name"},
        {"[controls]\n../a = 1\n", "f.conf:2: ../a: not a name"},
        {"[controls]\na%n = 1\n", "f.conf:2: a%n: not a name"},
        {"[controls]\na =\n", "f.conf:2: a: \"\" cannot be used; expected 1 to 63"},
        {"[controls]\na = 1\t2\n", "f.conf:2: a: \"1\\t2\" cannot be used"},
        {"[controls]\na = 0123456789012345678901234567890123456789012345678901234567890123\n",
         "f.conf:2: a: \"0123"},
        {"[kontrols]\n", "f.conf:1: [kontrols]: no such section; expected [sample] or [controls]"},
    };
    struct sample before = defaults(), s;
    memcpy(&s, &before, sizeof s);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int r = fr_settings_load_text(&table_with_free, &s, "f.conf", bad[i].text,
                                      strlen(bad[i].text), reason, sizeof reason);
        ck_assert_int_eq(r, -EINVAL);
        ck_assert_msg(strncmp(reason, bad[i].reason, strlen(bad[i].reason)) == 0,
                      "%zu: \"%s\" instead of \"%s\"", i, reason, bad[i].reason);
        ck_assert(memcmp(&s, &before, sizeof s) == 0);
    }
    char many[FR_CONTROLS_MAX * 16 + 64] = "[controls]\n";
    for (int i = 0; i <= FR_CONTROLS_MAX; i++)
        snprintf(many + strlen(many), 16, "c%d = 1\n", i);
    ck_assert_int_eq(fr_settings_load_text(&table_with_free, &s, "f.conf", many, strlen(many),
                                           reason, sizeof reason),
                     -EINVAL);
    ck_assert_str_eq(reason, "f.conf:66: c64: more than 64 lines in [controls]");
}
END_TEST

START_TEST(all_or_nothing)
{
    static const char text[] = "[sample]\nnumber = 9\nflag = no\ncolour = blue\n";
    struct sample s = defaults();
    ck_assert_int_eq(load(&s, text, sizeof text - 1), -EINVAL);
    ck_assert_int_eq(s.number, 8);
    ck_assert(s.flag);
}
END_TEST

/* A file of our own in a folder of our own. */
static char folder[UNIT_FOLDER_MAX], path[UNIT_FOLDER_MAX + 8];
static void make_file(const char *text, mode_t mode)
{
    snprintf(path, sizeof path, "%s/f.conf", unit_folder(folder));
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fchmod(fileno(file), mode), 0);
    fclose(file);
}

START_TEST(a_file_is_read)
{
    struct sample s = defaults();
    make_file("[sample]\nnumber = 9\n", 0644);
    int r = fr_settings_load(&table, &s, path, reason, sizeof reason);
    ck_assert_msg(r == 0, "%s", reason);
    ck_assert_int_eq(s.number, 9);
}
END_TEST

START_TEST(F9_a_file_that_others_can_write_is_refused)
{
    struct sample s = defaults();
    make_file("[sample]\nnumber = 9\n", 0644);
    for (int i = 0; i < 2; i++) {
        chmod(path, i ? 0646 : 0664);
        *reason = 0;
        int r = fr_settings_load(&table, &s, path, reason, sizeof reason);
        ck_assert_int_eq(r, -EPERM);
        ck_assert_ptr_nonnull(strstr(reason, "chmod go-w"));
        ck_assert_int_eq(s.number, 8);
    }
}
END_TEST

START_TEST(F9_a_file_of_another_user_is_refused)
{
    struct sample s = defaults();
    make_file("[sample]\nnumber = 9\n", 0644);
    int is_changed = chown(path, 65534, (gid_t)-1);
    int r = fr_settings_load(&table, &s, path, reason, sizeof reason);
    if (is_changed != 0) {
        printf("only root can give a file away: not tested\n");
        return;
    }
    ck_assert_int_eq(r, -EPERM);
    ck_assert_ptr_nonnull(strstr(reason, "belongs to user 65534"));
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    struct sample s = defaults();
    ck_assert_int_eq(fr_settings_load(&table, &s, "/", reason, sizeof reason), -EINVAL);
    ck_assert_int_eq(fr_settings_load(&table, &s, "/dev/zero", reason, sizeof reason), -EINVAL);
    ck_assert_int_eq(fr_settings_load(&table, &s, "/none/f", reason, sizeof reason), -ENOENT);
    ck_assert_str_eq(reason, "/none/f: No such file or directory");
    make_file("", 0644);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(fr_settings_load(&table, &s, path, reason, sizeof reason), -EINVAL);
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
    struct sample s = defaults();
    make_file("", 0644);
    ck_assert_int_eq(truncate(path, (off_t)1 << 40), 0);
    int r = fr_settings_load(&table, &s, path, reason, sizeof reason);
    ck_assert_int_eq(r, -EINVAL);
}
END_TEST

UNIT_MAIN("settings_file", good_files_are_read, a_comment_may_be_long,
          F8_bad_files_are_refused_by_line, a_free_section_keeps_names_values_and_lines,
          F8_bad_lines_of_a_free_section_are_refused, all_or_nothing, a_file_is_read,
          F9_a_file_that_others_can_write_is_refused, F9_a_file_of_another_user_is_refused,
          what_is_no_file_is_refused, a_huge_file_is_refused)
