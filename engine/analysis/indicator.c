/* SPDX-License-Identifier: Apache-2.0 */
/* Figures beside the groups of an aggregate: GDP, R&D intensity ... of cities. */
#include "analysis/groups.h"

#include "atlas/layer.h"

#include <math.h>

enum { MAX_NAMED = 12 };

struct columns {
    const struct atlas_layer *layer;
    int indicator;
    int value;
    int unit;
    int year;
    int qualifier;
};

static const char *finish_text(struct im_buf *buf, struct im_arena *arena)
{
    const char *copy = buf->failed ? NULL : im_arena_strdup(arena, im_buf_bytes(buf));

    im_buf_release(buf);
    return copy ? copy : "";
}

static bool find_columns(const struct atlas *atlas, struct columns *c)
{
    c->layer = atlas ? atlas_layer_find(atlas, im_bytes_of("city_indicators")) : NULL;
    if (!c->layer || c->layer->schema->is_internal ||
        c->layer->schema->roles.adcode == SCHEMA_NO_FIELD)
        return false;
    const struct layer_schema *s = c->layer->schema;
    c->indicator = schema_field_index(s, im_bytes_of("indicator"));
    c->value = schema_field_index(s, im_bytes_of("value"));
    c->unit = schema_field_index(s, im_bytes_of("unit"));
    c->year = schema_field_index(s, im_bytes_of("year"));
    c->qualifier = schema_field_index(s, im_bytes_of("qualifier"));
    return c->indicator != SCHEMA_NO_FIELD && c->value != SCHEMA_NO_FIELD;
}

static struct schema_title
code_title(const struct atlas_layer *layer, int field, struct im_bytes code)
{
    const struct schema_field *f;

    if (field == SCHEMA_NO_FIELD)
        return (struct schema_title){"", ""};
    f = &layer->schema->fields[field];
    for (size_t i = 0; i < f->n_codes; i++)
        if (im_bytes_equal(im_bytes_of(f->codes[i].code), code))
            return f->codes[i].title;
    return (struct schema_title){"", ""};
}

/* Among figures of one year an exact one is better than "more than". */
static bool is_better(const struct columns *c, uint32_t a, uint32_t b)
{
    double x = 0;
    double y = 0;
    struct im_bytes exact = im_bytes_of("exact");

    atlas_number(c->layer, a, c->year, &x);
    atlas_number(c->layer, b, c->year, &y);
    if (x != y)
        return x > y;
    bool a_exact = im_bytes_equal(atlas_text(c->layer, a, c->qualifier), exact);
    bool b_exact = im_bytes_equal(atlas_text(c->layer, b, c->qualifier), exact);
    if (a_exact != b_exact)
        return a_exact;
    return atlas_fid(c->layer, a) < atlas_fid(c->layer, b);
}

/* The best row of each group, UINT32_MAX for none; returns how many rows there are of
 * the indicator at all. */
static size_t pick(const struct groups *g, const struct columns *c, uint32_t *best)
{
    size_t n = 0;

    for (uint32_t k = 0; k < group_count(g); k++)
        best[k] = UINT32_MAX;
    for (uint32_t i = 0; i < c->layer->n; i++) {
        uint32_t code;

        if (!im_bytes_equal(atlas_text(c->layer, i, c->indicator),
                            g->request->indicator) ||
            atlas_is_null(c->layer, i, c->value))
            continue;
        n++;
        code = division_today(&g->divisions, division_code_of(c->layer, i));
        for (uint32_t k = 0; code && k < group_count(g); k++)
            if (group_at(g, k)->division == code &&
                (best[k] == UINT32_MAX || is_better(c, i, best[k])))
                best[k] = i;
    }
    return n;
}

static void fill(const struct groups *g,
                 const struct columns *c,
                 uint32_t row,
                 struct aggregate_group *out)
{
    double year = 0;
    const char *qualifier =
        im_arena_strdup(g->arena, atlas_text(c->layer, row, c->qualifier));

    atlas_number(c->layer, row, c->value, &out->indicator);
    if (atlas_number(c->layer, row, c->year, &year))
        out->indicator_year = (int)year;
    out->indicator_qualifier = qualifier && *qualifier ? qualifier : NULL;
}

/* ---- what is missing ---- */

static void say_layer(struct groups *g, struct indicator_note *out)
{
    (void)g;
    out->missing.zh = "缺少图层 city_indicators（城市指标），无法给出指标。";
    out->missing.en =
        "There is no layer city_indicators, so no indicator can be given.";
}

/* The indicators that do have rows. */
static void
say_indicator(struct groups *g, const struct columns *c, struct indicator_note *out)
{
    struct im_bytes asked = g->request->indicator;
    int len = asked.len < 100 ? (int)asked.len : 100;
    struct im_buf list = {.max = 2000};
    struct im_buf zh = {.max = 3000};
    struct im_buf en = {.max = 3000};

    for (uint32_t i = 0; i < atlas_code_count(c->layer, c->indicator); i++) {
        struct im_bytes code = atlas_code_text(c->layer, c->indicator, i);

        im_buf_text(&list, list.len ? ", " : "");
        im_buf_append(&list, code.data, code.len);
    }
    im_buf_byte(&list, 0);
    const char *codes = list.failed ? "" : (const char *)list.data;
    im_buf_printf(&zh, "图层 city_indicators 中没有指标“%.*s”；现有：%s。", len,
                  (const char *)asked.data, codes);
    im_buf_printf(&en, "Layer city_indicators has no indicator '%.*s'; there are: %s.",
                  len, (const char *)asked.data, codes);
    im_buf_release(&list);
    out->missing.zh = finish_text(&zh, g->arena);
    out->missing.en = finish_text(&en, g->arena);
}

static void name_lacking(const struct groups *g,
                         const uint32_t *best,
                         enum lang lang,
                         struct im_buf *out)
{
    size_t n = 0;

    for (uint32_t k = 0; k < group_count(g); k++) {
        if (best[k] != UINT32_MAX)
            continue;
        if (n < MAX_NAMED) {
            im_buf_text(out, n ? (lang == LANG_EN ? ", " : "、") : "");
            im_buf_text(out, query_title(group_at(g, k)->answer.title, lang));
        } else if (n == MAX_NAMED) {
            im_buf_text(out, lang == LANG_EN ? " and others" : " 等");
        }
        n++;
    }
}

static void
say_groups(struct groups *g, const uint32_t *best, struct indicator_note *out)
{
    size_t lacking = 0;
    struct im_buf zh = {.max = 4000};
    struct im_buf en = {.max = 4000};

    for (uint32_t k = 0; k < group_count(g); k++)
        lacking += best[k] == UINT32_MAX;
    if (lacking == 0)
        return;
    im_buf_printf(&zh, "%zu 个分组在 city_indicators 中没有“%s”：", lacking,
                  out->title.zh);
    im_buf_printf(&en, "%zu groups have no '%s' in city_indicators: ", lacking,
                  query_title(out->title, LANG_EN));
    name_lacking(g, best, LANG_ZH, &zh);
    name_lacking(g, best, LANG_EN, &en);
    im_buf_text(&zh, "。");
    im_buf_text(&en, ".");
    out->missing.zh = finish_text(&zh, g->arena);
    out->missing.en = finish_text(&en, g->arena);
}

enum im_code
indicators_add(struct groups *g, struct indicator_note *out, struct im_error *err)
{
    struct columns c = {0};
    uint32_t n = group_count(g);
    uint32_t *best = im_arena_calloc(g->arena, (size_t)n + 1, sizeof *best);

    *out = (struct indicator_note){{"", ""}, {"", ""}, {"", ""}};
    if (!best)
        return im_fail(err, IM_ENOMEM, "aggregate: out of memory");
    if (!find_columns(g->request->rows->atlas, &c)) {
        say_layer(g, out);
        return IM_OK;
    }
    if (pick(g, &c, best) == 0) {
        say_indicator(g, &c, out);
        return IM_OK;
    }
    out->title = code_title(c.layer, c.indicator, g->request->indicator);
    for (uint32_t k = 0; k < n; k++) {
        if (best[k] == UINT32_MAX)
            continue;
        fill(g, &c, best[k], &group_at(g, k)->answer);
        if (!*out->unit.zh)
            out->unit =
                code_title(c.layer, c.unit, atlas_text(c.layer, best[k], c.unit));
    }
    say_groups(g, best, out);
    return IM_OK;
}
