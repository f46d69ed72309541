/* framering: the operator's command. Looks at rings, takes pictures and video out of them, removes
 * dead ones, and tells what keeps cameras from running. It is a reader like any other: it changes
 * nothing in a ring whose writer lives.
 *
 * Data goes to stdout, messages to stderr. Exit codes: 0, 1 (it did not work; the message says what
 * to do), 2 (wrong usage).
 */
#include "monitor/command.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"list", command_list}, {"info", command_info},     {"snapshot", command_snapshot},
    {"cat", command_cat},   {"remove", command_remove}, {"doctor", command_doctor},
};

static const struct fr_program program = {
    .name = "framering",
    .summary = "Looks at the rings of cameras, and takes pictures and video out of them.",
    .operands = "COMMAND ...",
    .min_operands = 1,
    .max_operands = 1,
    .epilogue =
        "Commands ('framering COMMAND --help' tells more):\n"
        "  list                     the cameras of this machine\n"
        "  info CAMERA              everything about one of them\n"
        "  snapshot CAMERA -o FILE  its next picture as a JPEG\n"
        "  cat CAMERA               its video as Y4M on stdout\n"
        "  remove CAMERA            what a dead writer left behind\n"
        "  doctor                   what is wrong with this machine's cameras, and what to do\n"
        "\n"
        "Examples:\n"
        "  framering cat cam0 | ffplay -\n"
        "  framering info cam0 --json | jq .rate",
};

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        int code = fr_options_read(&program, argc, argv, NULL, NULL, NULL);
        return code == FR_OPTIONS_GO_ON ? FR_EXIT_USAGE : code;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    char shown[80];
    fprintf(stderr,
            "framering: no command \"%s\"; expected list, info, snapshot, cat, remove or doctor\n"
            "Try 'framering --help'.\n",
            fr_log_escape(argv[1], shown, sizeof shown));
    return FR_EXIT_USAGE;
}
