/* SPDX-License-Identifier: Apache-2.0 */
/* The published measure of CQL2: tests/data/cql2. */
#include <test.h>

#include <engine/cql.h>
#include <support/memory_source.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define DATA TEST_SOURCE_DIR "/tests/data/cql2/"
#define FIELD(name, type, more)                                                        \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\"},\"type\":\"" type          \
    "\"" more "}"
#define LAYER(id, fields)                                                              \
    "{\"id\":\"" id "\",\"title\":{\"zh\":\"" id                                       \
    "\"},\"geometry\":\"mixed\",\"key\":\"fid_\",\"fields\":[" FIELD(                  \
        "fid_", "integer", "") "," fields "]}"

static const struct {
    const char *id;
    const char *definition;
} LAYERS[] =
    {
        {"ne_110m_populated_places_simple",
         LAYER("ne_110m_populated_places_simple",
               FIELD("name", "text", "") "," FIELD("nameascii", "text", "") "," FIELD("pop_max", "integer", "") "," FIELD(
                   "pop_min",
                   "integer",
                   "") "," FIELD("pop_other",
                                 "integer",
                                 "") "," FIELD("date",
                                               "text",
                                               ",\"format\":\"date\"") "," FIELD("star"
                                                                                 "t",
                                                                                 "text",
                                                                                 ",\"fo"
                                                                                 "rmat"
                                                                                 "\":"
                                                                                 "\"dat"
                                                                                 "etime"
                                                                                 "\"") "," FIELD("end",
                                                                                                 "text",
                                                                                                 ",\"format\":\"datetime\"") "," FIELD("boolean",
                                                                                                                                       "integer",
                                                                                                                                       ",\"format\":\"boolean\""))},
        {"ne_110m_admin_0_countries",
         LAYER("ne_110m_admin_0_countries",
               FIELD("name", "text", "") "," FIELD("pop_est", "real", ""))},
        {"ne_110m_rivers_lake_centerlines",
         LAYER("ne_110m_rivers_lake_centerlines", FIELD("name", "text", ""))}};

static struct memory_source *source;
static const struct atlas *atlas;

static void read_layer(const char *id)
{
    static char line[1 << 20];
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, DATA "%s.txt", id);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char *values = strchr(line, '\t');

        line[strcspn(line, "\n")] = '\0';
        assert_non_null(values);
        *values++ = '\0';
        memory_source_row(source, line, values);
    }
    fclose(file);
}

static int make(void **state __attribute__((unused)))
{
    source = memory_source_new();
    for (size_t i = 0; i < sizeof LAYERS / sizeof *LAYERS; i++) {
        memory_source_layer(source, LAYERS[i].definition, "", 1);
        read_layer(LAYERS[i].id);
    }
    atlas = memory_source_atlas(source);
    return 0;
}

static int drop(void **state __attribute__((unused)))
{
    atlas_unref(atlas);
    memory_source_free(source);
    return 0;
}

static bool meets_bounds(const struct cql_bounds *b,
                         const struct atlas_layer *layer,
                         uint32_t feature)
{
    bool found = b->codes == NULL;

    for (size_t i = 0; i < b->n_codes && !found; i++)
        found = b->codes[i] == atlas_code(layer, feature, b->field);
    return !b->is_never && found &&
           (!b->has_box || bbox_intersects(b->box, atlas_bbox(layer, feature)));
}

/* How many features match; each must lie within the bounds. */
static long count(const struct cql_node *node,
                  const struct atlas_layer *layer,
                  struct im_arena *arena,
                  struct im_error *err)
{
    const struct cql_program *program;
    struct cql_scratch *scratch;
    struct cql_bounds bounds;
    long n = 0;

    if (cql_compile(node, layer, NULL, arena, &program, NULL, err) != IM_OK)
        return -1;
    scratch = cql_scratch_new(program, arena);
    assert_non_null(scratch);
    cql_bounds_of(program, &bounds);
    for (uint32_t i = 0; i < atlas_layer_size(layer); i++)
        if (cql_test(program, scratch, i)) {
            assert_true(meets_bounds(&bounds, layer, i));
            n++;
        }
    return n;
}

static const struct cql_node *
parse(struct im_bytes text, enum cql_encoding encoding, struct im_arena *arena)
{
    const struct cql_node *node = NULL;
    struct im_error err = {0};

    if (cql_parse(text, encoding, arena, &node, NULL, &err) != IM_OK)
        fail_msg("%.*s: %s", (int)text.len, text.data, err.msg);
    return node;
}

/* The same filter, by way of JSON. */
static const struct cql_node *through_json(const struct cql_node *node,
                                           struct im_arena *arena)
{
    struct im_buf buf = {.max = 1 << 20};
    struct im_json w = {.out = &buf};
    const struct cql_node *again;

    cql_write_json(node, &w);
    assert_false(buf.failed);
    again = parse(im_buf_bytes(&buf), CQL_JSON, arena);
    im_buf_release(&buf);
    return again;
}

static bool try_predicate(char *line)
{
    char *layer_id = strchr(line, '\t') + 1;
    char *number = strchr(layer_id, '\t') + 1;
    char *predicate = strchr(number, '\t') + 1;
    struct im_arena *arena = im_arena_new(64 << 20);
    long expected = strtol(number, NULL, 10);
    const struct atlas_layer *layer;
    const struct cql_node *node;
    struct im_error err = {0};
    long in_text;
    long in_json;

    number[-1] = '\0';
    predicate[strcspn(predicate, "\n")] = '\0';
    layer = atlas_layer_find(atlas, im_bytes_of(layer_id));
    assert_non_null(layer);
    node = parse(im_bytes_of(predicate), CQL_TEXT, arena);
    in_text = count(node, layer, arena, &err);
    in_json = count(through_json(node, arena), layer, arena, &err);
    if (in_text != expected || in_json != expected)
        print_error("%s: %s: %ld in text, %ld in JSON, expected %ld %s\n", layer_id,
                    predicate, in_text, in_json, expected, err.msg);
    im_arena_free(arena);
    return in_text == expected && in_json == expected;
}

/* OGC 21-065r2, Annex A, /conf/.../test-data and /conf/basic-cql2/logical */
TEST(predicates_have_the_published_numbers_of_results)
{
    static char line[1 << 16];
    FILE *file = fopen(DATA "predicates.txt", "r");
    int n = 0;
    int good = 0;

    assert_non_null(file);
    for (; fgets(line, sizeof line, file); n++)
        good += try_predicate(line);
    fclose(file);
    print_message("%d of %d predicates\n", good, n);
    assert_true(n > 300);
    assert_int_equal(good, n);
}

static struct im_bytes read_file(const char *path, struct im_arena *arena)
{
    uint8_t *data = im_arena_alloc(arena, 1 << 16);
    FILE *file = fopen(path, "r");
    size_t len;

    if (!file)
        return (struct im_bytes){NULL, 0};
    len = fread(data, 1, 1 << 16, file);
    fclose(file);
    return (struct im_bytes){data, len};
}

static char *as_text(const struct cql_node *node, struct im_arena *arena)
{
    struct im_buf buf = {.max = 1 << 20};
    char *text;

    cql_write_text(node, &buf);
    assert_false(buf.failed);
    text = im_arena_strdup(arena, im_buf_bytes(&buf));
    im_buf_release(&buf);
    return text;
}

/* The text and the JSON of an example are one expression, and stay it when written. */
static void check_example(const char *name)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    char path[512];
    struct im_bytes json;
    const struct cql_node *node;
    const char *text;

    snprintf(path, sizeof path, DATA "examples/text/%s", name);
    node = parse(read_file(path, arena), CQL_TEXT, arena);
    text = as_text(node, arena);
    assert_string_equal(as_text(parse(im_bytes_of(text), CQL_TEXT, arena), arena),
                        text);
    assert_string_equal(as_text(through_json(node, arena), arena), text);
    snprintf(path, sizeof path, DATA "examples/json/%.*s.json",
             (int)strcspn(name, ".-"), name);
    json = read_file(path, arena);
    if (json.len)
        assert_string_equal(as_text(parse(json, CQL_JSON, arena), arena), text);
    im_arena_free(arena);
}

/* OGC 21-065r2, schema/examples */
TEST(published_examples_are_the_same_in_text_and_json)
{
    DIR *dir = opendir(DATA "examples/text");
    struct dirent *entry;
    int n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.') {
            check_example(entry->d_name);
            n++;
        }
    closedir(dir);
    assert_int_equal(n, 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predicates_have_the_published_numbers_of_results),
        cmocka_unit_test(published_examples_are_the_same_in_text_and_json),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
