/* SPDX-License-Identifier: Apache-2.0 */
/* Features of answers as JSON: the shape is in ARCHITECTURE.md, "Answers". */
#include "atlas/layer.h"

#include <engine/row_json.h>

#include <math.h>

/* Titles of the values of one coded field. In a column of few different texts those of
 * each are kept once they were written. */
enum { MAX_KEPT = 1024 };
struct titled {
    int field;
    struct im_bytes key; /* `"level":` */
    struct im_bytes *kept;
};

/* What the features of a layer have in common. */
struct feature_form {
    const struct atlas_layer *layer;
    struct row_json *rows;
    struct im_bytes layer_members; /* `{"layer":"a","layer_title":"b","name":` */
    struct titled *titled;
    size_t n_titled;
    struct feature_form *next;
};

struct query_forms {
    struct im_arena *arena;
    struct feature_form *first; /* the last one used */
};

struct query_forms *query_forms_new(struct im_arena *arena)
{
    struct query_forms *forms = arena ? im_arena_calloc(arena, 1, sizeof *forms) : NULL;

    if (forms)
        forms->arena = arena;
    return forms;
}

/* ---- titles ---- */

static const char *
code_title(const struct schema_field *field, struct im_bytes code, enum lang lang)
{
    for (size_t i = 0; i < field->n_codes; i++)
        if (im_bytes_equal(im_bytes_of(field->codes[i].code), code))
            return query_title(field->codes[i].title, lang);
    return NULL;
}

/* The titles of the codes in a value; codes that are not in the list as they are. */
static void write_titles_of(struct im_json *w,
                            const struct schema_field *field,
                            struct im_bytes value,
                            enum lang lang)
{
    struct im_buf text = {.max = 4096};
    size_t start = 0;

    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && !(field->list && value.data[i] == ';'))
            continue;
        struct im_bytes code = {value.data + start, i - start};
        const char *title = code_title(field, code, lang);

        start = i + 1;
        if (code.len == 0)
            continue;
        if (text.len)
            im_buf_text(&text, lang == LANG_ZH ? "、" : ", ");
        if (title)
            im_buf_text(&text, title);
        else
            im_buf_append(&text, code.data, code.len);
    }
    im_json_string(w, im_buf_bytes(&text));
    im_buf_release(&text);
}

/* The JSON of a value's titles, kept for the next row that has it. */
static struct im_bytes keep_titles(const struct schema_field *field,
                                   struct im_bytes value,
                                   enum lang lang,
                                   struct im_arena *arena)
{
    struct im_buf json = {.max = JSON_STRING_ROOM(4096)};
    struct im_json w = {.out = &json};
    char *copy;

    write_titles_of(&w, field, value, lang);
    copy = json.failed ? NULL : im_arena_strdup(arena, im_buf_bytes(&json));
    im_buf_release(&json);
    return copy ? im_bytes_of(copy) : (struct im_bytes){0};
}

static void write_titled(struct im_json *w,
                         const struct feature_form *form,
                         const struct titled *t,
                         uint32_t feature,
                         const struct query_answer_context *c)
{
    const struct schema_field *field = &form->layer->schema->fields[t->field];
    uint32_t code = atlas_code(form->layer, feature, t->field);
    struct im_bytes value = atlas_text(form->layer, feature, t->field);
    char digits[IM_NUMBER_MAX];
    int64_t number;

    if (atlas_is_null(form->layer, feature, t->field))
        return;
    if (atlas_integer(form->layer, feature, t->field, &number))
        value =
            (struct im_bytes){(const uint8_t *)digits, im_format_int64(digits, number)};
    if (t->kept && !t->kept[code].len)
        t->kept[code] = keep_titles(field, value, c->lang, c->forms->arena);
    im_json_raw(w, t->key);
    w->comma = false;
    if (t->kept && t->kept[code].len)
        im_json_raw(w, t->kept[code]);
    else
        write_titles_of(w, field, value, c->lang);
}

/* ---- forms ---- */

static bool is_asked(const char *name, const struct query_answer_context *c)
{
    for (size_t i = 0; i < c->n_fields; i++)
        if (im_bytes_equal(c->fields[i], im_bytes_of(name)))
            return true;
    return c->n_fields == 0;
}

static bool add_titled(struct feature_form *form, int field, struct im_arena *arena)
{
    struct im_bytes name = im_bytes_of(form->layer->schema->fields[field].name);
    uint8_t *key = im_arena_alloc(arena, JSON_STRING_ROOM(name.len) + 1);
    struct titled *t = &form->titled[form->n_titled];
    uint32_t n_codes = atlas_code_count(form->layer, field);
    uint8_t *end;

    if (!key)
        return false;
    end = im_json_put_string(key, name);
    *end++ = ':';
    *t = (struct titled){.field = field, .key = {key, (size_t)(end - key)}};
    if (form->layer->columns[field].type == FIELD_TEXT && n_codes <= MAX_KEPT)
        t->kept = im_arena_calloc(arena, (size_t)n_codes + 1, sizeof *t->kept);
    form->n_titled++;
    return true;
}

static bool add_fields(struct feature_form *form, const struct query_answer_context *c)
{
    const struct layer_schema *schema = form->layer->schema;
    bool fits = true;

    for (size_t i = 0; i < schema->n_fields && fits; i++) {
        const struct schema_field *field = &schema->fields[i];

        if (field->hidden || !is_asked(field->name, c))
            continue;
        /* these two are written already, with the same meaning */
        if (strcmp(field->name, "name") != 0 && strcmp(field->name, "precision") != 0)
            fits = row_json_add(form->rows, (int)i);
        if (fits && field->n_codes)
            fits = add_titled(form, (int)i, c->forms->arena);
    }
    return fits;
}

static bool set_layer_members(struct feature_form *form,
                              const struct query_answer_context *c)
{
    const struct layer_schema *schema = form->layer->schema;
    struct im_buf text = {.max = 4096};
    struct im_json w = {.out = &text};
    char *copy;

    im_json_object(&w);
    im_json_key(&w, "layer");
    im_json_text(&w, schema->id);
    im_json_key(&w, "layer_title");
    im_json_text(&w, query_title(schema->title, c->lang));
    im_json_key(&w, "name");
    copy = text.failed ? NULL : im_arena_strdup(c->forms->arena, im_buf_bytes(&text));
    im_buf_release(&text);
    form->layer_members = im_bytes_of(copy);
    return copy != NULL;
}

static struct feature_form *form_new(const struct atlas_layer *layer,
                                     const struct query_answer_context *c)
{
    struct im_arena *arena = c->forms->arena;
    struct feature_form *form = im_arena_calloc(arena, 1, sizeof *form);

    if (!form)
        return NULL;
    form->layer = layer;
    form->rows = row_json_new(layer, ROW_JSON_PLAIN, arena);
    form->titled =
        im_arena_calloc(arena, layer->schema->n_fields + 1, sizeof *form->titled);
    if (!form->rows || !form->titled || !set_layer_members(form, c) ||
        !add_fields(form, c))
        return NULL;
    return form;
}

/* Rows of several layers come in turns. */
static const struct feature_form *form_of(const struct atlas_layer *layer,
                                          const struct query_answer_context *c)
{
    struct feature_form **at = &c->forms->first;
    struct feature_form *form;

    while (*at && (*at)->layer != layer)
        at = &(*at)->next;
    form = *at;
    if (form)
        *at = form->next;
    else
        form = form_new(layer, c);
    if (form) {
        form->next = c->forms->first;
        c->forms->first = form;
    }
    return form;
}

/* ---- features ---- */

static void write_position(struct im_json *w, double lon, double lat)
{
    im_json_array(w);
    im_json_number(w, lon, 7);
    im_json_number(w, lat, 7);
    im_json_array_end(w);
}

static void write_hit(struct im_json *w, const struct query_hit *hit, enum lang lang)
{
    query_write_distance(w, hit->distance_m, hit->uncertainty_m, lang);
    im_json_key(w, "order_uncertain");
    im_json_bool(w, hit->order_uncertain);
    im_json_key(w, "nearest");
    write_position(w, hit->nearest_lon, hit->nearest_lat);
}

/* Where along a corridor or line, no finer than the position allows. */
static void write_along(struct im_json *w, const struct query_hit *hit)
{
    double uncertainty_m =
        precision_uncertainty_m(query_precision(hit->layer, hit->feature));

    im_json_key(w, "along_m");
    im_json_number(w, query_honest_m(hit->along_m, uncertainty_m), 0);
    im_json_key(w, "off_m");
    im_json_number(w, query_honest_m(hit->off_m, uncertainty_m), 0);
}

static void write_precision(struct im_json *w, enum precision precision)
{
    static const char *const members[] = {[PRECISION_EXACT] = "\"precision\":\"exact\"",
                                          [PRECISION_SITE] = "\"precision\":\"site\"",
                                          [PRECISION_PARK] = "\"precision\":\"park\"",
                                          [PRECISION_TOWN] = "\"precision\":\"town\"",
                                          [PRECISION_DISTRICT] =
                                              "\"precision\":\"district\"",
                                          [PRECISION_CITY] = "\"precision\":\"city\""};

    im_json_raw(w, im_bytes_of(members[precision]));
}

static bool is_unreviewed(const struct atlas_layer *layer, uint32_t feature)
{
    return feature < layer->n_placed &&
           atlas_class(layer, feature) >= ATLAS_CLASSES / 2;
}

static void write_feature(struct im_json *w,
                          const struct feature_form *form,
                          uint32_t feature,
                          const struct query_hit *hit,
                          const struct query_answer_context *context)
{
    const struct atlas_layer *layer = form->layer;
    struct geom g = atlas_geom(layer, feature);

    if (is_unreviewed(layer, feature) && !context->show_geometry_of_unreviewed)
        g = (struct geom){.kind = GEOM_EMPTY};
    row_json_begin(form->rows, feature, &g, 7, w);
    im_json_raw(w, form->layer_members);
    w->comma = false;
    im_json_string(w, query_name(layer, feature, context->lang));
    if (hit && context->request->has_origin)
        write_hit(w, hit, context->lang);
    if (hit && context->request->area &&
        context->request->area->axis.kind != GEOM_EMPTY)
        write_along(w, hit);
    write_precision(w, query_precision(layer, feature));
    row_json_members(form->rows, feature, w);
    im_json_raw(w, im_bytes_of("\"titles\":{"));
    w->comma = false;
    for (size_t i = 0; i < form->n_titled; i++)
        write_titled(w, form, &form->titled[i], feature, context);
    im_json_object_end(w);
    if (context->more)
        context->more(context->more_ctx, w);
    im_json_object_end(w);
    im_json_object_end(w);
}

void query_write_feature(struct im_json *w,
                         const struct atlas_layer *layer,
                         uint32_t feature,
                         const struct query_hit *hit,
                         const struct query_answer_context *context)
{
    const struct feature_form *form;

    form = context->forms ? form_of(layer, context) : NULL;
    if (form)
        write_feature(w, form, feature, hit, context);
    else
        w->out->failed = true; /* without memory */
}
