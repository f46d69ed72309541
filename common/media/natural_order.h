/* The order in which people count files: by letters, but digits by their value (img9 before img10).
 */
#pragma once

/* As strcmp(): negative, 0 or positive. Runs of digits compare as numbers of any length; where two
 * names differ in leading zeros alone, the one with fewer comes first, so that only equal names
 * give 0. Pure. */
int fr_natural_compare(const char *a, const char *b);
