/* The settings table: values, files, and what is made from it. */
#include "config/analyzer_settings.h"
#include "config/capture_settings.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const colours[] = {"red", "green", NULL};

struct sample {
    char text[16];
    char name[64];
    int64_t number;
    double real;
    bool flag;
    struct fr_size size;
    struct fr_rate rate;
    uint32_t fourcc;
    int colour;
    struct fr_control_settings controls;
};
#define AT(field) .offset = offsetof(struct sample, field)
static const struct fr_setting rows[] = {
    {.key = "text",
     .type = FR_SETTING_STRING,
     AT(text),
     .max = 16,
     .default_text = "",
     .help = "t"},
    {.key = "name", .type = FR_SETTING_NAME, AT(name), .max = 64, .default_text = "", .help = "n"},
    {.key = "number",
     .type = FR_SETTING_INTEGER,
     AT(number),
     .min = -5,
     .max = 32,
     .default_text = "8",
     .help = "i"},
    {.key = "real_number",
     .type = FR_SETTING_REAL,
     AT(real),
     .unit = "s",
     .min = 0.5,
     .max = 10,
     .default_text = "2.5",
     .help = "r"},
    {.key = "flag", .type = FR_SETTING_BOOL, AT(flag), .default_text = "yes", .help = "b"},
    {.key = "size",
     .type = FR_SETTING_SIZE,
     AT(size),
     .max = 16384,
     .default_text = "any",
     .help = "s"},
    {.key = "rate",
     .type = FR_SETTING_RATE,
     AT(rate),
     .min = 0.1,
     .max = 1000,
     .default_text = "15",
     .help = "f"},
    {.key = "fourcc", .type = FR_SETTING_FOURCC, AT(fourcc), .default_text = "any", .help = "4"},
    {.key = "colour",
     .type = FR_SETTING_CHOICE,
     AT(colour),
     .choices = colours,
     .default_text = "green",
     .help = "c"},
};
static const struct fr_settings_table table = {
    .section = "sample",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .struct_bytes = sizeof(struct sample),
};
static const struct fr_free_section free_section = {.name = "controls",
                                                    .offset = offsetof(struct sample, controls),
                                                    .help = "h",
                                                    .example = "a = 1\n"};
static const struct fr_settings_table table_with_free = {
    .section = "sample",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .struct_bytes = sizeof(struct sample),
    .free_section = &free_section,
};

static char reason[FR_SETTINGS_REASON_MAX];

static struct sample defaults(void)
{
    struct sample sample;
    ck_assert_int_eq(fr_settings_defaults(&table, &sample), 0);
    return sample;
}

static struct sample with(const char *key, const char *text)
{
    struct sample sample = defaults();
    ck_assert_msg(fr_settings_set(&table, &sample, key, text, reason, sizeof reason) == 0, "%s",
                  reason);
    return sample;
}

START_TEST(defaults_are_the_tables)
{
    struct sample s = defaults();
    ck_assert_str_eq(s.text, "");
    ck_assert_int_eq(s.number, 8);
    ck_assert_double_eq(s.real, 2.5);
    ck_assert(s.flag);
    ck_assert_uint_eq(s.size.width_px, 0);
    ck_assert_uint_eq(s.rate.num, 15);
    ck_assert_uint_eq(s.rate.den, 1);
    ck_assert_int_eq(s.colour, 1);
}
END_TEST

START_TEST(good_values_are_taken)
{
    ck_assert_str_eq(with("text", "fifteen letters").text, "fifteen letters");
    ck_assert_str_eq(with("name", "Front-Door_2.b").name, "Front-Door_2.b");
    ck_assert_int_eq(with("number", "-5").number, -5);
    ck_assert_int_eq(with("number", "+32").number, 32);
    ck_assert_double_eq(with("real_number", ".5").real, 0.5);
    ck_assert_double_eq(with("real_number", "1e1").real, 10);
    ck_assert(!with("flag", "off").flag);
    ck_assert(with("flag", "true").flag);
    ck_assert_uint_eq(with("size", "1280x720").size.width_px, 1280);
    ck_assert_uint_eq(with("size", "1280x720").size.height_px, 720);
    ck_assert_uint_eq(with("size", "0x0").size.height_px, 0);
    ck_assert_uint_eq(with("fourcc", "YUYV").fourcc, FR_FOURCC_YUYV);
    ck_assert_uint_eq(with("fourcc", "any").fourcc, 0);
    ck_assert_uint_eq(with("fourcc", "Y16").fourcc, FR_FOURCC('Y', '1', '6', ' '));
    ck_assert_uint_eq(with("fourcc", "Y16 ").fourcc, FR_FOURCC('Y', '1', '6', ' '));
    ck_assert_uint_eq(with("fourcc", "Y16-BE").fourcc, FR_FOURCC('Y', '1', '6', ' ') | 1u << 31);
    ck_assert_uint_eq(with("fourcc", "Y16 -BE").fourcc, FR_FOURCC('Y', '1', '6', ' ') | 1u << 31);
    ck_assert_uint_eq(with("fourcc", "AR15-BE").fourcc, FR_FOURCC('A', 'R', '1', '5') | 1u << 31);
    ck_assert_int_eq(with("colour", "red").colour, 0);
}
END_TEST

START_TEST(rates_are_fractions)
{
    static const struct {
        const char *text;
        uint32_t num, den;
    } good[] = {{"15", 15, 1},   {"29.97", 2997, 100}, {"30000/1001", 30000, 1001},
                {"30/2", 15, 1}, {"0.1", 1, 10},       {"any", 0, 1},
                {"0", 0, 1},     {"7.50", 15, 2},      {"999999999/1000000", 999999999, 1000000}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct sample s = with("rate", good[i].text);
        ck_assert_uint_eq(s.rate.num, good[i].num);
        ck_assert_uint_eq(s.rate.den, good[i].den);
    }
}
END_TEST

START_TEST(bad_values_are_refused_and_change_nothing)
{
    static const struct {
        const char *key, *text;
        int r;
    } bad[] = {
        {"text", "sixteen  letters", -ERANGE},
        {"text", "a\nb", -EINVAL},
        {"name", "../x", -EINVAL},
        {"name", "", -EINVAL},
        {"number", "33", -ERANGE},
        {"number", "-6", -ERANGE},
        {"number", "9223372036854775808", -ERANGE},
        {"number", "99999999999999999999999", -ERANGE},
        {"number", "8x", -EINVAL},
        {"number", " 8", -EINVAL},
        {"number", "0x8", -EINVAL},
        {"number", "8.0", -EINVAL},
        {"number", "", -EINVAL},
        {"number", "-", -EINVAL},
        {"real_number", "nan", -EINVAL},
        {"real_number", "inf", -EINVAL},
        {"real_number", "0x1p1", -EINVAL},
        {"real_number", "1,5", -EINVAL},
        {"real_number", ".", -EINVAL},
        {"real_number", "1e", -EINVAL},
        {"real_number", "1e999", -ERANGE},
        {"real_number", "10.1", -ERANGE},
        {"real_number", "", -EINVAL},
        {"flag", "maybe", -EINVAL},
        {"flag", "YES", -EINVAL},
        {"flag", "", -EINVAL},
        {"size", "1280", -EINVAL},
        {"size", "1280x", -EINVAL},
        {"size", "x720", -EINVAL},
        {"size", "1280x720x3", -EINVAL},
        {"size", "-1x720", -EINVAL},
        {"size", "0x720", -ERANGE},
        {"size", "16385x1", -ERANGE},
        {"size", "99999999999x1", -ERANGE},
        {"rate", "15/0", -EINVAL},
        {"rate", "15/", -EINVAL},
        {"rate", "/1", -EINVAL},
        {"rate", "1.2.3", -EINVAL},
        {"rate", "15.", -EINVAL},
        {"rate", "-15", -EINVAL},
        {"rate", "1001", -ERANGE},
        {"rate", "0.05", -ERANGE},
        {"rate", "1.0000000001", -ERANGE},
        {"rate", "fast", -EINVAL},
        {"fourcc", "YUY", -EINVAL},
        {"fourcc", "MJPEG", -EINVAL},
        {"fourcc", "", -EINVAL},
        {"fourcc", "Y1", -EINVAL},
        {"fourcc", "Y  6", -EINVAL},
        {"fourcc", "AR15-", -EINVAL},
        {"fourcc", "AR15-LE", -EINVAL},
        {"fourcc", "AR15-BEE", -EINVAL},
        {"fourcc", "YU\n2", -EINVAL},
        {"colour", "blue", -EINVAL},
    };
    const struct sample before = defaults();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sample s;
        memcpy(&s, &before, sizeof s);
        int r = fr_settings_set(&table, &s, bad[i].key, bad[i].text, reason, sizeof reason);
        ck_assert_msg(r == bad[i].r, "%s = \"%s\": %d, %s", bad[i].key, bad[i].text, r, reason);
        ck_assert(memcmp(&s, &before, sizeof s) == 0);
        ck_assert(strncmp(reason, bad[i].key, strlen(bad[i].key)) == 0);
        ck_assert_ptr_nonnull(strstr(reason, "; expected "));
        ck_assert(!strchr(reason, '\n'));
    }
}
END_TEST

START_TEST(a_reason_says_what_was_expected)
{
    struct sample s = defaults();
    fr_settings_set(&table, &s, "number", "33", reason, sizeof reason);
    ck_assert_str_eq(reason,
                     "number: \"33\" is out of range; expected a whole number from -5 to 32");
    fr_settings_set(&table, &s, "real_number", "x", reason, sizeof reason);
    ck_assert_str_eq(reason,
                     "real_number: \"x\" cannot be used; expected a number from 0.5 to 10 s");
    fr_settings_set(&table, &s, "colour", "x", reason, sizeof reason);
    ck_assert_str_eq(reason, "colour: \"x\" cannot be used; expected red or green");
}
END_TEST

START_TEST(an_unknown_key_gets_its_nearest_neighbour)
{
    struct sample s = defaults();
    ck_assert_int_eq(fr_settings_set(&table, &s, "nubmer", "1", reason, sizeof reason), -ENOENT);
    ck_assert_str_eq(reason, "nubmer: no such setting; did you mean number?");
    ck_assert_int_eq(fr_settings_set(&table, &s, "elephant", "1", reason, sizeof reason), -ENOENT);
    ck_assert_str_eq(reason, "elephant: no such setting");
    static char long_key[5000];
    memset(long_key, 'n', sizeof long_key - 1);
    ck_assert_int_eq(fr_settings_set(&table, &s, long_key, "1", reason, sizeof reason), -ENOENT);
}
END_TEST

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

START_TEST(what_differs_between_two_settings_is_told_by_key)
{
    struct sample a = with("text", "long text"), b = defaults();
    char buf[64];
    fr_settings_set(&table, &a, "text", "", reason, sizeof reason);
    ck_assert_str_eq(fr_settings_differences(&table, &a, &b, buf, sizeof buf), "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static const char *const other[] = {"x", "x", "1", "1", "no", "8x8", "2", "YUYV", "red"};
        b = defaults();
        ck_assert_int_eq(fr_settings_set(&table, &b, rows[i].key, other[i], reason, sizeof reason),
                         0);
        ck_assert_str_eq(fr_settings_differences(&table, &a, &b, buf, sizeof buf), rows[i].key);
    }
    fr_settings_set(&table, &b, "text", "x", reason, sizeof reason);
    ck_assert_str_eq(fr_settings_differences(&table, &a, &b, buf, sizeof buf), "text, colour");
    ck_assert_str_eq(fr_settings_differences(&table, &a, &b, buf, 7), "text, ");
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

/* Takes the '#' off every setting of a sample, as an administrator would. */
static void uncomment(char *text)
{
    char *out = text;
    for (char *in = text, *end; *in; in = end) {
        end = in + strcspn(in, "\n");
        end += *end == '\n';
        char *equals = memchr(in, '=', (size_t)(end - in));
        bool is_setting = in[1] != ' ' && equals && equals[2] != '\n';
        if (*in == '#' && (is_setting || in[1] == '['))
            in++;
        memmove(out, in, (size_t)(end - in));
        out += end - in;
    }
    *out = 0;
}

static void check_table(const struct fr_settings_table *t)
{
    char *wanted = calloc(1, t->struct_bytes), *got = malloc(t->struct_bytes), *text = NULL;
    size_t n = 0;

    ck_assert_int_eq(fr_settings_defaults(t, wanted), 0);
    FILE *file = open_memstream(&text, &n);
    fr_settings_print_sample(t, file);
    fclose(file);
    for (int i = 0; i < 2; i++) { /* as it is, and with every line in force */
        memset(got, 0, t->struct_bytes);
        if (i == 0)
            ck_assert_int_eq(fr_settings_defaults(t, got), 0);
        else
            uncomment(text);
        ck_assert_msg(
            fr_settings_load_text(t, got, "sample", text, strlen(text), reason, sizeof reason) == 0,
            "%s", reason);
        if (t->free_section) { /* which has no defaults, but an example that can be read */
            struct fr_control_settings *lines = (void *)((char *)got + t->free_section->offset);
            ck_assert_int_eq(lines->n > 0, i);
            memset(lines, 0, sizeof *lines);
        }
        for (size_t k = 0; k < t->n_many; k++) { /* the same */
            size_t *n_items = (void *)(got + t->many[k].n_offset);
            ck_assert_int_eq(*n_items > 0, i);
            *n_items = 0;
            memset(got + t->many[k].items_offset, 0, t->many[k].max * t->many[k].item_bytes);
        }
        ck_assert(memcmp(got, wanted, t->struct_bytes) == 0);
    }
    for (size_t i = 0; i < t->n_rows; i++)
        ck_assert_ptr_nonnull(strstr(text, t->rows[i].key));
    free(text);
    free(wanted);
    free(got);
}

START_TEST(a_sample_file_equals_the_defaults)
{
    check_table(&table);
    check_table(&table_with_free);
    check_table(&fr_capture_table);
    check_table(&fr_analyzer_table);
}
END_TEST

static char *printed(void (*print)(const struct fr_settings_table *, FILE *))
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    print(&fr_capture_table, file);
    fclose(file);
    return text;
}

START_TEST(help_and_documentation_name_every_setting)
{
    char *options = printed(fr_settings_print_options);
    char *markdown = printed(fr_settings_print_markdown);
    for (size_t i = 0; i < fr_capture_table.n_rows; i++) {
        const char *key = fr_capture_table.rows[i].key;
        char word[64];
        snprintf(word, sizeof word, "| `%s` |", key);
        ck_assert_ptr_nonnull(strstr(markdown, word));
        snprintf(word, sizeof word, "  --%s ", key);
        for (char *c = word; *c; c++)
            if (*c == '_')
                *c = '-';
        ck_assert_ptr_nonnull(strstr(options, word));
    }
    ck_assert_ptr_nonnull(strstr(options, "4 to 32"));
    for (char *line = strtok(options, "\n"); line; line = strtok(NULL, "\n"))
        ck_assert_uint_le(strlen(line), 100);
    free(options);
    free(markdown);
}
END_TEST

START_TEST(an_analyzer_is_named_like_its_camera)
{
    struct fr_analyzer_settings a;
    fr_settings_defaults(&fr_analyzer_table, &a);
    fr_settings_set(&fr_analyzer_table, &a, "name", "yard", reason, sizeof reason);
    fr_analyzer_settings_finish(&a);
    ck_assert_str_eq(a.camera, "yard");
    fr_settings_defaults(&fr_analyzer_table, &a);
    fr_settings_set(&fr_analyzer_table, &a, "camera", "cam0", reason, sizeof reason);
    fr_analyzer_settings_finish(&a);
    ck_assert_str_eq(a.name, "cam0");
}
END_TEST

UNIT_MAIN("settings", defaults_are_the_tables, good_values_are_taken, rates_are_fractions,
          bad_values_are_refused_and_change_nothing, a_reason_says_what_was_expected,
          an_unknown_key_gets_its_nearest_neighbour, good_files_are_read, a_comment_may_be_long,
          F8_bad_files_are_refused_by_line, a_free_section_keeps_names_values_and_lines,
          F8_bad_lines_of_a_free_section_are_refused,
          what_differs_between_two_settings_is_told_by_key, all_or_nothing, a_file_is_read,
          F9_a_file_that_others_can_write_is_refused, F9_a_file_of_another_user_is_refused,
          what_is_no_file_is_refused, a_huge_file_is_refused, a_sample_file_equals_the_defaults,
          help_and_documentation_name_every_setting, an_analyzer_is_named_like_its_camera)
