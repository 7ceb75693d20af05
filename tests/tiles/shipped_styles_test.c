/* SPDX-License-Identifier: Apache-2.0 */
/* Every style.json of the repository is one we can draw. */
#include <test.h>

#include <tiles/tile.h>

#include <glob.h>
#include <unistd.h>

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

/* Made at build time from the layers' styles; without rsvg-convert there are none. */
TEST(every_shipped_stylesheet_is_sound)
{
    struct stylesheet_set *set = NULL;
    struct im_error err;

    if (access(TEST_BINARY_DIR "/share/styles/light.json", R_OK) != 0)
        skip();
    if (stylesheet_set_open(TEST_BINARY_DIR "/share/styles", &set, &err) != IM_OK)
        fail_msg("%s", err.msg);
    for (const char *const *id =
             (const char *const[]){"light", "dark", "government-blue", "print", NULL};
         *id; id++)
        assert_non_null(stylesheet_set_find(set, im_bytes_of(*id)));
    stylesheet_set_close(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_style_is_sound),
        cmocka_unit_test(every_shipped_stylesheet_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
