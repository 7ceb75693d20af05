/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/style/expr.c and operators.c (MapLibre style specification,
 * "Expressions"). */
#include <test.h>

#include "style/expr.h"

#include <support/memory_source.h>

#include <math.h>
#include <stdlib.h>

static const char LAYER[] =
    "{\"id\": \"things\", \"title\": {\"zh\": \"物\", \"en\": \"Things\"},"
    "\"geometry\": \"mixed\", \"key\": \"id\", \"group\": \"places\", \"order\": 1,"
    "\"in_map\": true, \"visibility\": \"public\", \"fields\": ["
    "{\"name\": \"id\", \"title\": {\"zh\": \"i\", \"en\": \"i\"}, \"type\": \"text\"},"
    "{\"name\": \"name_zh\", \"title\": {\"zh\": \"n\", \"en\": \"n\"}, \"type\": "
    "\"text\"},"
    "{\"name\": \"level\", \"title\": {\"zh\": \"l\", \"en\": \"l\"}, \"type\": "
    "\"text\"},"
    "{\"name\": \"count\", \"title\": {\"zh\": \"c\", \"en\": \"c\"}, \"type\": "
    "\"integer\"},"
    "{\"name\": \"area\", \"title\": {\"zh\": \"a\", \"en\": \"a\"}, \"type\": "
    "\"real\"},"
    "{\"name\": \"none\", \"title\": {\"zh\": \"0\", \"en\": \"0\"}, \"type\": "
    "\"text\"}],"
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}";

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    const struct atlas_layer *layer;
    struct im_arena *arena;
};

static int set_up(void **state)
{
    static struct fixture f;

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER, "", 1);
    memory_source_row(f.source, "POINT(121.5 31.2)", "A1|张江|national|42|2.5|");
    f.atlas = memory_source_atlas(f.source);
    f.layer = atlas_layer_at(f.atlas, 0);
    f.arena = im_arena_new(16 * 1024 * 1024);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    im_arena_free(f->arena);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
    return 0;
}

static const struct expr *compile(struct fixture *f,
                                  const char *text,
                                  enum style_kind expected,
                                  bool is_filter,
                                  struct im_error *err)
{
    struct expr_compiler c = {
        .arena = f->arena, .schema = atlas_layer_schema(f->layer), .lang = LANG_ZH};
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    const struct expr *e = NULL;

    if (!json)
        fail_msg("no JSON: %s", text);
    expr_path_key(&c, "x");
    e = is_filter ? expr_compile_filter(&c, json)
                  : expr_compile(&c, json,
                                 expected == STYLE_ANY ? NULL : &expr_types[expected],
                                 EXPR_ASSERT);
    json_decref(json);
    assert_true((e == NULL) == (c.problems.n > 0));
    assert_string_equal(c.path, "x"); /* back where it began */
    if (!e) {
        im_fail(err, IM_EDATA, "%s: %s", c.problems.items[0].path,
                c.problems.items[0].en);
        return (void)im_zh(err, IM_EDATA, "%s", c.problems.items[0].zh), NULL;
    }
    return e;
}

static const char *shown(struct style_value v)
{
    static char out[256];

    switch (v.kind) {
    case STYLE_NULL:
        return "null";
    case STYLE_BOOL:
        return v.boolean ? "true" : "false";
    case STYLE_NUMBER:
        snprintf(out, sizeof out, "%.6g", v.number);
        return out;
    case STYLE_STRING:
        snprintf(out, sizeof out, "'%.*s'", (int)v.n, v.bytes);
        return out;
    case STYLE_COLOR:
        snprintf(out, sizeof out, "%.0f,%.0f,%.0f,%.2f", v.colors->r * 255,
                 v.colors->g * 255, v.colors->b * 255, v.colors->a);
        return out;
    case STYLE_ARRAY:
        snprintf(out, sizeof out, "array of %u", v.n);
        return out;
    case STYLE_ERROR:
        return "error";
    default:
        return style_kind_name(v.kind);
    }
}

struct value_case {
    const char *expression;
    enum style_kind expected;
    double zoom;
    const char *value;
};

TEST(expressions_have_the_values_of_the_specification)
{
    static const struct value_case cases[] = {
        {"5", STYLE_NUMBER, 0, "5"},
        {"\"name_{lang}\"", STYLE_STRING, 0, "'name_zh'"},
        {"[\"get\", \"name_{lang}\"]", STYLE_STRING, 0, "'张江'"},
        {"[\"get\", \"count\"]", STYLE_NUMBER, 0, "42"},
        {"[\"get\", \"count\"]", STYLE_STRING, 0, "error"},
        {"[\"get\", \"none\"]", STYLE_ANY, 0, "null"},
        {"[\"get\", \"unknown\"]", STYLE_ANY, 0, "null"},
        {"[\"has\", \"area\"]", STYLE_BOOL, 0, "true"},
        {"[\"has\", \"none\"]", STYLE_BOOL, 0, "false"},
        {"[\"id\"]", STYLE_ANY, 0, "1"},
        {"[\"geometry-type\"]", STYLE_STRING, 0, "'Point'"},
        {"[\"zoom\"]", STYLE_NUMBER, 7.5, "7.5"},
        {"[\"literal\", [1, 2, 3]]", STYLE_ARRAY, 0, "array of 3"},
        {"[\"!\", [\"has\", \"none\"]]", STYLE_BOOL, 0, "true"},
        {"[\"all\"]", STYLE_BOOL, 0, "true"},
        {"[\"any\"]", STYLE_BOOL, 0, "false"},
        {"[\"all\", [\"has\", \"area\"], [\"has\", \"none\"]]", STYLE_BOOL, 0, "false"},
        {"[\"any\", [\"has\", \"none\"], [\"has\", \"area\"]]", STYLE_BOOL, 0, "true"},
        {"[\"==\", [\"get\", \"level\"], \"national\"]", STYLE_BOOL, 0, "true"},
        {"[\"!=\", [\"get\", \"level\"], \"city\"]", STYLE_BOOL, 0, "true"},
        {"[\"==\", [\"get\", \"count\"], \"42\"]", STYLE_BOOL, 0, "false"},
        {"[\"==\", [\"get\", \"none\"], null]", STYLE_BOOL, 0, "true"},
        {"[\"<\", [\"get\", \"count\"], 43]", STYLE_BOOL, 0, "true"},
        {"[\"<=\", [\"get\", \"count\"], 41]", STYLE_BOOL, 0, "false"},
        {"[\">\", [\"get\", \"level\"], \"m\"]", STYLE_BOOL, 0, "true"},
        {"[\">=\", [\"get\", \"level\"], \"national\"]", STYLE_BOOL, 0, "true"},
        {"[\">\", [\"get\", \"level\"], 1]", STYLE_BOOL, 0, "error"},
        {"[\"in\", [\"get\", \"level\"], [\"literal\", [\"city\", \"national\"]]]",
         STYLE_BOOL, 0, "true"},
        {"[\"in\", \"tion\", [\"get\", \"level\"]]", STYLE_BOOL, 0, "true"},
        {"[\"in\", 42, [\"literal\", [1, 2]]]", STYLE_BOOL, 0, "false"},
        {"[\"case\", [\"has\", \"none\"], 1, [\"has\", \"area\"], 2, 3]", STYLE_NUMBER,
         0, "2"},
        {"[\"case\", [\"has\", \"none\"], 1, 3]", STYLE_NUMBER, 0, "3"},
        {"[\"match\", [\"get\", \"level\"], \"city\", 1, [\"x\", \"national\"], 2, 3]",
         STYLE_NUMBER, 0, "2"},
        {"[\"match\", [\"get\", \"count\"], 1, \"red\", \"#00ff00\"]", STYLE_COLOR, 0,
         "0,255,0,1.00"},
        {"[\"match\", [\"get\", \"none\"], \"a\", true, false]", STYLE_BOOL, 0,
         "false"},
        {"[\"coalesce\", [\"get\", \"none\"], [\"get\", \"level\"], \"x\"]",
         STYLE_STRING, 0, "'national'"},
        {"[\"step\", [\"zoom\"], 1, 5, 2, 10, 3]", STYLE_NUMBER, 4.99, "1"},
        {"[\"step\", [\"zoom\"], 1, 5, 2, 10, 3]", STYLE_NUMBER, 5, "2"},
        {"[\"step\", [\"zoom\"], 1, 5, 2, 10, 3]", STYLE_NUMBER, 30, "3"},
        {"[\"interpolate\", [\"linear\"], [\"zoom\"], 5, 10, 10, 20]", STYLE_NUMBER,
         7.5, "15"},
        {"[\"interpolate\", [\"linear\"], [\"zoom\"], 5, 10, 10, 20]", STYLE_NUMBER, 1,
         "10"},
        {"[\"interpolate\", [\"linear\"], [\"zoom\"], 5, 10, 10, 20]", STYLE_NUMBER, 11,
         "20"},
        {"[\"interpolate\", [\"exponential\", 2], [\"zoom\"], 0, 0, 2, 3]",
         STYLE_NUMBER, 1, "1"},
        {"[\"interpolate\", [\"linear\"], [\"get\", \"area\"], 0, \"#000\", 5, "
         "\"#fff\"]",
         STYLE_COLOR, 0, "128,128,128,1.00"},
        {"[\"+\", 1, 2, 3, [\"get\", \"count\"]]", STYLE_NUMBER, 0, "48"},
        {"[\"-\", [\"get\", \"count\"]]", STYLE_NUMBER, 0, "-42"},
        {"[\"-\", 0, [\"get\", \"area\"]]", STYLE_NUMBER, 0, "-2.5"},
        {"[\"*\", 2, [\"get\", \"area\"], 2]", STYLE_NUMBER, 0, "10"},
        {"[\"/\", [\"get\", \"count\"], 4]", STYLE_NUMBER, 0, "10.5"},
        {"[\"/\", [\"get\", \"count\"], 0]", STYLE_NUMBER, 0, "inf"},
        {"[\"get\", \"area\", [\"properties\"]]", STYLE_NUMBER, 0, "2.5"},
        {"[\"get\", [\"concat\", \"co\", \"unt\"]]", STYLE_NUMBER, 0, "42"},
        {"[\"has\", [\"to-string\", [\"get\", \"level\"]]]", STYLE_BOOL, 0, "false"},
        {"[\"length\", [\"get\", \"name_zh\"]]", STYLE_NUMBER, 0, "2"},
        {"[\"upcase\", [\"get\", \"level\"]]", STYLE_STRING, 0, "'NATIONAL'"},
        {"[\"at\", 1, [\"split\", [\"get\", \"level\"], \"tion\"]]", STYLE_STRING, 0,
         "'al'"},
        {"[\"within\", {\"type\": \"Polygon\", \"coordinates\": [[[121, 31], [122, "
         "31], "
         "[122, 32], [121, 32], [121, 31]]]}]",
         STYLE_BOOL, 0, "true"},
        {"[\"within\", {\"type\": \"Polygon\", \"coordinates\": [[[121, 30], [122, "
         "30], "
         "[122, 31], [121, 31], [121, 30]]]}]",
         STYLE_BOOL, 0, "false"},
        {"[\"round\", [\"distance\", {\"type\": \"Point\", \"coordinates\": [121.5, "
         "31.3]}]]",
         STYLE_NUMBER, 0, "11087"},
        {"[\"%\", [\"get\", \"count\"], 5]", STYLE_NUMBER, 0, "2"},
        {"[\"^\", 2, 10]", STYLE_NUMBER, 0, "1024"},
        {"[\"min\", 3, [\"get\", \"area\"], 9]", STYLE_NUMBER, 0, "2.5"},
        {"[\"max\", 3, [\"get\", \"area\"]]", STYLE_NUMBER, 0, "3"},
        {"[\"abs\", -3]", STYLE_NUMBER, 0, "3"},
        {"[\"concat\", [\"get\", \"name_zh\"], \"-\", [\"get\", \"area\"], true]",
         STYLE_STRING, 0, "'张江-2.5true'"},
        {"[\"concat\", \"a\", [\"concat\", [\"get\", \"level\"], \"b\"], \"c\"]",
         STYLE_STRING, 0, "'anationalbc'"},
        {"[\"to-string\", [\"get\", \"none\"]]", STYLE_STRING, 0, "''"},
        {"[\"to-number\", \"12.5\"]", STYLE_NUMBER, 0, "12.5"},
        {"[\"to-number\", [\"get\", \"level\"], 7]", STYLE_NUMBER, 0, "7"},
        {"[\"to-boolean\", [\"get\", \"none\"]]", STYLE_BOOL, 0, "false"},
        {"[\"to-boolean\", \"x\"]", STYLE_BOOL, 0, "true"},
        {"[\"string\", [\"get\", \"count\"], \"other\"]", STYLE_STRING, 0, "'other'"},
        {"[\"number\", [\"get\", \"level\"], 3]", STYLE_NUMBER, 0, "3"},
        {"[\"rgb\", 255, 0, 51]", STYLE_COLOR, 0, "255,0,51,1.00"},
        {"[\"rgba\", 255, 0, 51, 0.5]", STYLE_COLOR, 0, "255,0,51,0.50"},
        {"[\"rgb\", [\"get\", \"count\"], 0, 0]", STYLE_COLOR, 0, "42,0,0,1.00"},
        {"[\"let\", \"a\", [\"get\", \"count\"], [\"+\", [\"var\", \"a\"], [\"var\", "
         "\"a\"]]]",
         STYLE_NUMBER, 0, "84"},
        {"[\"let\", \"a\", 1, [\"let\", \"a\", 2, [\"var\", \"a\"]]]", STYLE_NUMBER, 0,
         "2"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct style_eval at = {.zoom = cases[i].zoom};
        struct im_error err = {0};
        const struct expr *e =
            compile(f, cases[i].expression, cases[i].expected, false, &err);

        if (!e)
            fail_msg("%s: %s", cases[i].expression, err.msg);
        style_eval_feature(&at, f->layer, 0, GEOM_POINT);
        const char *value = shown(expr_eval(e, &at));
        if (strcmp(value, cases[i].value) != 0)
            fail_msg("%s is %s, not %s", cases[i].expression, value, cases[i].value);
    }
}

TEST(what_does_not_depend_on_zoom_or_feature_is_folded)
{
    static const char *const constant[] = {
        "[\"+\", 1, [\"*\", 2, 3]]", "[\"case\", [\"==\", 1, 1], 4, 5]",
        "[\"match\", \"a\", \"a\", 1, 2]", "[\"concat\", \"a\", \"b\"]"};
    static const char *const open[] = {"[\"+\", 1, [\"get\", \"count\"]]",
                                       "[\"step\", [\"zoom\"], 1, 2, 3]"};
    struct fixture *f = *state;
    struct im_error err;

    for (size_t i = 0; i < 4; i++)
        assert_null(compile(f, constant[i], STYLE_ANY, false, &err)->op);
    for (size_t i = 0; i < 2; i++)
        assert_non_null(compile(f, open[i], STYLE_ANY, false, &err)->op);
    assert_int_equal(compile(f, open[0], STYLE_ANY, false, &err)->depends,
                     EXPR_FEATURE);
    assert_int_equal(compile(f, open[1], STYLE_ANY, false, &err)->depends, EXPR_ZOOM);
}

struct error_case {
    const char *expression;
    enum style_kind expected;
    const char *message;
};

TEST(errors_name_the_path_and_what_is_needed)
{
    static const struct error_case cases[] = {
        {"[\"gett\", \"a\"]", STYLE_ANY,
         "x[0]: Unknown expression \"gett\"; did you mean \"get\"?"},
        {"[1, 2]", STYLE_NUMBER,
         "x[0]: Expression name must be a string, but found number"},
        {"[]", STYLE_NUMBER, "x: Expected an array with at least one element."},
        {"{}", STYLE_NUMBER, "x: Bare objects invalid."},
        {"\"a\"", STYLE_NUMBER, "x: Expected number but found string instead."},
        {"[\"+\", 1, \"a\"]", STYLE_NUMBER, "x[2]: Expected number but found string"},
        {"[\"+\", 1, [\"*\", true, 2]]", STYLE_NUMBER,
         "x[2][1]: Expected number but found boolean"},
        {"\"reed\"", STYLE_COLOR, "x: Could not parse color from value 'reed'"},
        {"[\"match\", [\"get\", \"a\"], \"b\", \"#ff\", \"red\"]", STYLE_COLOR,
         "x[2]: Could not parse color from value '#ff'"},
        {"[\"get\"]", STYLE_ANY,
         "x: Expected arguments of type (string) | (string, object)"},
        {"[\"get\", 1]", STYLE_ANY, "x[1]: Expected string but found number"},
        {"[\"case\", true, 1]", STYLE_ANY, "x: Expected at least 3 arguments"},
        {"[\"case\", 1, 1, 2]", STYLE_ANY, "x[1]: Expected boolean but found number"},
        {"[\"case\", [\"has\", \"a\"], 1, \"b\"]", STYLE_ANY,
         "x[3]: Expected number but found string"},
        {"[\"match\", [\"get\", \"a\"], \"b\", 1, \"b\", 2, 3]", STYLE_ANY,
         "x[4]: Branch labels must be unique."},
        {"[\"match\", [\"get\", \"a\"], \"b\", 1, 4, 2, 3]", STYLE_ANY,
         "x[4]: Expected string but found number"},
        {"[\"interpolate\", [\"spline\"], [\"zoom\"], 0, 1, 2, 3]", STYLE_NUMBER,
         "x[1][0]: Unknown interpolation type spline; known are linear"},
        {"[\"interpolate\", [\"linear\"], [\"zoom\"], 5, 1, 5, 3]", STYLE_NUMBER,
         "x[5]: Input/output pairs for \"interpolate\" expressions must be arranged"},
        {"[\"interpolate\", [\"linear\"], [\"zoom\"], 5, 1, 6]", STYLE_NUMBER,
         "x: Expected an even number of arguments."},
        {"[\"interpolate\", [\"linear\"], [\"zoom\"], 5, \"a\", 6, \"b\"]",
         STYLE_STRING, "x: Type string is not interpolatable."},
        {"[\"==\", 1, \"a\"]", STYLE_BOOL,
         "x: Cannot compare types 'number' and 'string'."},
        {"[\"<\", true, false]", STYLE_BOOL,
         "x[1]: \"<\" comparisons are not supported for type 'boolean'."},
        {"[\"in\", 1, 2]", STYLE_BOOL,
         "x: Expected second argument to be of type array"},
        {"[\"var\", \"a\"]", STYLE_ANY, "x[1]: Unknown variable \"a\"."},
        {"[\"rgb\", 300, 0, 0]", STYLE_COLOR, "x: Invalid rgba value [300, 0, 0]"},
        {"[\"within\", 5]", STYLE_BOOL,
         "x: 'within' expression requires valid geojson"},
        {"[\"collator\", 5]", STYLE_ANY,
         "x: Collator options argument must be an object."},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct im_error err = {0};

        assert_null(compile(f, cases[i].expression, cases[i].expected, false, &err));
        assert_int_equal(err.code, IM_EDATA);
        if (strncmp(err.msg, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].expression, err.msg,
                     cases[i].message);
        assert_true(err.msg_zh[0] != '\0');
    }
}

TEST(filters_of_the_old_form_are_understood)
{
    static const struct {
        const char *filter;
        bool value;
    } cases[] = {
        {"[\"==\", \"level\", \"national\"]", true},
        {"[\"!=\", \"level\", \"national\"]", false},
        {"[\"==\", \"count\", \"42\"]", false},
        {"[\"in\", \"level\", \"city\", \"national\"]", true},
        {"[\"in\", \"level\"]", false},
        {"[\"!in\", \"level\", \"city\", \"national\"]", false},
        {"[\"has\", \"area\"]", true},
        {"[\"!has\", \"none\"]", true},
        {"[\"==\", \"$type\", \"Point\"]", true},
        {"[\"in\", \"$type\", \"LineString\", \"Polygon\"]", false},
        {"[\"==\", \"$id\", 1]", true},
        {"[\"has\", \"$id\"]", true},
        {"[\"<\", \"level\", 5]", false}, /* other types: neither less nor greater */
        {"[\">=\", \"count\", 42]", true},
        {"[\"all\", [\">\", \"count\", 3], [\"<\", \"count\", 50]]", true},
        {"[\"any\", [\">\", \"count\", 50], [\"==\", \"level\", \"x\"]]", false},
        {"[\"none\", [\">\", \"count\", 50], [\"==\", \"level\", \"x\"]]", true},
        {"[\"all\", [\"==\", [\"get\", \"level\"], \"national\"]]", true},
        {"[\"any\"]", false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct style_eval at = {.zoom = 0};
        struct im_error err = {0};
        const struct expr *e = compile(f, cases[i].filter, STYLE_BOOL, true, &err);

        if (!e)
            fail_msg("%s: %s", cases[i].filter, err.msg);
        style_eval_feature(&at, f->layer, 0, GEOM_POINT);
        if (strcmp(shown(expr_eval(e, &at)), cases[i].value ? "true" : "false") != 0)
            fail_msg("%s", cases[i].filter);
    }
}

TEST(nesting_is_bounded)
{
    struct fixture *f = *state;
    struct im_error err = {0};
    char deep[4096];
    size_t n = 0;

    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(deep + n, sizeof deep - n, "[\"!\", ");
    n += (size_t)snprintf(deep + n, sizeof deep - n, "true");
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(deep + n, sizeof deep - n, "]");
    assert_null(compile(f, deep, STYLE_BOOL, false, &err));
    assert_non_null(strstr(err.msg, "nested deeper than 64 levels"));
    assert_null(compile(f, deep, STYLE_BOOL, true, &err));
}

/* `n` lets inside of each other, a1 of a0 and so on. */
static char *nested_lets(const char *value, int n)
{
    char *json = malloc(65536);
    size_t len =
        (size_t)snprintf(json, 65536, "[\"let\", \"a0\", [\"get\", \"count\"], ");

    for (int i = 1; i < n; i++) {
        len += (size_t)snprintf(json + len, 65536 - len, "[\"let\", \"a%d\", ", i);
        for (const char *p = value; *p; p++) {
            if (*p == '$')
                len += (size_t)snprintf(json + len, 65536 - len, "[\"var\", \"a%d\"]",
                                        i - 1);
            else
                json[len++] = *p;
        }
        len += (size_t)snprintf(json + len, 65536 - len, ", ");
    }
    len += (size_t)snprintf(json + len, 65536 - len, "[\"var\", \"a%d\"]", n - 1);
    for (int i = 0; i < n; i++)
        json[len++] = ']';
    json[len] = '\0';
    return json;
}

TEST(a_few_variables_cannot_ask_for_endless_work)
{
    struct fixture *f = *state;
    struct im_error err = {0};
    char *wide = nested_lets("[\"+\", $, $]", 40);
    char *deep = nested_lets("[\"+\", 1, [\"+\", 1, [\"+\", 1, $]]]", 50);

    assert_null(compile(f, wide, STYLE_NUMBER, false, &err));
    assert_non_null(strstr(err.msg, "more than 20000 steps or 128 levels"));
    assert_null(compile(f, deep, STYLE_NUMBER, false, &err));
    assert_non_null(strstr(err.msg, "more than 20000 steps or 128 levels"));
    free(wide);
    free(deep);
}

TEST(zoom_is_found_where_maplibre_refuses_it)
{
    struct fixture *f = *state;
    struct im_error err;

    assert_int_equal(
        expr_zoom_use(compile(f,
                              "[\"interpolate\", [\"linear\"], [\"zoom\"], 0, "
                              "[\"get\", \"area\"], 5, 1]",
                              STYLE_NUMBER, false, &err)),
        EXPR_ZOOM_INTERPOLATE);
    assert_int_equal(
        expr_zoom_use(compile(f, "[\"+\", 1, [\"zoom\"]]", STYLE_NUMBER, false, &err)),
        EXPR_ZOOM_NOT_ON_TOP);
    assert_int_equal(
        expr_zoom_use(compile(
            f, "[\"case\", [\"has\", \"a\"], [\"step\", [\"zoom\"], 1, 2, 3], 4]",
            STYLE_NUMBER, false, &err)),
        EXPR_ZOOM_NOT_ON_TOP);
    assert_int_equal(
        expr_zoom_use(compile(f,
                              "[\"step\", [\"zoom\"], [\"step\", [\"zoom\"], 1, 2, 3], "
                              "2, 3]",
                              STYLE_NUMBER, false, &err)),
        EXPR_ZOOM_TWICE);
}

TEST(a_text_too_long_is_cut_at_a_character)
{
    struct fixture *f = *state;
    struct style_eval at = {.zoom = 0};
    struct im_error err;
    char json[16384] = "[\"concat\"";
    size_t n = strlen(json);

    for (int i = 0; i < 60; i++) {
        n += (size_t)snprintf(json + n, sizeof json - n, ", \"");
        for (int j = 0; j < 30; j++)
            n += (size_t)snprintf(json + n, sizeof json - n, "张");
        n += (size_t)snprintf(json + n, sizeof json - n, "\"");
    }
    snprintf(json + n, sizeof json - n, ", [\"get\", \"level\"]]");
    const struct expr *e = compile(f, json, STYLE_STRING, false, &err);
    assert_non_null(e);
    style_eval_feature(&at, f->layer, 0, GEOM_POINT);
    struct style_value v = expr_eval(e, &at);
    assert_int_equal(v.kind, STYLE_STRING);
    assert_true(v.n > STYLE_TEXT_MAX / 2 && v.n <= STYLE_TEXT_MAX);
    assert_true(at.text_len > STYLE_TEXT_MAX - 3 && at.text_len <= STYLE_TEXT_MAX);
    assert_true(im_utf8_valid(style_bytes(v)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_have_the_values_of_the_specification),
        cmocka_unit_test(what_does_not_depend_on_zoom_or_feature_is_folded),
        cmocka_unit_test(errors_name_the_path_and_what_is_needed),
        cmocka_unit_test(filters_of_the_old_form_are_understood),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_few_variables_cannot_ask_for_endless_work),
        cmocka_unit_test(zoom_is_found_where_maplibre_refuses_it),
        cmocka_unit_test(a_text_too_long_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
