/* Part of the kernels' texts (common/media/lanes.h: how): means as words, in 256ths of a grey level
 * and with half a level more, out of the two bytes that they are kept in. */
#pragma once

#include "analyzer/kernels.h"

/* In the order of the level's zip. */
struct zipped {
    words low, high;
};

FR_LANES_INLINE struct zipped zip(bytes lower, bytes upper)
{
    return (struct zipped){bytes_zip_low(lower, upper), bytes_zip_high(lower, upper)};
}

FR_LANES_INLINE bytes unzip_upper(const struct zipped *a)
{
    return words_unzip((words)((unsigned_words)a->low >> 8), (words)((unsigned_words)a->high >> 8));
}

FR_LANES_INLINE bytes unzip_lower(const struct zipped *a)
{
    return words_unzip(a->low & UINT8_MAX, a->high & UINT8_MAX);
}
