/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

#include <dirent.h>
#include <sys/stat.h>

static size_t files_in(const char *folder)
{
    struct dirent *entry;
    size_t n = 0;
    DIR *dir = opendir(folder);

    assert_non_null(dir);
    while ((entry = readdir(dir)))
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return n;
}

TEST(an_older_report_is_replaced_and_nothing_else_is_left)
{
    struct made m;
    char folder[200];
    char path[220];
    struct im_error err = {0};
    size_t len;

    snprintf(folder, sizeof folder, "%s", scratch_path("replaced"));
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(path, sizeof path, "%s/r.JSON", folder); /* any case */
    made_init(&m);
    assert_int_equal(import_report_write(&m.report, path, "zh", &err), IM_OK);
    m.report.counts.read = 77;
    assert_int_equal(import_report_write(&m.report, path, "zh", &err), IM_OK);
    char *text = made_read(path, &len);
    assert_memory_equal(text, "{\"read\":77,", 11);
    free(text);
    assert_int_equal(files_in(folder), 1);
    made_release(&m);
}

TEST(another_ending_is_refused_with_those_that_are_known)
{
    struct made m;
    struct im_error err = {0};

    made_init(&m);
    assert_int_equal(import_report_write(&m.report, scratch_path("r.xlsx"), "zh", &err),
                     IM_EARG);
    assert_non_null(strstr(err.msg, ".json, .html or .csv"));
    assert_non_null(strstr(err.msg_zh, "r.xlsx"));
    assert_int_equal(import_report_check_path("a.pdf", &err), IM_EARG);
    assert_int_equal(import_report_check_path("json", &err), IM_EARG);
    assert_int_equal(import_report_check_path(".csv", &err), IM_EARG);
    assert_int_equal(import_report_check_path("a/b.html", &err), IM_OK);
    made_release(&m);
}

TEST(a_folder_that_is_missing_is_named)
{
    struct made m;
    struct im_error err = {0};

    made_init(&m);
    assert_int_equal(
        import_report_write(&m.report, scratch_path("no/r.json"), "zh", &err), IM_EENV);
    assert_non_null(strstr(err.msg, "no/r.json"));
    assert_non_null(strstr(err.msg_zh, "no/r.json"));
    made_release(&m);
}

TEST(a_link_stays_a_link)
{
    struct made m;
    struct im_error err = {0};
    struct stat info;

    made_init(&m);
    scratch_text("real.json", "old");
    assert_int_equal(symlink("real.json", scratch_path("link.json")), 0);
    assert_int_equal(
        import_report_write(&m.report, scratch_path("link.json"), "zh", &err), IM_OK);
    assert_int_equal(lstat(scratch_path("link.json"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(scratch_path("real.json"), &info), 0);
    assert_true(info.st_size > 100);
    made_release(&m);
}

/* /dev/full takes no byte: the same as a disk without room. */
TEST(a_full_disk_is_an_error)
{
    struct made m;
    struct im_error err = {0};

    made_init(&m);
    assert_int_equal(symlink("/dev/full", scratch_path("full.json")), 0);
    assert_int_equal(
        import_report_write(&m.report, scratch_path("full.json"), "zh", &err), IM_EIO);
    assert_non_null(strstr(err.msg, "full.json"));
    made_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_report_is_replaced_and_nothing_else_is_left),
        cmocka_unit_test(another_ending_is_refused_with_those_that_are_known),
        cmocka_unit_test(a_folder_that_is_missing_is_named),
        cmocka_unit_test(a_link_stays_a_link),
        cmocka_unit_test(a_full_disk_is_an_error)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
