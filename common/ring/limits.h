/* What the kernel's refusals mean; the limits themselves are in the public header. */
#pragma once

#include "framering/framering.h"

/* Writes which limit it was that made `call` fail with `error` when `need` was asked for: its
 * value, what was asked, and the command that raises it. For other errors what strerror() says. */
void fr_limits_explain(int error, const char *call, const struct fr_need *need, char *reason,
                       size_t reason_size);
