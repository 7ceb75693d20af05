/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the map that people name: divisions, outlines, corridors, the way from
 * one place to another. */
#include "atlas/layer.h"
#include "geom/bound.h"
#include "geom/check.h"
#include "query/division.h"
#include "query/geodesic_line.h"

#include <engine/text.h>

#include <math.h>
#include <stdlib.h>

enum { MAX_NAME_BYTES = 200, MAX_MEMBERS = 5000, MAX_NAMED = 12, MAX_EXACT = 12 };
/* Half the way round the Earth. */
#define MAX_MARGIN_M 20100000.0

static enum im_code no_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "area: out of memory");
}

static enum im_code check_margin(double margin_m, struct im_error *err)
{
    if (margin_m >= 0 && margin_m <= MAX_MARGIN_M)
        return IM_OK;
    im_fail(err, IM_EARG, "half width is %.10g m, allowed: 0 to 20100000 m", margin_m);
    return im_zh(err, IM_EARG, "半宽为 %.10g 米，应为 0 到 20100000 米", margin_m);
}

/* ---- texts ---- */

static const char *copy_text(struct im_buf *buf, struct im_arena *arena)
{
    const char *copy = buf->failed ? NULL : im_arena_strdup(arena, im_buf_bytes(buf));

    im_buf_release(buf);
    return copy ? copy : "";
}

static struct schema_title
name_of(const struct atlas_layer *layer, uint32_t feature, struct im_arena *arena)
{
    const char *zh = im_arena_strdup(arena, query_name(layer, feature, LANG_ZH));
    const char *en = im_arena_strdup(arena, query_name(layer, feature, LANG_EN));

    return (struct schema_title){zh ? zh : "", en ? en : ""};
}

/* ---- names of corridors ---- */

static bool folds_to(const char *text, struct im_bytes folded)
{
    struct im_buf buf = {.max = 4096};
    bool same;

    text_fold(im_bytes_of(text), &buf);
    same = !buf.failed && im_bytes_equal(im_buf_bytes(&buf), folded);
    im_buf_release(&buf);
    return same;
}

/* Its rows are members: areas that are not simply all divisions there are. */
static bool is_corridor(const struct atlas_layer *layer)
{
    const struct layer_schema *s = layer->schema;

    return s->group == SCHEMA_AREAS && !s->is_internal && s->geometry != SCHEMA_NONE &&
           !schema_is_outlines(s);
}

static bool is_called(const struct layer_schema *s, struct im_bytes folded)
{
    if (folds_to(s->id, folded) || folds_to(s->title.zh, folded) ||
        folds_to(s->title.en, folded))
        return true;
    for (size_t i = 0; s->synonyms[i]; i++)
        if (folds_to(s->synonyms[i], folded))
            return true;
    return false;
}

/* By id, title or synonym; NULL: none is called so. */
static const struct atlas_layer *find_corridor(const struct atlas *atlas,
                                               struct im_bytes name)
{
    const struct atlas_layer *found = atlas_layer_find(atlas, name);
    struct im_buf folded = {.max = 16 * MAX_NAME_BYTES};

    if (found && is_corridor(found))
        return found;
    found = NULL;
    if (name.len <= MAX_NAME_BYTES)
        text_fold(name, &folded);
    for (size_t i = 0; folded.len && !found && i < atlas_layer_count(atlas); i++) {
        const struct atlas_layer *layer = atlas_layer_at(atlas, i);

        if (is_corridor(layer) && is_called(layer->schema, im_buf_bytes(&folded)))
            found = layer;
    }
    im_buf_release(&folded);
    return found;
}

static enum im_code
no_corridor(const struct atlas *atlas, struct im_bytes id, struct im_error *err)
{
    struct im_buf zh = {.max = 200};
    struct im_buf en = {.max = 200};

    for (size_t i = 0; i < atlas_layer_count(atlas); i++) {
        const struct layer_schema *s = atlas_layer_at(atlas, i)->schema;

        if (!is_corridor(atlas_layer_at(atlas, i)))
            continue;
        im_buf_printf(&zh, "%s%s", zh.len ? "、" : "", s->id);
        im_buf_printf(&en, "%s%s", en.len ? ", " : "", s->id);
    }
    im_fail(err, IM_ENOTFOUND, "there is no corridor '%.*s'; there are: %.*s",
            (int)(id.len < MAX_NAME_BYTES ? id.len : MAX_NAME_BYTES),
            (const char *)id.data, en.len ? (int)en.len : 4,
            en.len ? (const char *)en.data : "none");
    im_zh(err, IM_ENOTFOUND, "没有走廊“%.*s”；现有：%.*s",
          (int)(id.len < MAX_NAME_BYTES ? id.len : MAX_NAME_BYTES),
          (const char *)id.data, zh.len ? (int)zh.len : 3,
          zh.len ? (const char *)zh.data : "无");
    im_buf_release(&zh);
    im_buf_release(&en);
    return IM_ENOTFOUND;
}

/* ---- members ---- */

struct member {
    uint32_t feature;
    int64_t fid;
    struct geom geom; /* of an outline or drawn shape; EMPTY: only its code counts */
    struct im_bytes adcode;
    double lon; /* the seat, else the middle of the geometry; NaN unknown */
    double lat;
    double order; /* along the line between the two farthest */
};

struct members {
    struct member *of;
    size_t n;
    enum geom_kind kind; /* of the shapes; EMPTY: no member has one */
};

static int by_fid(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;

    return (x->fid > y->fid) - (x->fid < y->fid);
}

/* A row may stand in a corridor's list without being counted as a member. */
bool query_area_is_member(const struct atlas_layer *layer, uint32_t feature)
{
    int role = schema_field_index(layer->schema, im_bytes_of("role"));

    return !im_bytes_equal(atlas_text(layer, feature, role), im_bytes_of("office"));
}

static void locate(struct member *m, const struct division_index *divisions)
{
    uint32_t code = division_today(divisions, division_code(m->adcode));
    uint32_t seat;
    struct geom g = m->geom;

    m->lon = m->lat = (double)NAN;
    if (code && division_find(divisions->divisions, code, &seat)) {
        struct geom at = atlas_geom(divisions->divisions, seat);

        if (at.n_points)
            g = at;
    }
    geom_middle(&g, &m->lon, &m->lat);
}

/* A member shown as its seat has no shape: what counts is its code. */
static struct member member_of(const struct atlas_layer *layer,
                               uint32_t feature,
                               const struct division_index *divisions)
{
    struct member m = {.feature = feature, .fid = atlas_fid(layer, feature)};
    struct geom g = atlas_geom(layer, feature);

    m.adcode = atlas_text(layer, feature, layer->schema->roles.adcode);
    if (!division_shown(divisions, layer, feature))
        m.adcode.len = 0;
    m.geom = g;
    locate(&m, divisions);
    if (g.kind == GEOM_POINT)
        m.geom = (struct geom){.kind = GEOM_EMPTY};
    return m;
}

static enum im_code collect(const struct atlas_layer *layer,
                            const struct division_index *divisions,
                            struct im_arena *arena,
                            struct members *out,
                            struct im_error *err)
{
    struct members found = {0};

    if (layer->n > MAX_MEMBERS) {
        im_fail(err, IM_ELIMIT, "layer '%s' has %u rows, a corridor at most %d",
                layer->schema->id, layer->n, MAX_MEMBERS);
        return im_zh(err, IM_ELIMIT, "图层 %s 有 %u 行，走廊成员最多 %d 个",
                     layer->schema->id, layer->n, MAX_MEMBERS);
    }
    found.of = im_arena_calloc(arena, (size_t)layer->n + 1, sizeof *found.of);
    if (!found.of)
        return no_memory(err);
    for (uint32_t i = 0; i < layer->n; i++) {
        if (!query_area_is_member(layer, i))
            continue;
        struct member m = member_of(layer, i, divisions);
        if (m.geom.kind > found.kind) /* areas before lines */
            found.kind = m.geom.kind;
        found.of[found.n++] = m;
    }
    qsort(found.of, found.n, sizeof *found.of, by_fid);
    *out = found;
    return IM_OK;
}

/* ---- one shape of all members ---- */

struct shape_parts {
    double *lonlat;
    uint32_t *part_end;
    uint32_t *area_end;
    struct geom geom;
};

static void append(struct shape_parts *s, const struct geom *g)
{
    struct geom *to = &s->geom;

    memcpy(s->lonlat + 2 * (size_t)to->n_points, g->lonlat,
           2 * (size_t)g->n_points * sizeof *g->lonlat);
    for (uint32_t i = 0; i < g->n_parts; i++)
        s->part_end[to->n_parts + i] = to->n_points + g->part_end[i];
    for (uint32_t i = 0; i < g->n_areas; i++)
        s->area_end[to->n_areas + i] = to->n_parts + g->area_end[i];
    to->n_points += g->n_points;
    to->n_parts += g->n_parts;
    to->n_areas += g->n_areas;
}

static bool
merge(const struct members *members, struct im_arena *arena, struct geom *out)
{
    struct shape_parts s = {.geom = {.kind = members->kind}};
    size_t points = 0;
    size_t parts = 0;
    size_t areas = 0;

    for (size_t i = 0; i < members->n; i++) {
        const struct geom *g = &members->of[i].geom;

        if (g->kind != members->kind)
            continue;
        points += g->n_points;
        parts += g->n_parts;
        areas += g->n_areas;
    }
    if (points > UINT32_MAX || members->kind == GEOM_EMPTY)
        return members->kind == GEOM_EMPTY;
    s.lonlat = im_arena_calloc(arena, points + 1, 2 * sizeof *s.lonlat);
    s.part_end = im_arena_calloc(arena, parts + 1, sizeof *s.part_end);
    s.area_end = im_arena_calloc(arena, areas + 1, sizeof *s.area_end);
    if (!s.lonlat || !s.part_end || !s.area_end)
        return false;
    for (size_t i = 0; i < members->n; i++)
        if (members->of[i].geom.kind == members->kind)
            append(&s, &members->of[i].geom);
    s.geom.lonlat = s.lonlat;
    s.geom.part_end = s.part_end;
    s.geom.area_end = areas ? s.area_end : NULL;
    *out = s.geom;
    return true;
}

/* ---- the axis ---- */

static int by_order(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;

    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return by_fid(a, b);
}

/* The two seats that are farthest from each other; the one whose row comes first
 * begins. Quadratic in the members: only the first few hundred are looked at. */
static bool farthest(const struct member *m,
                     size_t n,
                     const struct member **a,
                     const struct member **b)
{
    double most = 0;

    n = n > 500 ? 500 : n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            double metres = geodesic_distance_m(m[i].lon, m[i].lat, m[k].lon, m[k].lat);

            if (metres > most) {
                most = metres;
                *a = &m[i];
                *b = &m[k];
            }
        }
    return most > 0;
}

/* Many members: in the order in which they lie along the line between the two
 * farthest. */
static void order_by_line(struct member *m, size_t n)
{
    const struct member *a = NULL;
    const struct member *b = NULL;

    if (!farthest(m, n, &a, &b))
        return;
    double scale = cos((a->lat + b->lat) / 2 * BOUND_RAD_PER_DEG);
    double dx = (b->lon - a->lon) * scale;
    double dy = b->lat - a->lat;
    double x0 = a->lon;
    for (size_t i = 0; i < n; i++)
        m[i].order = (m[i].lon - x0) * scale * dx + m[i].lat * dy;
    qsort(m, n, sizeof *m, by_order);
}

/* The shortest ways through sets of seats, by Held and Karp (1962): `m[set][last]` is
 * the length of the shortest that visits the set and ends in `last`. */
struct ways {
    double between[MAX_EXACT][MAX_EXACT];
    double m[1 << MAX_EXACT][MAX_EXACT];
    uint8_t before[1 << MAX_EXACT][MAX_EXACT];
};

static void extend_ways(struct ways *w, size_t n, unsigned set)
{
    for (size_t last = 0; last < n; last++)
        for (size_t next = 0; (set >> last & 1) && next < n; next++) {
            unsigned with = set | 1u << next;
            double metres = w->m[set][last] + w->between[last][next];

            if ((set >> next & 1) || !(metres < w->m[with][next]))
                continue;
            w->m[with][next] = metres;
            w->before[with][next] = (uint8_t)last;
        }
}

/* The shortest way through all of them. Of its two ends the one whose row comes first
 * begins. */
static void order_by_way(struct member *m, size_t n, struct ways *w)
{
    struct member sorted[MAX_EXACT];
    unsigned all = (1u << n) - 1;
    size_t last = 0;

    for (unsigned set = 0; set <= all; set++)
        for (size_t i = 0; i < n; i++)
            w->m[set][i] = set == 1u << i ? 0 : HUGE_VAL;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            w->between[i][k] =
                geodesic_distance_m(m[i].lon, m[i].lat, m[k].lon, m[k].lat);
    for (unsigned set = 1; set <= all; set++)
        extend_ways(w, n, set);
    for (size_t i = 1; i < n; i++)
        if (w->m[all][i] < w->m[all][last])
            last = i;
    for (size_t i = n; i-- > 0;) {
        size_t before = w->before[all][last];

        sorted[i] = m[last];
        all &= ~(1u << last);
        last = before;
    }
    bool is_turned = sorted[0].fid > sorted[n - 1].fid;
    for (size_t i = 0; i < n; i++)
        m[i] = sorted[is_turned ? n - 1 - i : i];
}

/* A way from seat to seat that does not zigzag. */
static bool
make_axis(const struct members *members, struct im_arena *arena, struct geom *out)
{
    struct member *m = im_arena_calloc(arena, members->n + 1, sizeof *m);
    double *seats = im_arena_calloc(arena, members->n + 1, 2 * sizeof *seats);
    struct ways *ways = NULL;
    size_t n = 0;

    if (!m || !seats)
        return false;
    for (size_t i = 0; i < members->n; i++)
        if (!isnan(members->of[i].lon))
            m[n++] = members->of[i];
    if (n > 2 && n <= MAX_EXACT) {
        ways = malloc(sizeof *ways);
        if (!ways)
            return false;
        order_by_way(m, n, ways);
        free(ways);
    } else {
        order_by_line(m, n);
    }
    for (size_t i = 0; i < n; i++) {
        seats[2 * i] = m[i].lon;
        seats[2 * i + 1] = m[i].lat;
    }
    return geodesic_line(seats, n, arena, out);
}

/* ---- what has to be said ---- */

/* Members that have no outline: they take part by their code. */
static void say_missing(const struct atlas_layer *layer,
                        const struct members *members,
                        enum lang lang,
                        struct im_buf *text)
{
    size_t n = 0;

    for (size_t i = 0; i < members->n; i++) {
        struct im_bytes name = query_name(layer, members->of[i].feature, lang);

        if (members->of[i].geom.kind != GEOM_EMPTY)
            continue;
        if (n == MAX_NAMED)
            im_buf_text(text, lang == LANG_EN ? " and others" : "等");
        else if (n < MAX_NAMED) {
            im_buf_text(text, n ? (lang == LANG_EN ? ", " : "、") : "");
            im_buf_append(text, name.data, name.len);
        }
        n++;
    }
    if (n && lang == LANG_ZH)
        im_buf_text(text, "没有轮廓数据，只按行政区划代码计入。");
    else if (n)
        im_buf_text(text, ": no outline in the data, counted by division code only. ");
}

static const char *corridor_note(const struct atlas_layer *layer,
                                 const struct query_area *area,
                                 const struct members *members,
                                 enum lang lang,
                                 struct im_arena *arena)
{
    struct im_buf text = {.max = 2000};
    const char *title = query_title(layer->schema->title, lang);
    bool has_axis = area->axis.n_points > 0;

    if (members->kind == GEOM_LINE)
        return "";
    if (lang == LANG_ZH)
        im_buf_printf(
            &text, "“%s”的公路或铁路线位不在数据中：距离从成员范围边缘量起%s。", title,
            has_axis ? "，沿线里程按成员驻地依次相连的大地线（示意轴线）量取" : "");
    else
        im_buf_printf(
            &text,
            "The road or railway line of '%s' is not in the data: distances are from "
            "the edge of the members' area%s. ",
            title,
            has_axis ? ", and along a schematic axis, the geodesic from seat to seat"
                     : "");
    say_missing(layer, members, lang, &text);
    return copy_text(&text, arena);
}

/* ---- corridors ---- */

static bool set_codes(struct query_area *area,
                      const struct members *members,
                      struct im_arena *arena)
{
    struct im_bytes *codes = im_arena_calloc(arena, members->n + 1, sizeof *codes);

    if (!codes)
        return false;
    for (size_t i = 0; i < members->n; i++)
        if (members->of[i].adcode.len)
            codes[area->n_adcodes++] = members->of[i].adcode;
    area->adcodes = codes;
    return true;
}

static enum im_code area_of_members(const struct atlas *atlas,
                                    const struct atlas_layer *layer,
                                    double half_width_m,
                                    struct im_arena *arena,
                                    struct query_area *out,
                                    struct im_error *err)
{
    struct query_area area = {.margin_m = half_width_m,
                              .uncertainty_m = QUERY_OUTLINE_UNCERTAINTY_M,
                              .atlas = atlas,
                              .title = layer->schema->title,
                              .note = {"", ""}};
    struct division_index divisions;
    struct members members = {0};
    enum im_code rc = division_index_init(&divisions, atlas, arena, err);

    if (rc == IM_OK)
        rc = collect(layer, &divisions, arena, &members, err);
    if (rc != IM_OK)
        return rc;
    if (!merge(&members, arena, &area.shape) || !set_codes(&area, &members, arena))
        return no_memory(err);
    area.kind = members.kind == GEOM_LINE ? QUERY_ALONG
                : area.n_adcodes          ? QUERY_IN_DIVISIONS
                                          : QUERY_IN_SHAPE;
    if (members.kind == GEOM_LINE)
        area.axis = area.shape;
    else if (!make_axis(&members, arena, &area.axis))
        return no_memory(err);
    area.note.zh = corridor_note(layer, &area, &members, LANG_ZH, arena);
    area.note.en = corridor_note(layer, &area, &members, LANG_EN, arena);
    *out = area;
    return IM_OK;
}

enum im_code query_area_corridor(const struct atlas *atlas,
                                 struct im_bytes layer_id,
                                 double half_width_m,
                                 struct im_arena *arena,
                                 struct query_area *out,
                                 struct im_error *err)
{
    const struct atlas_layer *layer = find_corridor(atlas, layer_id);
    enum im_code rc = check_margin(half_width_m, err);

    if (rc != IM_OK)
        return rc;
    if (!layer)
        return no_corridor(atlas, layer_id, err);
    return area_of_members(atlas, layer, half_width_m, arena, out, err);
}

/* ---- areas by name ---- */

static enum im_code is_a_point(const struct query_place *p, struct im_error *err)
{
    struct im_bytes zh = query_name(p->layer, p->feature, LANG_ZH);
    struct im_bytes en = query_name(p->layer, p->feature, LANG_EN);

    im_fail(err, IM_EARG,
            "'%.*s' is known as a point, not as an area; ask near it with a distance "
            "(radius_km)",
            (int)en.len, (const char *)en.data);
    return im_zh(err, IM_EARG,
                 "“%.*s”只有点位，没有范围；请用 near 加距离（radius_km）", (int)zh.len,
                 (const char *)zh.data);
}

static void say_no_outline(struct query_area *area, struct im_arena *arena)
{
    struct im_buf zh = {.max = 600};
    struct im_buf en = {.max = 600};

    im_buf_printf(&zh, "%s没有轮廓数据，只按行政区划代码判断。", area->title.zh);
    im_buf_printf(
        &en,
        "There is no outline of %s in the data: rows belong by their division code.",
        query_title(area->title, LANG_EN));
    area->note.zh = copy_text(&zh, arena);
    area->note.en = copy_text(&en, arena);
}

/* The division a place is: by its code; else 0. */
static uint32_t division_named(const struct atlas *atlas, const struct query_place *p)
{
    if (p->layer != division_layer(atlas) && !schema_is_outlines(p->layer->schema))
        return 0;
    return division_code_of(p->layer, p->feature);
}

static enum im_code area_of_place(const struct atlas *atlas,
                                  const struct query_place *p,
                                  struct im_arena *arena,
                                  struct query_area *out,
                                  struct im_error *err)
{
    struct query_area area = {.atlas = atlas,
                              .uncertainty_m = QUERY_OUTLINE_UNCERTAINTY_M,
                              .title = name_of(p->layer, p->feature, arena),
                              .note = {"", ""}};
    const struct atlas_layer *outlines = p->outline_layer;
    uint32_t outline = p->outline;

    division_outline(atlas, division_named(atlas, p), &outlines, &outline);
    if (outlines)
        area.shape = atlas_geom(outlines, outline);
    if (area.shape.kind == GEOM_LINE)
        area.shape = (struct geom){.kind = GEOM_EMPTY};
    if (division_named(atlas, p)) {
        struct im_bytes *code = im_arena_calloc(arena, 1, sizeof *code);

        if (!code)
            return no_memory(err);
        *code = atlas_text(p->layer, p->feature, p->layer->schema->roles.adcode);
        area.kind = QUERY_IN_DIVISIONS;
        area.adcodes = code;
        area.n_adcodes = 1;
        if (area.shape.kind == GEOM_EMPTY)
            say_no_outline(&area, arena);
    } else if (area.shape.kind == GEOM_AREA) {
        area.kind = QUERY_IN_SHAPE;
    } else {
        return is_a_point(p, err);
    }
    *out = area;
    return IM_OK;
}

enum im_code query_area_named(const struct atlas *atlas,
                              struct im_bytes name,
                              struct im_arena *arena,
                              struct query_area *out,
                              struct query_places *places,
                              struct im_error *err)
{
    const struct atlas_layer *corridor = find_corridor(atlas, name);
    enum im_code rc;

    *places = (struct query_places){0};
    if (corridor)
        return area_of_members(atlas, corridor, 0, arena, out, err);
    rc = query_find_place(atlas, name, arena, places, err);
    if (rc != IM_OK || places->ambiguous)
        return rc;
    return area_of_place(atlas, &places->places[0], arena, out, err);
}

/* ---- from one place to another ---- */

/* Of a division the seat is meant, which is known to some kilometres. */
static double end_uncertainty_m(const struct query_place *p)
{
    return p->outline_layer || p->precision >= PRECISION_DISTRICT
               ? precision_uncertainty_m(PRECISION_TOWN)
               : precision_uncertainty_m(p->precision);
}

static void name_way(const struct query_place *from,
                     const struct query_place *to,
                     struct im_arena *arena,
                     struct query_area *area)
{
    struct schema_title a = name_of(from->layer, from->feature, arena);
    struct schema_title b = name_of(to->layer, to->feature, arena);
    struct im_buf zh = {.max = 2000};
    struct im_buf en = {.max = 2000};

    im_buf_printf(&zh, "%s至%s", query_title(a, LANG_ZH), query_title(b, LANG_ZH));
    im_buf_printf(&en, "%s to %s", query_title(a, LANG_EN), query_title(b, LANG_EN));
    area->title.zh = copy_text(&zh, arena);
    area->title.en = copy_text(&en, arena);
    area->note.zh =
        "沿两地之间的直线（大地线，行政区取驻地）量取；数据中没有公路和铁路线位。";
    area->note.en = "Along the straight line (geodesic) between the two places, "
                    "divisions taken at their seats; roads and railways are not in the "
                    "data.";
}

enum im_code query_area_between(const struct query_place *from,
                                const struct query_place *to,
                                double half_width_m,
                                struct im_arena *arena,
                                struct query_area *out,
                                struct im_error *err)
{
    double ends[4] = {from->lon, from->lat, to->lon, to->lat};
    struct query_area area = {.kind = QUERY_ALONG, .margin_m = half_width_m};
    enum im_code rc = check_margin(half_width_m, err);

    if (rc != IM_OK)
        return rc;
    if (isnan(from->lon) || isnan(to->lon)) {
        const char *which = isnan(from->lon) ? "from" : "to";

        im_fail(err, IM_EARG, "the place of '%s' has no position; name another nearby",
                which);
        return im_zh(err, IM_EARG, "%s 的地点没有坐标；请改用附近的地点", which);
    }
    if (from->lon == to->lon && from->lat == to->lat) {
        im_fail(err, IM_EARG, "'from' and 'to' are the same position");
        return im_zh(err, IM_EARG, "起点与终点是同一位置");
    }
    if (!geodesic_line(ends, 2, arena, &area.shape))
        return no_memory(err);
    area.axis = area.shape;
    area.uncertainty_m = fmax(end_uncertainty_m(from), end_uncertainty_m(to));
    name_way(from, to, arena, &area);
    *out = area;
    return IM_OK;
}
