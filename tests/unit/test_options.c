/* The command line: what beats what, and which code to exit with. */
#include "config/capture_settings.h"
#include "config/options.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char output[32768];
static char folder[UNIT_FOLDER_MAX];
static struct fr_capture_settings settings;
static struct fr_options_result result;
static int listed;
static char wanted[64];

static int apply_list(void *userdata, const char *text, char *reason, size_t reason_size)
{
    ck_assert_ptr_eq(userdata, &listed);
    ck_assert_ptr_null(text);
    (void)reason;
    (void)reason_size;
    listed++;
    return 1;
}

static int apply_output(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)userdata;
    if (strlen(text) >= sizeof wanted) {
        snprintf(reason, reason_size, "too long; expected less");
        return -EINVAL;
    }
    strcpy(wanted, text);
    return 0;
}

static const struct fr_option options[] = {
    {.name = "list", .help = "list the cameras", .apply = apply_list},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .help = "write FILE",
     .apply = apply_output},
};
static const char *const keys[] = {"camera", NULL};
static const struct fr_program program = {
    .name = "prog",
    .summary = "Tests the command line.",
    .operands = "[PATH]",
    .max_operands = 1,
    .table = &fr_capture_table,
    .instance_keys = keys,
    .config_folder = "cameras",
    .options = options,
    .n_options = 2,
};

/* Where files are looked for. */
static void make_folder(void)
{
    if (!*folder)
        setenv("FRAMERING_CONFDIR", unit_folder(folder), 1);
}

/* Runs a command line; what it printed stands in `output`, stdout and stderr together. */
static int run(const char *const words[])
{
    static char *argv[16]; /* the operands point into it */
    int argc = 0, kept[2] = {dup(1), dup(2)};
    FILE *file = tmpfile();

    make_folder();
    argv[argc++] = "prog";
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    argv[argc] = NULL;
    fflush(stdout);
    dup2(fileno(file), 1);
    dup2(fileno(file), 2);
    memset(&result, 0, sizeof result);
    int code = fr_options_read(&program, argc, argv, &settings, &listed, &result);
    fflush(stdout);
    dup2(kept[0], 1);
    dup2(kept[1], 2);
    close(kept[0]);
    close(kept[1]);
    rewind(file);
    size_t n = fread(output, 1, sizeof output - 1, file);
    output[n] = 0;
    fclose(file);
    return code;
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void file_of(const char *name, const char *text)
{
    char path[128];

    make_folder();
    snprintf(path, sizeof path, "%s/cameras", folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/cameras/%s.conf", folder, name);
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fchmod(fileno(file), 0644);
    fclose(file);
}

START_TEST(settings_are_options)
{
    int code = RUN("--camera", "cam0", "--size=640x480", "--stall-timeout", "7", "--fps", "29.97",
                   "--format", "NV12", "--slots", "16", "--zero-copy", "no", "a.y4m");
    ck_assert_msg(code == FR_OPTIONS_GO_ON, "%s", output);
    ck_assert_str_eq(output, "");
    ck_assert_str_eq(settings.camera, "cam0");
    ck_assert_uint_eq(settings.size.width_px, 640);
    ck_assert_double_eq(settings.stall_timeout_s, 7);
    ck_assert_uint_eq(settings.fps.num, 2997);
    ck_assert_uint_eq(settings.format, FR_FOURCC_NV12);
    ck_assert_int_eq(settings.slots, 16);
    ck_assert(!settings.zero_copy);
    ck_assert(settings.pins);
    ck_assert_str_eq(settings.source, "v4l2:/dev/video0");
    ck_assert_int_eq(result.n_operands, 1);
    ck_assert_str_eq(result.operands[0], "a.y4m");
}
END_TEST

START_TEST(the_command_line_beats_the_file_beats_the_defaults)
{
    file_of("cam0", "[capture]\nslots = 16\npins = no\n");
    int code = RUN("--camera", "cam0", "--slots", "12");
    ck_assert_msg(code == FR_OPTIONS_GO_ON, "%s", output);
    ck_assert_int_eq(settings.slots, 12);
    ck_assert(!settings.pins);
    ck_assert(settings.zero_copy);
    ck_assert_ptr_nonnull(strstr(result.config_path, "/cameras/cam0.conf"));
    ck_assert_int_eq(RUN("--camera", "cam1"), FR_OPTIONS_GO_ON); /* has no file */
    ck_assert_int_eq(settings.slots, 8);
    ck_assert_str_eq(result.config_path, "");
}
END_TEST

START_TEST(a_file_that_is_named_must_be_there)
{
    char path[128];
    file_of("other", "[capture]\ncamera = yard\n");
    snprintf(path, sizeof path, "%s/cameras/other.conf", folder);
    ck_assert_int_eq(RUN("--config", path), FR_OPTIONS_GO_ON);
    ck_assert_str_eq(settings.camera, "yard");
    ck_assert_int_eq(RUN("--config", path, "--camera", "cam0"), FR_OPTIONS_GO_ON);
    ck_assert_str_eq(settings.camera, "cam0");
    ck_assert_int_eq(RUN("--config", "/none/such"), FR_EXIT_CONFIG);
    ck_assert_str_eq(output, "prog: /none/such: No such file or directory\n");
}
END_TEST

START_TEST(F8_a_wrong_file_is_a_wrong_configuration)
{
    file_of("cam0", "[capture]\nslots = 99\n");
    ck_assert_int_eq(RUN("--camera", "cam0"), FR_EXIT_CONFIG);
    ck_assert_ptr_nonnull(strstr(output, "cam0.conf:2: slots: \"99\" is out of range; expected a "
                                         "whole number from 4 to 32 slots\n"));
    ck_assert_int_eq(RUN("--camera", "cam0", "--slots", "99"), FR_EXIT_USAGE); /* told first */
}
END_TEST

START_TEST(F12_a_name_cannot_leave_its_folder)
{
    ck_assert_int_eq(RUN("--camera", "../../etc/passwd"), FR_EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "--camera: \"../../etc/passwd\" cannot be used"));
}
END_TEST

START_TEST(wrong_usage_says_what_was_expected)
{
    static const struct {
        const char *words[4], *told;
    } rows[] = {
        {{"--camera", "c", "--slots", "99"}, "prog: --slots: \"99\" is out of range; expected"},
        {{"--camera", "c", "--slotz", "9"}, "--slotz: no such option; did you mean --slots?"},
        {{"--camera", "c", "--stall-timeuot=9"}, "did you mean --stall-timeout?"},
        {{"--camera", "c", "--elephant"}, "--elephant: no such option\n"},
        {{"--camera", "c", "-x"}, "-x: no such option\n"},
        {{"--camera", "c", "-hx"}, "Usage: prog"},
        {{"--camera", "c", "--slots"}, "--slots: no value; expected one behind it"},
        {{"--camera", "c", "-o"}, "-o: no value; expected one behind it"},
        {{"--camera", "c", "--list=x"}, "--list=x: unexpected value; expected --list alone"},
        {{"--camera", "c", "--s", "1"}, "--s: several options begin so; expected the whole name"},
        {{"--camera", "c", "a", "b"}, "unexpected argument \"b\"; expected [PATH]"},
        {{"--slots", "9"}, "no camera given; expected --camera NAME"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words[5] = {0};
        memcpy(words, rows[i].words, sizeof rows[i].words);
        int code = run(words);
        ck_assert_msg(strstr(output, rows[i].told), "%zu: %s", i, output);
        ck_assert_int_eq(code, i == 5 ? 0 : FR_EXIT_USAGE);
        ck_assert_ptr_nonnull(strstr(output, "--help"));
    }
}
END_TEST

START_TEST(own_options_are_applied)
{
    ck_assert_int_eq(RUN("--list"), FR_OPTIONS_GO_ON); /* needs no camera */
    ck_assert_int_eq(listed, 1);
    ck_assert_int_eq(RUN("--camera", "c", "-o", "x.jpg"), FR_OPTIONS_GO_ON);
    ck_assert_str_eq(wanted, "x.jpg");
    ck_assert_int_eq(RUN("--camera", "c", "--output=y.jpg", "--", "-path"), FR_OPTIONS_GO_ON);
    ck_assert_str_eq(wanted, "y.jpg");
    ck_assert_str_eq(result.operands[0], "-path");
}
END_TEST

START_TEST(help_shows_all_there_is)
{
    ck_assert_int_eq(RUN("--help"), 0);
    static const char *const shown[] = {"Usage: prog [OPTION]... [PATH]",
                                        "Tests the command line.",
                                        "--list",
                                        "-o, --output FILE",
                                        "--slots N",
                                        "-h, --help",
                                        "/etc/framering/cameras/NAME.conf",
                                        "78"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        ck_assert_msg(strstr(output, shown[i]), "no \"%s\" in:\n%s", shown[i], output);
    ck_assert_int_eq(RUN("--version"), 0);
    ck_assert_ptr_eq(strstr(output, "prog 0."), output);
    ck_assert_int_eq(RUN("--print-config-sample"), 0);
    ck_assert_ptr_nonnull(strstr(output, "[capture]\n"));
    ck_assert_int_eq(RUN("--print-config-docs"), 0);
    ck_assert_ptr_nonnull(strstr(output, "| `slots` |"));
}
END_TEST

START_TEST(F10_a_reload_reads_the_file_again_and_a_wrong_one_changes_nothing)
{
    char *argv[] = {"prog", "--camera", "again", "--size=64x48", NULL};
    char reason[FR_SETTINGS_REASON_MAX] = "";
    struct fr_capture_settings fresh = {.slots = 77};

    file_of("again", "[capture]\nslots = 9\nsize = 8x8\n[controls]\nbrightness = 1\n");
    ck_assert_int_eq(fr_options_read(&program, 4, argv, &settings, &listed, &result),
                     FR_OPTIONS_GO_ON);
    ck_assert_int_eq(settings.slots, 9);
    ck_assert_uint_eq(settings.controls.n, 1);

    file_of("again", "[capture]\nslots = 10\nsize = 8x8\n");
    ck_assert_int_eq(fr_options_reload(&program, 4, argv, &fresh, &result, reason, sizeof reason),
                     0);
    ck_assert_int_eq(fresh.slots, 10);
    ck_assert_uint_eq(fresh.size.width_px, 64); /* the command line still beats the file */
    ck_assert_uint_eq(fresh.controls.n, 0);

    file_of("again", "[capture]\nslots = many\n");
    fresh.slots = 77;
    ck_assert_int_eq(fr_options_reload(&program, 4, argv, &fresh, &result, reason, sizeof reason),
                     -EINVAL);
    ck_assert_ptr_nonnull(strstr(reason, "/cameras/again.conf:2: slots: "));
    ck_assert_int_eq(fresh.slots, 77);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
    char *argv[] = {"prog", "--help", NULL};
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), kept = dup(1);

    fflush(stdout);
    dup2(full, 1);
    int code = fr_options_read(&program, 2, argv, &settings, NULL, NULL);
    dup2(kept, 1);
    clearerr(stdout);
    ck_assert_int_eq(code, 1);
}
END_TEST

UNIT_MAIN("options", settings_are_options, the_command_line_beats_the_file_beats_the_defaults,
          a_file_that_is_named_must_be_there, F8_a_wrong_file_is_a_wrong_configuration,
          F12_a_name_cannot_leave_its_folder, wrong_usage_says_what_was_expected,
          own_options_are_applied, help_shows_all_there_is,
          F10_a_reload_reads_the_file_again_and_a_wrong_one_changes_nothing, a_full_disk_is_told)
