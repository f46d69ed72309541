/* The order in which people count files. */
#include "common/media/natural_order.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int fr_natural_compare(const char *a, const char *b)
{
    int tie = 0; /* decided by leading zeros, should all else be equal */

    while (*a && *b) {
        if (!is_digit(*a) || !is_digit(*b)) {
            if (*a != *b)
                return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
            a++, b++;
            continue;
        }
        size_t zeros_a = strspn(a, "0"), zeros_b = strspn(b, "0");
        a += zeros_a, b += zeros_b;
        size_t digits_a = strspn(a, "0123456789"), digits_b = strspn(b, "0123456789");
        if (digits_a != digits_b)
            return digits_a < digits_b ? -1 : 1;
        int order = memcmp(a, b, digits_a);
        if (order)
            return order;
        if (!tie && zeros_a != zeros_b)
            tie = zeros_a < zeros_b ? -1 : 1;
        a += digits_a, b += digits_b;
    }
    if (*a || *b)
        return *a ? 1 : -1;
    return tie;
}
