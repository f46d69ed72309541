/* Prints the sample file of a program's settings; run by the build, so that the samples which are
 * installed cannot differ from what the programs read. */
#include "config/analyzer_settings.h"
#include "config/capture_settings.h"

#include <string.h>

int main(int argc, char **argv)
{
    static const struct fr_settings_table *const tables[] = {&fr_capture_table, &fr_analyzer_table};

    for (size_t i = 0; argc == 2 && i < sizeof tables / sizeof *tables; i++) {
        if (strcmp(argv[1], tables[i]->section) == 0) {
            fr_settings_print_sample(tables[i], stdout);
            return fflush(stdout) == 0 ? 0 : 1;
        }
    }
    fputs("Usage: print_sample capture|analyzer\n", stderr);
    return 2;
}
