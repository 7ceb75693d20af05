/* SPDX-License-Identifier: Apache-2.0 */
/* Flows between divisions: enclaves from where they come to where they lie. */
#include "query/division.h"

#include "atlas/layer.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_BYTES = 1 << 28 };

struct trip {
    uint32_t origin; /* codes at the level asked for */
    uint32_t host;
    uint32_t feature;
};

/* Trips of one origin and host: a run of the sorted trips. */
struct run {
    uint32_t origin;
    uint32_t host;
    size_t first;
    size_t n;
    size_t n_back; /* of the opposite direction */
};

struct flows {
    const struct flows_request *request;
    const struct atlas_layer *layer;
    struct im_arena *arena;
    struct division_index divisions;
    int origin_field;
    int host_field;
    uint32_t origin; /* asked for; 0: any */
    uint32_t host;
    struct im_buf trips;
    struct im_buf runs;
    struct flows_answer answer;
};

/* ---- the request ---- */

static enum im_code
read_code(const char *name, struct im_bytes text, uint32_t *out, struct im_error *err)
{
    *out = text.len ? division_code(text) : 0;
    if (text.len == 0 || *out)
        return IM_OK;
    int len = text.len < 100 ? (int)text.len : 100;
    im_fail(err, IM_EARG, "%s is '%.*s', allowed: a division code of six digits", name,
            len, (const char *)text.data);
    return im_zh(err, IM_EARG, "%s 为“%.*s”，应为六位行政区划代码", name, len,
                 (const char *)text.data);
}

static enum im_code check(struct flows *f, struct im_error *err)
{
    const struct query_request *rows = f->request->rows;
    enum im_code rc;

    if (rows->n_layers != 1) {
        im_fail(err, IM_EARG, "layers is %zu, allowed: one layer of flows",
                rows->n_layers);
        return im_zh(err, IM_EARG, "图层数为 %zu，应为一个流向图层", rows->n_layers);
    }
    f->layer = rows->layers[0];
    f->origin_field =
        schema_field_index(f->layer->schema, im_bytes_of("origin_adcode"));
    f->host_field = schema_field_index(f->layer->schema, im_bytes_of("host_adcode"));
    if (f->origin_field == SCHEMA_NO_FIELD || f->host_field == SCHEMA_NO_FIELD) {
        im_fail(err, IM_EARG,
                "layer '%s' has no fields origin_adcode and host_adcode: ask a layer "
                "of enclaves",
                f->layer->schema->id);
        return im_zh(err, IM_EARG,
                     "图层 %s 没有 origin_adcode 和 host_adcode 字段，请使用飞地图层",
                     f->layer->schema->id);
    }
    if (f->request->level == DIVISION_DISTRICT) {
        im_fail(err, IM_EARG, "level is 'district', allowed: city, province");
        return im_zh(err, IM_EARG, "level 为 district，应为 city 或 province");
    }
    rc = read_code("origin", f->request->origin, &f->origin, err);
    return rc == IM_OK ? read_code("host", f->request->host, &f->host, err) : rc;
}

/* ---- rows ---- */

static bool visit(void *ctx, uint32_t feature)
{
    struct flows *f = ctx;
    uint32_t origin = division_code(atlas_text(f->layer, feature, f->origin_field));
    uint32_t host = division_code(atlas_text(f->layer, feature, f->host_field));
    struct trip trip = {.feature = feature};

    if ((f->origin && !division_covers(&f->divisions, f->origin, origin)) ||
        (f->host && !division_covers(&f->divisions, f->host, host)))
        return true;
    trip.origin = origin ? division_up(&f->divisions, origin, f->request->level) : 0;
    trip.host = host ? division_up(&f->divisions, host, f->request->level) : 0;
    if (!trip.origin || !trip.host) {
        f->answer.n_unknown++;
        return true;
    }
    if (f->request->outside_only && trip.origin == trip.host)
        return true;
    im_buf_append(&f->trips, &trip, sizeof trip);
    return !f->trips.failed;
}

static int compare_trips(const void *a, const void *b)
{
    const struct trip *x = a;
    const struct trip *y = b;

    if (x->origin != y->origin)
        return x->origin < y->origin ? -1 : 1;
    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    return (x->feature > y->feature) - (x->feature < y->feature);
}

static void cut_runs(struct flows *f)
{
    struct trip *trips = (struct trip *)(void *)f->trips.data;
    size_t n = f->trips.len / sizeof *trips;

    if (n)
        qsort(trips, n, sizeof *trips, compare_trips);
    for (size_t i = 0; i < n;) {
        struct run run = {trips[i].origin, trips[i].host, i, 0, 0};

        while (i < n && trips[i].origin == run.origin && trips[i].host == run.host)
            i++;
        run.n = i - run.first;
        im_buf_append(&f->runs, &run, sizeof run);
    }
}

/* ---- order ---- */

static int compare_codes(const void *a, const void *b)
{
    const struct run *x = a;
    const struct run *y = b;

    if (x->origin != y->origin)
        return x->origin < y->origin ? -1 : 1;
    return (x->host > y->host) - (x->host < y->host);
}

static int by_count(const void *a, const void *b)
{
    const struct run *x = a;
    const struct run *y = b;

    return x->n != y->n ? (x->n > y->n ? -1 : 1) : compare_codes(a, b);
}

/* Both directions of a pair next to each other, the pairs with the most first. */
static int by_pair(const void *a, const void *b)
{
    const struct run *x = a;
    const struct run *y = b;
    struct run p = {.origin = x->origin < x->host ? x->origin : x->host,
                    .host = x->origin < x->host ? x->host : x->origin};
    struct run q = {.origin = y->origin < y->host ? y->origin : y->host,
                    .host = y->origin < y->host ? y->host : y->origin};
    size_t n = x->n + x->n_back;
    size_t m = y->n + y->n_back;

    if (n != m)
        return n > m ? -1 : 1;
    int order = compare_codes(&p, &q);
    return order ? order : by_count(a, b);
}

/* Keep what goes both ways; a flow inside of one division is no exchange. */
static void keep_mutual(struct flows *f)
{
    struct run *runs = (struct run *)(void *)f->runs.data;
    size_t n = f->runs.len / sizeof *runs;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        struct run back = {.origin = runs[i].host, .host = runs[i].origin};
        const struct run *found = bsearch(&back, runs, n, sizeof *runs, compare_codes);

        runs[i].n_back = found && runs[i].origin != runs[i].host ? found->n : 0;
    }
    for (size_t i = 0; i < n; i++)
        if (runs[i].n_back)
            runs[kept++] = runs[i];
    f->runs.len = kept * sizeof *runs;
}

/* ---- the answer ---- */

static bool copy_code(uint32_t code, struct im_arena *arena, struct im_bytes *out)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%06u", code);
    const char *copy =
        im_arena_strdup(arena, (struct im_bytes){(const uint8_t *)text, (size_t)len});

    *out = im_bytes_of(copy);
    return copy != NULL;
}

static bool describe(const struct flows *f,
                     uint32_t code,
                     struct im_bytes *text,
                     struct schema_title *title,
                     double lonlat[2])
{
    const struct atlas_layer *divisions = f->divisions.divisions;
    uint32_t feature;

    *title = (struct schema_title){"", ""};
    lonlat[0] = lonlat[1] = (double)NAN;
    if (!copy_code(code, f->arena, text))
        return false;
    if (!division_find(divisions, code, &feature))
        return true;
    struct geom g = atlas_geom(divisions, feature);
    if (g.n_points) {
        lonlat[0] = g.lonlat[0];
        lonlat[1] = g.lonlat[1];
    }
    title->zh = im_arena_strdup(f->arena, query_name(divisions, feature, LANG_ZH));
    title->en = im_arena_strdup(f->arena, query_name(divisions, feature, LANG_EN));
    return title->zh && title->en;
}

static bool write_flow(const struct flows *f, const struct run *run, struct flow *out)
{
    const struct trip *trips = (const struct trip *)(const void *)f->trips.data;
    uint32_t *features = im_arena_calloc(f->arena, run->n, sizeof *features);

    for (size_t i = 0; features && i < run->n; i++)
        features[i] = trips[run->first + i].feature;
    *out = (struct flow){.count = run->n, .features = features};
    return features &&
           describe(f, run->origin, &out->origin, &out->origin_title,
                    out->origin_lonlat) &&
           describe(f, run->host, &out->host, &out->host_title, out->host_lonlat);
}

static enum im_code finish(struct flows *f, struct im_error *err)
{
    struct run *runs;
    size_t n;

    cut_runs(f);
    if (f->request->mutual)
        keep_mutual(f);
    runs = (struct run *)(void *)f->runs.data;
    n = f->runs.len / sizeof *runs;
    if (n)
        qsort(runs, n, sizeof *runs, f->request->mutual ? by_pair : by_count);
    f->answer.n_flows = n;
    f->answer.flows = im_arena_calloc(f->arena, n + 1, sizeof *f->answer.flows);
    for (size_t i = 0; i < n; i++) {
        if (!f->answer.flows || !write_flow(f, &runs[i], &f->answer.flows[i]))
            return im_fail(err, IM_ENOMEM, "flows: out of memory");
        f->answer.total += runs[i].n;
    }
    return f->answer.flows && !f->runs.failed
               ? IM_OK
               : im_fail(err, IM_ENOMEM, "flows: out of memory");
}

enum im_code analysis_flows(const struct flows_request *request,
                            struct im_arena *arena,
                            struct flows_answer *out,
                            struct cql_fault *fault,
                            struct im_error *err)
{
    struct flows f = {.request = request,
                      .arena = arena,
                      .trips = {.max = MAX_BYTES},
                      .runs = {.max = MAX_BYTES}};
    enum im_code rc = check(&f, err);

    if (rc == IM_OK)
        rc = division_index_init(&f.divisions, request->rows->atlas, arena, err);
    if (rc == IM_OK)
        rc = query_each(request->rows, f.layer, arena, visit, &f, fault, err);
    if (rc == IM_OK && f.trips.failed)
        rc = im_fail(err, IM_ENOMEM, "flows: out of memory");
    if (rc == IM_OK)
        rc = finish(&f, err);
    if (rc == IM_OK)
        *out = f.answer;
    im_buf_release(&f.trips);
    im_buf_release(&f.runs);
    return rc;
}
