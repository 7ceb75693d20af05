/* SPDX-License-Identifier: Apache-2.0 */
/* Every style.json of the repository is one we can draw. */
#include <test.h>

#include <tiles/tile.h>

#include <glob.h>

static struct im_buf read_all(const char *path)
{
    struct im_buf buf = {.max = 4 * 1024 * 1024};
    FILE *file = fopen(path, "rb");
    char chunk[4096];
    size_t n;

    if (!file)
        fail_msg("cannot open %s", path);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        im_buf_append(&buf, chunk, n);
    fclose(file);
    return buf;
}

TEST(every_shipped_style_is_sound)
{
    glob_t found;
    unsigned bad = 0;

    assert_int_equal(glob(TEST_SOURCE_DIR "/layers/*/style.json", 0, NULL, &found), 0);
    assert_int_equal(
        glob(TEST_SOURCE_DIR "/layers/*/*/style.json", GLOB_APPEND, NULL, &found) &
            ~GLOB_NOMATCH,
        0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct im_buf json = read_all(found.gl_pathv[i]);
        struct im_error err;

        if (style_check(im_buf_bytes(&json), &err) != IM_OK) {
            print_error("%s: %s\n", found.gl_pathv[i], err.msg);
            bad++;
        }
        im_buf_release(&json);
    }
    assert_true(found.gl_pathc >= 10);
    globfree(&found);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_style_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
