/* SPDX-License-Identifier: Apache-2.0 */
/* Images that a style names and a sheet of icons lacks. */
#include "style/missing_images.h"

#include <jansson.h>
#include <stdlib.h>

enum { MAX_DEPTH = 64, PATH_BYTES = 128 };

struct search {
    const json_t *sheet;
    const char *sheet_path;
    struct im_arena *arena;
    struct style_problems *problems;
    const char *path; /* of the property */
    unsigned depth;
    bool is_out_of_memory;
};

static const char *printed(struct search *s, const char *format, const char *name)
{
    char text[400];
    int n = snprintf(text, sizeof text, format, name, s->sheet_path);
    const char *copy;

    if (n >= (int)sizeof text)
        text[im_utf8_cut(text, sizeof text - 1)] = '\0';
    copy = im_arena_strdup(s->arena, im_bytes_of(text));
    s->is_out_of_memory |= !copy;
    return copy ? copy : "";
}

static void check_name(struct search *s, const char *name)
{
    struct style_problems *p = s->problems;

    /* "{kind}-15" follows from a field */
    if (!*name || strchr(name, '{') || json_object_get(s->sheet, name))
        return;
    if (p->n >= EXPR_MAX_PROBLEMS) {
        p->more++;
        return;
    }
    p->items[p->n++] = (struct style_problem){
        s->path,
        printed(s, "image \"%.60s\" is not in %.200s; it would not be drawn", name),
        printed(s, "图像“%.60s”不在 %.200s 中，不会绘出", name)};
}

static void check_value(struct search *s, const json_t *value);

/* Of an operator, the arguments that become the value. */
static void check_outputs(struct search *s, const json_t *value)
{
    const char *op = json_string_value(json_array_get(value, 0));
    size_t n = json_array_size(value);
    size_t first = n;
    size_t step = 1;

    if (!op)
        return;
    if (strcmp(op, "image") == 0 || strcmp(op, "coalesce") == 0)
        first = 1;
    else if (strcmp(op, "let") == 0)
        first = n - 1;
    else if (strcmp(op, "case") == 0 || strcmp(op, "step") == 0)
        first = step = 2;
    else if (strcmp(op, "match") == 0) {
        first = 3;
        step = 2;
    }
    for (size_t i = first; i < n; i += step)
        check_value(s, json_array_get(value, i));
    /* what is left when no label and no condition holds */
    if (step == 2 && strcmp(op, "step") != 0 && (n - first) % 2 == 0 && n > first)
        check_value(s, json_array_get(value, n - 1));
}

static void check_value(struct search *s, const json_t *value)
{
    const json_t *stops = json_object_get(value, "stops");

    if (s->depth == MAX_DEPTH)
        return;
    s->depth++;
    if (json_is_string(value))
        check_name(s, json_string_value(value));
    else if (json_is_array(value))
        check_outputs(s, value);
    for (size_t i = 0; i < json_array_size(stops); i++)
        check_value(s, json_array_get(json_array_get(stops, i), 1));
    s->depth--;
}

static void check_layer(struct search *s, const json_t *layer, size_t i)
{
    static const char *const properties[][2] = {{"layout", "icon-image"},
                                                {"paint", "fill-pattern"},
                                                {"paint", "line-pattern"},
                                                {"paint", "background-pattern"}};

    for (size_t k = 0; k < sizeof properties / sizeof *properties; k++) {
        const json_t *value =
            json_object_get(json_object_get(layer, properties[k][0]), properties[k][1]);
        char path[PATH_BYTES];

        if (!value)
            continue;
        snprintf(path, sizeof path, "layers[%zu].%s.%s", i, properties[k][0],
                 properties[k][1]);
        s->path = im_arena_strdup(s->arena, im_bytes_of(path));
        s->is_out_of_memory |= !s->path;
        if (s->path)
            check_value(s, value);
    }
}

static enum im_code read_sheet(const char *path, json_t **out, struct im_error *err)
{
    json_error_t fault;

    *out = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
    if (json_is_object(*out))
        return IM_OK;
    json_decref(*out);
    *out = NULL;
    im_fail(err, IM_EDATA, "--sprites '%.150s' is no sheet of icons: %s", path,
            fault.text[0] ? fault.text : "an object of images is needed");
    return im_zh(err, IM_EDATA, "--sprites “%.150s”不是图标表（应为 JSON 对象）", path);
}

enum im_code style_missing_images(struct im_bytes style,
                                  const char *sheet,
                                  struct im_arena *arena,
                                  struct style_problems *problems,
                                  struct im_error *err)
{
    json_t *images = NULL;
    json_t *root = json_loadb((const char *)style.data, style.len, 0, NULL);
    const json_t *layers = json_object_get(root, "layers");
    struct style_problem *items =
        im_arena_calloc(arena, EXPR_MAX_PROBLEMS, sizeof *items);
    struct search s = {.sheet_path = sheet, .arena = arena, .problems = problems};
    enum im_code rc = read_sheet(sheet, &images, err);

    if (rc == IM_OK && !items)
        rc = im_fail(err, IM_ENOMEM, "out of memory");
    if (rc == IM_OK) {
        if (problems->n)
            memcpy(items, problems->items, problems->n * sizeof *items);
        problems->items = items;
        s.sheet = images;
        for (size_t i = 0; i < json_array_size(layers); i++)
            check_layer(&s, json_array_get(layers, i), i);
        if (s.is_out_of_memory)
            rc = im_fail(err, IM_ENOMEM, "out of memory");
    }
    json_decref(images);
    json_decref(root);
    return rc;
}
