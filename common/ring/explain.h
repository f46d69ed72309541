/* A sentence for people, in a buffer of the caller's. NULL is fine. */
#pragma once

#include <stdarg.h>
#include <stdio.h>

enum { FR_REASON_MAX = 384 };

__attribute__((format(printf, 3, 4))) static inline void fr_explain(char *buf, size_t size,
                                                                    const char *format, ...)
{
    if (!buf || size == 0)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(buf, size, format, args);
    va_end(args);
}
