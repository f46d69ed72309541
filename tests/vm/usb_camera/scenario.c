#include "tests/vm/usb_camera/scenario.h"

#include <stdlib.h>
#include <string.h>

const struct fault_kind fault_kinds[N_FAULTS] = {
    [FAULT_NONE] = {"none", false, VERDICT_GOOD},
    [FAULT_TRUNCATED] = {"truncated", false, VERDICT_BAD},
    [FAULT_NO_TABLES] = {"no-tables", true, VERDICT_GOOD},
    [FAULT_STALE_TAIL] = {"stale-tail", true, VERDICT_GOOD},
    [FAULT_JUNK_HEAD] = {"junk-head", true, VERDICT_GOOD},
    [FAULT_EXTRANEOUS] = {"extraneous", true, VERDICT_GOOD},
    [FAULT_GARBAGE] = {"garbage", true, VERDICT_BAD},
    [FAULT_HTML] = {"html", true, VERDICT_BAD},
    [FAULT_TINY] = {"tiny", true, VERDICT_BAD},
    [FAULT_EMPTY] = {"empty", false, VERDICT_BAD},
    [FAULT_WRONG_SIZE] = {"wrong-size", true, VERDICT_BAD},
    [FAULT_PROGRESSIVE] = {"progressive", true, VERDICT_BAD},
    [FAULT_ARITHMETIC] = {"arithmetic", true, VERDICT_BAD},
    [FAULT_CMYK] = {"cmyk", true, VERDICT_BAD},
    [FAULT_LOSSLESS] = {"lossless", true, VERDICT_BAD},
    [FAULT_12_BIT] = {"12-bit", true, VERDICT_BAD},
    [FAULT_OVERRUN] = {"overrun", false, VERDICT_BAD},
    [FAULT_ERROR_BIT] = {"error-bit", false, VERDICT_BAD},
    [FAULT_LOST_PAYLOAD] = {"lost-payload", false, VERDICT_UNCLEAR},
    [FAULT_STUCK_FID] = {"stuck-fid", false, VERDICT_BAD},
    [FAULT_NO_EOF] = {"no-eof", false, VERDICT_GOOD},
};

const char *const verdict_names[3] = {"good", "bad", "unclear"};
const char *const clock_names[N_CLOCK_LIES] = {"none", "good", "zero", "backwards", "random"};

void served_free(struct served *served)
{
    for (size_t i = 0; served && i < served->n; i++)
        free(served->file[i].bytes);
    free(served);
}

enum fault scenario_take_fault(struct scenario *scenario, bool is_jpeg)
{
    enum fault fault = scenario->fault;
    if (scenario->fault_count == 0 || (fault_kinds[fault].is_jpeg_only && !is_jpeg))
        return FAULT_NONE;
    if (scenario->fault_count > 0)
        scenario->fault_count--;
    return fault;
}

enum verdict fault_verdict(enum fault fault, bool is_jpeg, bool is_isochronous)
{
    enum verdict verdict = fault_kinds[fault].verdict;
    return verdict == VERDICT_UNCLEAR && (!is_jpeg || is_isochronous) ? VERDICT_BAD : verdict;
}

int name_find(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int fault_find(const char *name)
{
    for (int i = 0; i < N_FAULTS; i++)
        if (strcmp(fault_kinds[i].name, name) == 0)
            return i;
    return -1;
}
