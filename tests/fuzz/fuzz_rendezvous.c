/* Any bytes as a rendezvous file; what is accepted prints to the same text. */
#include "common/ring/rendezvous.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fr_rendezvous r, again;
    char text[FR_RENDEZVOUS_MAX];
    memset(&r, 0, sizeof r);
    if (fr_rendezvous_parse((const char *)data, size, &r) < 0)
        return 0;
    size_t n = fr_rendezvous_print(&r, text);
    if (fr_rendezvous_parse(text, n, &again) < 0 || again.epoch != r.epoch ||
        again.cookie != r.cookie || again.ids.pins_id != r.ids.pins_id)
        abort();
    return 0;
}
