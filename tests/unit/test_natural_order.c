/* File names in the order in which people count them. */
#include "common/media/natural_order.h"
#include "unit.h"

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void check_before(const char *a, const char *b)
{
    ck_assert_msg(fr_natural_compare(a, b) < 0, "%s is not before %s", a, b);
    ck_assert_msg(fr_natural_compare(b, a) > 0, "%s is not behind %s", b, a);
}

START_TEST(numbers_count_by_their_value)
{
    check_before("img9.jpg", "img10.jpg");
    check_before("9", "10");
    check_before("a1b2", "a1b10");
    check_before("a2b1", "a10b0");
    check_before("f99999999999999999999999998", "f99999999999999999999999999");
    check_before("f9", "f99999999999999999999999999");
}
END_TEST

START_TEST(letters_count_as_bytes)
{
    check_before("a", "b");
    check_before("A", "a");
    check_before("a", "\xff");
    check_before("", "a");
    check_before("a", "a1");
    check_before("1", "a");
}
END_TEST

START_TEST(only_equal_names_are_equal)
{
    ck_assert_int_eq(fr_natural_compare("", ""), 0);
    ck_assert_int_eq(fr_natural_compare("a01b", "a01b"), 0);
    check_before("a1", "a01");
    check_before("a01", "a001");
    check_before("a1b02", "a01b2"); /* the first difference in zeros decides */
    check_before("a01", "a2");
    check_before("0", "00");
}
END_TEST

START_TEST(the_order_is_transitive)
{
    static const char *const names[] = {"",    "0",    "00",    "1",   "01",  "001",  "10",
                                        "010", "a",    "a0",    "a00", "a1",  "a1b",  "a01b",
                                        "a01", "a1b2", "a1b02", "ab",  "a-1", "a-01", "a1-"};
    enum { N = sizeof names / sizeof *names };
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b < N; b++)
            for (size_t c = 0; c < N; c++) {
                int ab = sign(fr_natural_compare(names[a], names[b]));
                int bc = sign(fr_natural_compare(names[b], names[c]));
                int ac = sign(fr_natural_compare(names[a], names[c]));
                if (ab <= 0 && bc <= 0)
                    ck_assert_msg(ac <= 0, "%s %s %s", names[a], names[b], names[c]);
                ck_assert_int_eq(ab, -sign(fr_natural_compare(names[b], names[a])));
            }
}
END_TEST

UNIT_MAIN("natural_order", numbers_count_by_their_value, letters_count_as_bytes,
          only_equal_names_are_equal, the_order_is_transitive)
