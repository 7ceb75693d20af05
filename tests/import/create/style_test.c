/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

#include <glob.h>
#include <math.h>

/* CIE L*a*b* (D65) of "#rrggbb". */
static void lab_of(const char *colour, double lab[3])
{
    unsigned long rgb = strtoul(colour + 1, NULL, 16);
    double linear[3];
    double xyz[3];

    for (int i = 0; i < 3; i++) {
        double c = (double)(rgb >> (16 - 8 * i) & 255) / 255;
        linear[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
    xyz[0] = (0.4124 * linear[0] + 0.3576 * linear[1] + 0.1805 * linear[2]) / 0.95047;
    xyz[1] = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    xyz[2] = (0.0193 * linear[0] + 0.1192 * linear[1] + 0.9505 * linear[2]) / 1.08883;
    for (int i = 0; i < 3; i++)
        xyz[i] = xyz[i] > 0.008856 ? cbrt(xyz[i]) : 7.787 * xyz[i] + 16.0 / 116;
    lab[0] = 116 * xyz[1] - 16;
    lab[1] = 500 * (xyz[0] - xyz[1]);
    lab[2] = 200 * (xyz[1] - xyz[2]);
}

static double difference(const char *a, const char *b)
{
    double x[3];
    double y[3];

    lab_of(a, x);
    lab_of(b, y);
    return sqrt((x[0] - y[0]) * (x[0] - y[0]) + (x[1] - y[1]) * (x[1] - y[1]) +
                (x[2] - y[2]) * (x[2] - y[2]));
}

/* The colour of a layer called `id`: the first of its style. */
static void colour_of(const char *id, char out[8])
{
    struct import_options options = {.layer_id = id, .create = true};
    struct made m =
        made_of(scratch_text("one.geojson",
                             "{\"type\":\"Feature\",\"properties\":{\"n\":\"甲\"},"
                             "\"geometry\":{\"type\":\"Point\","
                             "\"coordinates\":[121,31]}}"),
                &options);
    const uint8_t *at =
        memmem(m.style.data, m.style.len, "\"color\": \"#", strlen("\"color\": \"#"));

    assert_non_null(at);
    snprintf(out, 8, "%.7s", (const char *)at + strlen("\"color\": \""));
    made_release(&m);
}

/* Fills, lines and circles; names are dark in every layer. */
static bool is_drawn_with(const char *at)
{
    static const char *const members[] = {"\"color\": \"", "\"circle-color\": \"",
                                          "\"fill-color\": \"", "\"line-color\": \"",
                                          NULL};

    for (size_t i = 0; members[i]; i++) {
        size_t n = strlen(members[i]);

        if (memcmp(at - n, members[i], n) == 0)
            return true;
    }
    return false;
}

static void assert_far_from_shipped(const char *colour)
{
    glob_t found;
    char text[1 << 17];
    size_t seen = 0;

    assert_int_equal(glob(TEST_SOURCE_DIR "/layers/*/style.json", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "rb");

        assert_non_null(file);
        size_t n = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[n] = '\0';
        for (const char *at = text; (at = strchr(at, '#')); at++) {
            char other[8];

            if (at - text < 20 || !is_drawn_with(at))
                continue;
            snprintf(other, sizeof other, "%.7s", at);
            seen++;
            if (difference(colour, other) < 18)
                fail_msg("%s is too near to %s of %s", colour, other,
                         found.gl_pathv[i]);
        }
    }
    assert_true(seen > 20);
    globfree(&found);
}

TEST(colours_differ_from_those_of_the_shipped_layers_and_from_each_other)
{
    char colours[200][8];
    size_t n = 0;

    for (unsigned i = 0; i < 200; i++) {
        char id[16];
        size_t k = 0;

        snprintf(id, sizeof id, "layer_%u", i);
        colour_of(id, colours[n]);
        while (k < n && strcmp(colours[k], colours[n]) != 0)
            k++;
        n += k == n;
    }
    assert_in_range(n, 8, 20);
    for (size_t i = 0; i < n; i++) {
        assert_far_from_shipped(colours[i]);
        for (size_t k = 0; k < i; k++)
            assert_true(difference(colours[i], colours[k]) >= 17);
    }
}

TEST(a_layer_has_the_same_colour_whenever_it_is_made)
{
    char first[8];
    char again[8];

    colour_of("some_layer", first);
    colour_of("some_layer", again);
    assert_string_equal(first, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            colours_differ_from_those_of_the_shipped_layers_and_from_each_other),
        cmocka_unit_test(a_layer_has_the_same_colour_whenever_it_is_made)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
