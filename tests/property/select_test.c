/* SPDX-License-Identifier: Apache-2.0 */
/* Proves the planner: random layers, random requests with all members combined, against
 * an executor that looks at every row; and that pages give the whole list once, also
 * while rows come and go between them.
 *
 * The filter is the test's own, so that everything a filter may tell the planner is
 * tried: codes that decide and codes that do not, boxes, nothing, "never". */
#include <test.h>

#include <engine/search.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>
#include <stdlib.h>

/* ---- a filter of the test's own ---- */

enum filter_kind { F_CODES, F_RANGE, F_CODES_AND_RANGE, F_BOX, F_NEVER, F_KINDS };

struct cql_node {
    enum filter_kind kind;
    const char *field;
    unsigned texts; /* bit i: values with number i pass */
    int64_t min;
    int64_t max;
    struct bbox box;
    bool tells;   /* the planner is told what can be told */
    bool decides; /* and that codes decide */
};

struct cql_program {
    const struct cql_node *node;
    const struct atlas_layer *layer;
    int field;
    int number;
    uint32_t *codes;
    size_t n_codes;
};

struct cql_scratch {
    int unused;
};

enum im_code cql_compile(const struct cql_node *node,
                         const struct atlas_layer *layer,
                         const struct cql_crs *crs,
                         struct im_arena *arena,
                         const struct cql_program **out,
                         struct cql_fault *fault,
                         struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);
    struct cql_program *p = im_arena_calloc(arena, 1, sizeof *p);

    (void)crs;
    (void)fault;
    (void)err;
    p->node = node;
    p->layer = layer;
    p->field = schema_field_index(schema, im_bytes_of(node->field));
    p->number = schema_field_index(schema, im_bytes_of("n"));
    p->codes = im_arena_calloc(arena, atlas_code_count(layer, p->field) + 1, 4);
    for (uint32_t c = 0; c < atlas_code_count(layer, p->field); c++) {
        struct im_bytes text = atlas_code_text(layer, p->field, c);

        if (node->texts >> (text.data[text.len - 1] % 32) & 1)
            p->codes[p->n_codes++] = c;
    }
    *out = p;
    return IM_OK;
}

struct cql_scratch *cql_scratch_new(const struct cql_program *program,
                                    struct im_arena *arena)
{
    (void)program;
    return im_arena_calloc(arena, 1, sizeof(struct cql_scratch));
}

static bool has_text(const struct cql_program *p, uint32_t feature)
{
    struct im_bytes text = atlas_text(p->layer, feature, p->field);

    return text.len && (p->node->texts >> (text.data[text.len - 1] % 32) & 1);
}

static bool in_range(const struct cql_program *p, uint32_t feature)
{
    int64_t n;

    return atlas_integer(p->layer, feature, p->number, &n) && n >= p->node->min &&
           n <= p->node->max;
}

bool cql_test(const struct cql_program *p,
              struct cql_scratch *scratch,
              uint32_t feature)
{
    (void)scratch;
    switch (p->node->kind) {
    case F_CODES:
        return has_text(p, feature);
    case F_RANGE:
        return in_range(p, feature);
    case F_CODES_AND_RANGE:
        return has_text(p, feature) && in_range(p, feature);
    case F_BOX:
        return feature < atlas_layer_placed(p->layer) &&
               bbox_intersects(atlas_bbox(p->layer, feature), p->node->box);
    case F_NEVER:
    case F_KINDS:
        break;
    }
    return false;
}

void cql_bounds_of(const struct cql_program *p, struct cql_bounds *out)
{
    bool has_codes = p->node->kind == F_CODES || p->node->kind == F_CODES_AND_RANGE;

    *out = (struct cql_bounds){.cost = 3, .field = SCHEMA_NO_FIELD};
    if (!p->node->tells)
        return;
    out->is_never = p->node->kind == F_NEVER;
    out->has_box = p->node->kind == F_BOX;
    out->box = p->node->box;
    if (has_codes) {
        out->codes = p->codes;
        out->n_codes = p->n_codes;
        out->field = p->field;
        out->codes_decide = p->node->kind == F_CODES && p->node->decides;
    }
}

/* ---- random layers ---- */

#define LAYER(id, order, geometry)                                                     \
    "{\"id\":\"" id "\",\"title\":{\"zh\":\"层\"},\"geometry\":\"" geometry            \
    "\",\"key\":\"id\",\"order\":" order ",\"fields\":["                               \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"label\",\"title\":{\"zh\":\"名\"},\"type\":\"text\"},"               \
    "{\"name\":\"kind\",\"title\":{\"zh\":\"类\"},\"type\":\"text\"},"                \
    "{\"name\":\"tag\",\"title\":{\"zh\":\"标\"},\"type\":\"text\"},"                 \
    "{\"name\":\"n\",\"title\":{\"zh\":\"数\"},\"type\":\"integer\"},"                \
    "{\"name\":\"x\",\"title\":{\"zh\":\"值\"},\"type\":\"real\",\"min\":-2,\"max\":" \
    "2},"                                                                              \
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"},"        \
    "{\"name\":\"reviewed\",\"title\":{\"zh\":\"已审\"},\"type\":\"integer\"},"      \
    "{\"name\":\"since\",\"title\":{\"zh\":\"年\"},\"type\":\"integer\","             \
    "\"format\":\"year\"}],"                                                           \
    "\"names_places\":true,\"roles\":{\"name_zh\":\"label\",\"importance\":\"x\","     \
    "\"precision\":\"precision\",\"reviewed\":\"reviewed\",\"time\":\"since\"}}"

static const char *const LAYERS[] = {
    LAYER("spots", "3", "point"), LAYER("things", "1", "mixed"),
    LAYER("rows", "2", "none"), LAYER("empty", "2", "point")};
enum { N_LAYERS = 4, MAX_ROWS = 6000 };

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *layers[N_LAYERS];
};

static double one_of(struct test_random *r, const double *values, uint32_t n)
{
    return values[test_random_below(r, n)];
}

/* Where rows lie: spread, in towns, thousands at one spot, far outside of the delta. */
static void random_position(struct test_random *r, double *xy)
{
    static const double spots[] = {121.47, 31.23, 120.15, 30.28, -179.99, -16.5};
    uint32_t pattern = test_random_below(r, 10);

    xy[0] = test_random_in(r, 115, 123);
    xy[1] = test_random_in(r, 27, 35);
    if (pattern < 4) {
        double spread = pow(10, test_random_in(r, -5, -1));

        xy[0] = 120 + 0.4 * test_random_below(r, 4) + test_random_in(r, -1, 1) * spread;
        xy[1] = 31 + test_random_in(r, -1, 1) * spread;
    } else if (pattern < 7) {
        uint32_t spot = test_random_below(r, 20) ? test_random_below(r, 2) : 2;

        xy[0] = spots[2 * spot];
        xy[1] = spots[2 * spot + 1];
    }
}

static void add_row(struct memory_source *ms,
                    struct test_random *r,
                    int layer,
                    uint32_t number,
                    bool one_precision)
{
    static const char *const precisions[] = {"exact",    "site", "park", "town",
                                             "district", "city", ""};
    static const char *const names[] = {"张江", "Zhangjiang", "", "滨江", "é", "Z"};
    uint32_t ends[1] = {2};
    uint32_t areas[1] = {1};
    double xy[10];
    struct geom g = {GEOM_POINT, 1, 0, 0, xy, ends, areas};
    char values[256];
    char n[16] = "";
    char x[32] = "";
    char year[16] = "";

    random_position(r, xy);
    if (layer == 1 && test_random_below(r, 2)) {
        double w = test_random_in(r, 0.0001, 0.05);

        if (test_random_below(r, 2)) {
            xy[2] = xy[0] + w;
            xy[3] = xy[1] - w;
            g.kind = GEOM_LINE;
            g.n_points = 2;
        } else {
            double ring[10] = {xy[0],     xy[1], xy[0] + w, xy[1], xy[0] + w,
                               xy[1] + w, xy[0], xy[1] + w, xy[0], xy[1]};

            memcpy(xy, ring, sizeof ring);
            ends[0] = 5;
            g.kind = GEOM_AREA;
            g.n_points = 5;
            g.n_areas = 1;
        }
        g.n_parts = 1;
    }
    if (layer == 2 || test_random_below(r, 15) == 0)
        g = (struct geom){.kind = GEOM_EMPTY};
    if (test_random_below(r, 4))
        snprintf(n, sizeof n, "%d", (int)test_random_below(r, 40) - 20);
    if (test_random_below(r, 4))
        snprintf(x, sizeof x, "%.1f", test_random_in(r, -2, 2));
    if (test_random_below(r, 6))
        snprintf(year, sizeof year, "%u", 1990 + test_random_below(r, 35));
    /* keys do not rise with the rows */
    snprintf(values, sizeof values, "k%u|%s|%c|%c%c|%s|%s|%s|%s|%s",
             number * 7919 % 1000003, names[test_random_below(r, 6)],
             'A' + (char)(test_random_below(r, 3) * test_random_below(r, 3)),
             'a' + (char)test_random_below(r, 20), 'A' + (char)test_random_below(r, 26),
             n, x, one_precision ? "site" : precisions[test_random_below(r, 7)],
             test_random_below(r, 5) ? "1" : "0", year);
    memory_source_feature(ms, &g, values);
    memory_source_fid(ms, (int64_t)number * 3 - 100);
}

/* Row `number` of a layer is the same whenever it is there. `leave_out`: one in so many
 * is not; 0: all are. */
static struct world
make_world(uint64_t seed, const uint32_t *n_rows, uint32_t leave_out)
{
    struct world w = {.ms = memory_source_new()};
    struct test_random gone = {seed + leave_out};

    for (int layer = 0; layer < N_LAYERS; layer++) {
        memory_source_layer(w.ms, LAYERS[layer], "", 1);
        for (uint32_t i = 0; i < n_rows[layer]; i++) {
            struct test_random r = {seed + i * 31u + (uint32_t)layer};

            test_random_next(&r);
            if (!leave_out || test_random_below(&gone, leave_out))
                add_row(w.ms, &r, layer, i, seed % 2);
        }
    }
    w.atlas = memory_source_atlas(w.ms);
    for (size_t i = 0; i < N_LAYERS; i++)
        w.layers[i] = atlas_layer_find(w.atlas, im_bytes_of(i == 0   ? "spots"
                                                            : i == 1 ? "things"
                                                            : i == 2 ? "rows"
                                                                     : "empty"));
    return w;
}

static void free_world(struct world *w)
{
    atlas_unref(w->atlas);
    memory_source_free(w->ms);
}

/* ---- random requests ---- */

struct question {
    struct query_request request;
    uint32_t layers[N_LAYERS + 1]; /* of a world */
    const struct atlas_layer *chosen[N_LAYERS + 1];
    struct cql_node filter;
    struct query_area area;
    struct query_sort sort[3];
    double shape[10];
    uint32_t ends[1];
    double axis[4];
};

static void random_area(struct test_random *r, struct question *q)
{
    double lon = test_random_in(r, 116, 122);
    double lat = test_random_in(r, 28, 34);
    double w = pow(10, test_random_in(r, -2, 0.7));
    double ring[10] = {lon,     lat,         lon + w,     lat + w / 3, lon + w / 2,
                       lat + w, lon - w / 4, lat + w / 2, lon,         lat};

    if (test_random_below(r, 2)) {
        q->area = (struct query_area){.kind = QUERY_IN_BOX,
                                      .box = {lon, lat, lon + w, lat + w}};
        if (test_random_below(r, 6) == 0)
            q->area.box = (struct bbox){lon + w, lat - 80, lon, lat};
    } else {
        static const uint32_t areas[] = {1};

        memcpy(q->shape, ring, sizeof ring);
        q->ends[0] = 5;
        q->area = (struct query_area){
            .kind = QUERY_IN_SHAPE,
            .shape = {GEOM_AREA, 5, 1, 1, q->shape, q->ends, areas}};
    }
    q->request.area = &q->area;
}

static void random_filter(struct test_random *r, struct question *q)
{
    struct cql_node *f = &q->filter;

    f->kind = (enum filter_kind)test_random_below(r, F_KINDS);
    if (f->kind == F_NEVER && test_random_below(r, 4))
        f->kind = F_CODES;
    f->field = test_random_below(r, 2) ? "kind" : "tag";
    f->texts = (unsigned)test_random_next(r) & (unsigned)test_random_next(r);
    if (test_random_below(r, 2))
        f->texts &= (unsigned)test_random_next(r) & (unsigned)test_random_next(r);
    f->min = (int64_t)test_random_below(r, 40) - 20;
    f->max = f->min + test_random_below(r, 40);
    f->box.min_x = test_random_in(r, 115, 122);
    f->box.min_y = test_random_in(r, 27, 34);
    f->box.max_x = f->box.min_x + test_random_in(r, 0, 3);
    f->box.max_y = f->box.min_y + test_random_in(r, 0, 3);
    f->tells = test_random_below(r, 4) > 0;
    f->decides = test_random_below(r, 2);
    q->request.filter = f;
}

static void random_sort(struct test_random *r, struct question *q)
{
    static const char *const fields[] = {"n",    "x",          "kind",    "tag",
                                         "name", "importance", "distance"};
    uint32_t n = 1 + test_random_below(r, 3);

    for (uint32_t i = 0; i < n; i++)
        q->sort[i] = (struct query_sort){
            im_bytes_of(fields[test_random_below(r, q->request.has_origin ? 7 : 6)]),
            test_random_below(r, 2)};
    q->request.sort = q->sort;
    q->request.n_sort = n;
}

/* Seconds since 1970. */
#define YEAR_2000 946684800.0
#define YEAR_S 31556952.0

static void random_question(struct test_random *r, struct question *q)
{
    static const double radii[] = {HUGE_VAL, 0, 100, 5000, 1e5, 1e6, 2e7};
    struct query_request *request = &q->request;

    *q = (struct question){.request = {.max_m = HUGE_VAL}};
    for (uint32_t i = 0; i < N_LAYERS; i++)
        if (test_random_below(r, 2))
            q->layers[request->n_layers++] = N_LAYERS - 1 - i;
    q->layers[request->n_layers++] = test_random_below(r, 2); /* perhaps twice */
    request->k = test_random_below(r, 8) ? 1 + test_random_below(r, 30) : QUERY_MAX_K;
    request->coarsest = (enum precision)test_random_below(r, 6);
    if (test_random_below(r, 2))
        request->coarsest = PRECISION_CITY;
    request->leave_out_unreviewed = test_random_below(r, 3) == 0;
    request->skip_count = test_random_below(r, 3) == 0;
    request->has_origin = test_random_below(r, 3) > 0;
    request->each = test_random_below(r, 6) == 0;
    if (request->has_origin) {
        double xy[2];

        random_position(r, xy);
        request->lon = xy[0];
        request->lat = xy[1];
        request->origin_uncertainty_m = test_random_below(r, 2) * 5000.0;
        request->max_m = one_of(r, radii, test_random_below(r, 2) ? 1 : 7);
    }
    if (test_random_below(r, 3) == 0)
        random_area(r, q);
    if (test_random_below(r, 2))
        random_filter(r, q);
    if (test_random_below(r, 3) == 0)
        random_sort(r, q);
    if (test_random_below(r, 5) == 0)
        request->time = (struct query_time){
            true, test_random_below(r, 3) ? YEAR_2000 : -HUGE_VAL,
            test_random_below(r, 3) ? YEAR_2000 + YEAR_S * 10 : HUGE_VAL};
    if (test_random_below(r, 8) == 0)
        request->words = im_bytes_of(test_random_below(r, 2) ? "江" : "zhang");
}

/* The question to one world. */
static void ask_world(struct question *q, const struct world *w)
{
    for (size_t i = 0; i < q->request.n_layers; i++)
        q->chosen[i] = w->layers[q->layers[i]];
    q->request.layers = q->chosen;
    q->request.atlas = w->atlas;
    q->request.outline_layer = NULL;
}

/* ---- every row, one by one ---- */

struct row {
    struct query_hit hit;
    bool is_apart;
    const struct question *q;
};

struct expected {
    struct row *rows; /* near ones first, in order */
    size_t n;
    size_t n_near;
    size_t n_unplaced;
};

static int compare_text(struct im_bytes a, struct im_bytes b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (a.data[i] != b.data[i])
            return a.data[i] < b.data[i] ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

static int compare_numbers(bool has_a, double a, bool has_b, double b, bool descending)
{
    if (!has_a || !has_b)
        return (int)has_b - (int)has_a;
    return ((a > b) - (a < b)) * (descending ? -1 : 1);
}

static int
compare_by(const struct query_sort *s, const struct row *a, const struct row *b)
{
    const struct layer_schema *schema = atlas_layer_schema(a->hit.layer);
    char name[16];
    double x = 0;
    double y = 0;

    snprintf(name, sizeof name, "%.*s", (int)s->field.len, (const char *)s->field.data);
    if (strcmp(name, "distance") == 0)
        return compare_numbers(true, a->hit.distance_m, true, b->hit.distance_m,
                               s->descending);
    if (strcmp(name, "importance") == 0)
        return compare_numbers(
            true, (double)atlas_importance(a->hit.layer, a->hit.feature), true,
            (double)atlas_importance(b->hit.layer, b->hit.feature), s->descending);
    int field = schema_field_index(
        schema, im_bytes_of(strcmp(name, "name") == 0 ? "label" : name));
    if (schema->fields[field].type != FIELD_TEXT) {
        bool has_x = atlas_number(a->hit.layer, a->hit.feature, field, &x);
        bool has_y = atlas_number(b->hit.layer, b->hit.feature, field, &y);

        return compare_numbers(has_x, x, has_y, y, s->descending);
    }
    bool no_a = atlas_is_null(a->hit.layer, a->hit.feature, field);
    bool no_b = atlas_is_null(b->hit.layer, b->hit.feature, field);
    if (no_a || no_b)
        return no_a - no_b;
    return compare_text(atlas_text(a->hit.layer, a->hit.feature, field),
                        atlas_text(b->hit.layer, b->hit.feature, field)) *
           (s->descending ? -1 : 1);
}

static int compare_rows(const void *pa, const void *pb)
{
    const struct row *a = pa;
    const struct row *b = pb;
    const struct query_request *request = &a->q->request;
    const struct layer_schema *s = atlas_layer_schema(a->hit.layer);
    const struct layer_schema *t = atlas_layer_schema(b->hit.layer);
    int order = a->is_apart - b->is_apart;

    for (size_t i = 0; !order && i < request->n_sort; i++)
        order = compare_by(&request->sort[i], a, b);
    if (!order && request->n_sort == 0 && request->has_origin)
        order =
            compare_numbers(true, a->hit.distance_m, true, b->hit.distance_m, false);
    if (!order)
        order = (s->order > t->order) - (s->order < t->order);
    if (!order)
        order = strcmp(s->id, t->id);
    if (!order && (request->n_sort || request->has_origin))
        order = compare_text(atlas_text(a->hit.layer, a->hit.feature, 0),
                             atlas_text(b->hit.layer, b->hit.feature, 0));
    if (!order) {
        int64_t x = atlas_fid(a->hit.layer, a->hit.feature);
        int64_t y = atlas_fid(b->hit.layer, b->hit.feature);

        order = (x > y) - (x < y);
    }
    return order;
}

static bool is_in(const uint32_t *list, size_t n, uint32_t feature)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == feature)
            return true;
    return false;
}

/* Ten mean years after the first second of 2000 it is still 2009. */
static bool
is_in_years(const struct query_time *time, const struct atlas_layer *layer, uint32_t i)
{
    int64_t year;

    if (!atlas_integer(layer, i, 8, &year))
        return false;
    return (time->from < 0 || year >= 2000) && (isinf(time->to) || year <= 2009);
}

static void expect_layer(struct expected *e,
                         const struct question *q,
                         const struct atlas_layer *layer,
                         struct query_region *region,
                         struct im_arena *arena)
{
    const struct query_request *request = &q->request;
    const struct cql_program *program = NULL;
    const uint32_t *words = NULL;
    size_t n_words = 0;
    struct im_error err;

    if (request->filter)
        assert_int_equal(
            cql_compile(request->filter, layer, NULL, arena, &program, NULL, &err),
            IM_OK);
    if (request->words.len)
        assert_int_equal(
            search_select(layer, request->words, NULL, arena, &words, &n_words, &err),
            IM_OK);
    for (uint32_t i = 0; i < atlas_layer_size(layer); i++) {
        struct row row = {.hit = {.layer = layer, .feature = i}, .q = q};
        double reviewed = 0;

        if (request->leave_out_unreviewed &&
            (!atlas_number(layer, i, 7, &reviewed) || reviewed == 0))
            continue;
        if (request->time.is_set && !is_in_years(&request->time, layer, i))
            continue;
        if ((program && !cql_test(program, NULL, i)) ||
            (request->words.len && !is_in(words, n_words, i)))
            continue;
        e->n_unplaced += i >= atlas_layer_placed(layer);
        if (region && !query_region_has(region, layer, i, NULL, NULL))
            continue;
        if (request->has_origin) {
            struct geom g = atlas_geom(layer, i);

            if (g.kind == GEOM_EMPTY)
                continue;
            row.hit.distance_m =
                geom_distance_m(&g, request->lon, request->lat, NULL, NULL);
            if (row.hit.distance_m > request->max_m)
                continue;
        }
        row.is_apart = query_precision(layer, i) > request->coarsest;
        e->n_near += !row.is_apart;
        e->rows[e->n++] = row;
    }
}

static struct expected expect(const struct question *q, struct im_arena *arena)
{
    struct expected e = {.rows = malloc(2 * MAX_ROWS * sizeof *e.rows)};
    struct query_region *region = NULL;
    struct im_error err;

    if (q->request.area)
        assert_int_equal(query_region_new(q->request.area, arena, &region, &err),
                         IM_OK);
    for (size_t i = 0; i < q->request.n_layers; i++) {
        bool twice = false;

        for (size_t j = 0; j < i; j++)
            twice = twice || q->request.layers[j] == q->request.layers[i];
        if (!twice)
            expect_layer(&e, q, q->request.layers[i], region, arena);
    }
    qsort(e.rows, e.n, sizeof *e.rows, compare_rows);
    return e;
}

/* Of each layer only the first k stay. */
static void keep_each(struct expected *e, uint32_t k)
{
    size_t n = 0;
    size_t n_near = 0;

    for (size_t i = 0; i < e->n; i++) {
        uint32_t before = 0;

        for (size_t j = 0; j < n; j++)
            before += e->rows[j].hit.layer == e->rows[i].hit.layer &&
                      e->rows[j].is_apart == e->rows[i].is_apart;
        if (before >= k)
            continue;
        n_near += !e->rows[i].is_apart;
        e->rows[n++] = e->rows[i];
    }
    e->n = n;
    e->n_near = n_near;
}

static void assert_same_hits(const struct query_hit *hits,
                             size_t n,
                             const struct row *rows,
                             size_t n_rows,
                             bool has_origin)
{
    assert_int_equal(n, n_rows);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(hits[i].layer, rows[i].hit.layer);
        assert_int_equal(hits[i].feature, rows[i].hit.feature);
        if (has_origin)
            assert_true(fabs(hits[i].distance_m - rows[i].hit.distance_m) < 1e-5);
        else
            assert_true(isnan(hits[i].distance_m));
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void compare_answer(struct question *q, struct im_arena *arena)
{
    struct expected e = expect(q, arena);
    size_t k = q->request.each ? SIZE_MAX : q->request.k;
    size_t n_near = e.n_near;
    size_t n_apart = e.n - e.n_near;
    struct query_answer a;
    struct im_error err;

    q->request.cursor = (struct im_bytes){0};
    assert_int_equal(query_run(&q->request, arena, &a, NULL, &err), IM_OK);
    if (q->request.each)
        keep_each(&e, q->request.k);
    assert_same_hits(a.hits, a.n_hits, e.rows, least(e.n_near, k),
                     q->request.has_origin);
    assert_same_hits(a.apart, a.n_apart, e.rows + e.n_near, least(e.n - e.n_near, k),
                     q->request.has_origin);
    if (!q->request.skip_count) {
        assert_int_equal(a.n_matched, n_near);
        assert_int_equal(a.n_apart_matched, n_apart);
        assert_int_equal(a.n_unplaced, e.n_unplaced);
    }
    assert_int_equal(a.next != NULL, !q->request.each && e.n_near > q->request.k);
    free(e.rows);
}

TEST(answers_equal_those_of_looking_at_every_row)
{
    struct test_random r = test_random_new("select");
    struct im_arena *arena = im_arena_new((size_t)1 << 30);

    for (int round = 0; round < 12; round++) {
        const uint32_t sizes[] = {round % 3 == 0 ? 5000 : 60, round % 4 ? 40 : 2600,
                                  test_random_below(&r, 50), 0};
        struct world w = make_world(test_random_next(&r), sizes, 0);

        for (int i = 0; i < (round % 3 == 0 || round % 4 == 0 ? 60 : 300); i++) {
            struct question q;

            random_question(&r, &q);
            ask_world(&q, &w);
            compare_answer(&q, arena);
            im_arena_reset(arena);
        }
        free_world(&w);
    }
    im_arena_free(arena);
}

struct gathered {
    struct query_request request;
    uint8_t *seen;
    size_t n;
};

static bool gather(void *ctx, uint32_t feature)
{
    struct gathered *g = ctx;

    assert_false(g->seen[feature]);
    g->seen[feature] = 1;
    g->n++;
    return true;
}

TEST(each_row_that_passes_is_visited_once)
{
    struct test_random r = test_random_new("each");
    struct im_arena *arena = im_arena_new((size_t)1 << 30);
    const uint32_t sizes[] = {5000, 3000, 50, 0};
    struct world w = make_world(test_random_next(&r), sizes, 0);
    uint8_t *seen = malloc(MAX_ROWS);

    for (int i = 0; i < 150; i++) {
        struct question q;
        struct im_error err;

        random_question(&r, &q);
        ask_world(&q, &w);
        q.request.n_layers = 1;
        q.request.n_sort = 0;
        struct expected e = expect(&q, arena);
        struct gathered g = {.seen = seen};
        memset(seen, 0, MAX_ROWS);
        assert_int_equal(
            query_each(&q.request, q.chosen[0], arena, gather, &g, NULL, &err), IM_OK);
        assert_int_equal(g.n, e.n);
        for (size_t j = 0; j < e.n; j++)
            assert_true(seen[e.rows[j].hit.feature]);
        free(e.rows);
        im_arena_reset(arena);
    }
    free(seen);
    free_world(&w);
    im_arena_free(arena);
}

/* The number of the row that a hit is, and of its layer, in one. */
static uint32_t row_of(const struct world *w, const struct query_hit *hit)
{
    uint32_t layer = 0;

    while (w->layers[layer] != hit->layer)
        layer++;
    return layer * MAX_ROWS +
           (uint32_t)((atlas_fid(hit->layer, hit->feature) + 100) / 3);
}

static void mark(const struct world *w, const struct expected *e, uint8_t *marks)
{
    for (size_t i = 0; i < e->n_near; i++)
        marks[row_of(w, &e->rows[i].hit)]++;
}

/* All pages of a question, each from one of the worlds. */
static void read_pages(struct test_random *r,
                       struct question *q,
                       const struct world *worlds,
                       uint32_t n_worlds,
                       uint8_t *seen,
                       struct im_arena *arena)
{
    char cursor[2048] = "";
    struct query_answer a;
    struct im_error err;

    for (int page = 0; page < 100000; page++) {
        const struct world *w = &worlds[test_random_below(r, n_worlds)];

        ask_world(q, w);
        q->request.cursor = im_bytes_of(cursor);
        assert_int_equal(query_run(&q->request, arena, &a, NULL, &err), IM_OK);
        for (size_t i = 0; i < a.n_hits; i++)
            seen[row_of(w, &a.hits[i])]++;
        assert_true(page == 0 || a.n_apart == 0);
        if (!a.next)
            return;
        assert_int_equal(a.n_hits, q->request.k);
        assert_true(strlen(a.next) < 1700);
        snprintf(cursor, sizeof cursor, "%s", a.next);
    }
    fail();
}

/* With one world the whole list comes once. With two: what is in both comes once, what
 * is in one at most once, and nothing else. */
static void check_pages(struct test_random *r,
                        struct question *q,
                        const struct world *worlds,
                        uint32_t n_worlds,
                        struct im_arena *arena)
{
    size_t n = (size_t)N_LAYERS * MAX_ROWS;
    uint8_t *there = calloc(n, 1);
    uint8_t *seen = calloc(n, 1);

    for (uint32_t i = 0; i < n_worlds; i++) {
        ask_world(q, &worlds[i]);
        struct expected e = expect(q, arena);
        mark(&worlds[i], &e, there);
        free(e.rows);
    }
    read_pages(r, q, worlds, n_worlds, seen, arena);
    for (size_t i = 0; i < n; i++) {
        assert_true(seen[i] <= 1);
        if (there[i] == 0)
            assert_int_equal(seen[i], 0);
        if (there[i] == n_worlds)
            assert_int_equal(seen[i], 1);
    }
    free(there);
    free(seen);
}

TEST(pages_give_the_whole_list_once_also_while_rows_come_and_go)
{
    struct test_random r = test_random_new("pages");
    struct im_arena *arena = im_arena_new((size_t)1 << 30);

    for (int round = 0; round < 4; round++) {
        const uint32_t sizes[] = {round ? 150 : 3000, round ? 200 : 100, 60, 0};
        uint64_t seed = test_random_next(&r);
        struct world worlds[3] = {make_world(seed, sizes, 5),
                                  make_world(seed, sizes, 4),
                                  make_world(seed, sizes, 0)};

        for (int i = 0; i < (round ? 60 : 25); i++) {
            struct question q;

            random_question(&r, &q);
            q.request.each = false;
            q.request.k = round ? 1 + test_random_below(&r, 40) : 300;
            check_pages(&r, &q, worlds, 1 + test_random_below(&r, 3), arena);
            im_arena_reset(arena);
        }
        for (int i = 0; i < 3; i++)
            free_world(&worlds[i]);
    }
    im_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_equal_those_of_looking_at_every_row),
        cmocka_unit_test(each_row_that_passes_is_visited_once),
        cmocka_unit_test(pages_give_the_whole_list_once_also_while_rows_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
