#include "capture/source_find.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct fr_source_ops *const sources[] = {&fr_source_v4l2, &fr_source_replay,
                                                      &fr_source_synthetic};

int fr_source_find(const char *text, const struct fr_source_ops **ret_ops, const char **ret_spec,
                   char reason[FR_SOURCE_REASON_MAX])
{
    size_t length = strcspn(text, ":");
    for (size_t i = 0; text[length] == ':' && i < sizeof sources / sizeof *sources; i++)
        if (strlen(sources[i]->scheme) == length && memcmp(sources[i]->scheme, text, length) == 0) {
            *ret_ops = sources[i];
            *ret_spec = text + length + 1;
            return 0;
        }
    const char *hint = strncmp(text, "/dev/video", 10) == 0 ? "v4l2:"
                       : text[0] == '/'                     ? "replay:"
                                                            : NULL;
    if (hint)
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "source: '%.200s' does not say what it is; expected %s%.200s", text, hint, text);
    else
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "source: '%.200s' is not a source; expected v4l2:/dev/videoN, replay:PATH or "
                 "synthetic:",
                 text);
    return -EINVAL;
}
