/* From "scheme:rest" to the source of that scheme. */
#pragma once

#include "capture/source.h"

/* *ret_spec points into `text`, behind the colon. -EINVAL with `reason`: no such scheme. Pure. */
int fr_source_find(const char *text, const struct fr_source_ops **ret_ops, const char **ret_spec,
                   char reason[FR_SOURCE_REASON_MAX]);
