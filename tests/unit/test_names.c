/* Camera names and other names for people. */
#include "framering/framering.h"
#include "tests/unit/unit.h"

START_TEST(camera_names_are_an_allow_list)
{
    static const char *const good[] = {"cam0", "a", "Front-Door_2.b"};
    static const char *const bad[] = {"",     ".",   "..",  ".a", "-a", "a/b",
                                      "../x", "a b", "a\n", "ü",  "a%s"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert(fr_camera_name_ok(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert(!fr_camera_name_ok(bad[i]));
    ck_assert(!fr_camera_name_ok(NULL));

    char longest[FR_CAMERA_NAME_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[FR_CAMERA_NAME_MAX + 1] = 0;
    ck_assert(!fr_camera_name_ok(longest));
    longest[FR_CAMERA_NAME_MAX] = 0;
    ck_assert(fr_camera_name_ok(longest));
}
END_TEST

START_TEST(fourcc_names_are_printable)
{
    char buf[5];
    ck_assert_str_eq(fr_fourcc_name(FR_FOURCC_NV12, buf), "NV12");
    ck_assert_str_eq(fr_fourcc_name(0x0a1b41ff, buf), "?A??");
}
END_TEST

START_TEST(every_way_of_a_picture_and_every_reason_to_drop_one_has_a_name_of_its_own)
{
    const char *names[FR_PATH_SYNTHETIC + FR_DROP_REASONS + 2];
    unsigned n = 0;
    for (uint32_t path = FR_PATH_USERPTR; path <= FR_PATH_SYNTHETIC; path++)
        names[n++] = fr_copy_path_name(path);
    for (unsigned reason = 0; reason < FR_DROP_REASONS; reason++)
        names[n++] = fr_drop_reason_name(reason);
    for (unsigned i = 0; i < n; i++) {
        ck_assert_str_ne(names[i], "unknown");
        for (unsigned k = 0; k < i; k++)
            ck_assert_str_ne(names[i], names[k]);
    }
    ck_assert_str_eq(fr_copy_path_name(UINT32_MAX), "unknown");
    ck_assert_str_eq(fr_drop_reason_name(FR_DROP_REASONS), "unknown");
}
END_TEST

UNIT_MAIN("names", camera_names_are_an_allow_list, fourcc_names_are_printable,
          every_way_of_a_picture_and_every_reason_to_drop_one_has_a_name_of_its_own)
