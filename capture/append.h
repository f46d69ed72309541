/* Building a text piece by piece in a buffer of fixed size. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Adds to the text in buf; what does not fit is cut, and then it returns false. */
__attribute__((format(printf, 3, 4))) static inline bool fr_append(char *buf, size_t size,
                                                                   const char *fmt, ...)
{
    size_t used = strlen(buf);
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(buf + used, size - used, fmt, args);
    va_end(args);
    return n >= 0 && (size_t)n < size - used;
}
