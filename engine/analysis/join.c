/* SPDX-License-Identifier: Apache-2.0 */
/* For each A its nearest B; which A have no B within reach; which have all of several
 * kinds. Each A is one search in trees over all B, so the work is n log m. How many B
 * are within reach is counted for the pairs that are returned only: it may be all of
 * them for each A. */
#include "analysis/near_set.h"

#include "atlas/layer.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_OTHERS = 8, SCRATCH_BYTES = 1 << 28, RECORD_BYTES = 1 << 30 };
/* Searches between two looks at the clock: one takes some microseconds. */
enum { STEPS = 64 };

enum join_kind { JOIN, COVERAGE, CHAIN };

/* What one A has of one kind of B. */
struct link {
    struct near_hit hit;
    uint64_t count; /* until it is returned: 1 when there are any */
};

/* One A: `link` and, in a chain, as many more as there are kinds follow each other. */
struct record {
    const struct atlas_layer *layer; /* NULL: the origin */
    uint32_t feature;
    uint32_t n_links; /* that have a B within reach */
    double metres;    /* to the first B */
    double uncertainty_m;
    size_t link; /* index of the first */
    bool is_uncertain;
};

struct join {
    const struct join_request *request;
    enum join_kind kind;
    bool by_code; /* membership of divisions: counts come from `inside` */
    struct im_arena *arena;
    struct im_arena *scratch; /* of one A */
    struct division_index divisions;
    struct near_set *sets[MAX_OTHERS];
    struct im_buf records;
    struct im_buf links;
    struct join_answer answer;
    const struct atlas_layer *layer; /* of the A at hand */
    enum im_code rc;                 /* of the visitor */
    struct im_error *err;
    uint32_t steps;
    /* by membership: how many B lie in a division, sorted by code */
    struct im_buf inside;
    struct im_buf known_around; /* codes of cities and provinces */
    uint64_t n_unknown[3];      /* B by the level that is not known of them */
    enum division_level finest; /* of the A */
};

/* ---- requests ---- */

static enum im_code refuse(struct im_error *err, const char *zh, const char *en)
{
    im_fail(err, IM_EARG, "%s", en);
    return im_zh(err, IM_EARG, "%s", zh);
}

static enum im_code check_layers(const struct query_request *q, struct im_error *err)
{
    if (q->n_layers >= 1 && q->n_layers <= QUERY_MAX_LAYERS)
        return IM_OK;
    im_fail(err, IM_EARG, "layers is %zu, allowed: 1 to %d", q->n_layers,
            QUERY_MAX_LAYERS);
    return im_zh(err, IM_EARG, "图层数为 %zu，应为 1 到 %d", q->n_layers,
                 QUERY_MAX_LAYERS);
}

static enum im_code
check(const struct join_request *q, enum join_kind kind, struct im_error *err)
{
    size_t most = kind == CHAIN ? MAX_OTHERS : 1;
    bool is_origin = kind == CHAIN && q->rows->n_layers == 0 && q->rows->has_origin;
    enum im_code rc = is_origin ? IM_OK : check_layers(q->rows, err);

    if (rc == IM_OK && (q->n_others < 1 || q->n_others > most)) {
        im_fail(err, IM_EARG, "other is %zu kinds, allowed: 1 to %zu", q->n_others,
                most);
        return im_zh(err, IM_EARG, "other 有 %zu 类，应为 1 到 %zu 类", q->n_others,
                     most);
    }
    for (size_t i = 0; rc == IM_OK && i < q->n_others; i++)
        rc = check_layers(q->others[i], err);
    if (rc != IM_OK)
        return rc;
    if (!(q->max_m >= 0))
        return refuse(err, "距离应为 0 或更大", "the distance has to be 0 or more");
    if (!isfinite(q->max_m) &&
        (kind == CHAIN || (kind == COVERAGE && !q->by_membership)))
        return refuse(err, "请给出距离（max_km）", "give a distance (max_km)");
    return IM_OK;
}

/* ---- one A ---- */

/* The nearest may say it already, without a search for each precision. */
static bool surely_reaches(const struct near_set *set,
                           const struct subject *s,
                           const struct near_hit *nearest,
                           double max_m)
{
    return (nearest->feature != UINT32_MAX &&
            nearest->distance_m <= max_m - s->uncertainty_m - nearest->uncertainty_m) ||
           near_set_surely_reaches(set, s, max_m);
}

static void
add_link(struct join *j, const struct subject *s, size_t k, struct record *r)
{
    const struct join_request *q = j->request;
    struct link link = {.hit = {.feature = UINT32_MAX}};
    /* of a gap the nearest is told, however far it is */
    bool is_gaps = j->kind == COVERAGE && !q->show_covered;

    link.hit = near_set_nearest(j->sets[k], s, is_gaps ? HUGE_VAL : q->max_m);
    link.count = link.hit.feature != UINT32_MAX && link.hit.distance_m <= q->max_m;
    r->n_links += link.count > 0;
    if (k == 0)
        r->metres = link.hit.distance_m;
    if (isfinite(q->max_m) && !surely_reaches(j->sets[k], s, &link.hit, q->max_m) &&
        near_set_may_reach(j->sets[k], s, q->max_m))
        r->is_uncertain = true;
    im_buf_append(&j->links, &link, sizeof link);
}

static bool take(struct join *j, const struct subject *s)
{
    const struct join_request *q = j->request;
    struct record r = {.layer = s->layer,
                       .feature = s->feature,
                       .uncertainty_m = s->uncertainty_m,
                       .link = j->links.len / sizeof(struct link)};

    for (size_t k = 0; k < q->n_others; k++)
        add_link(j, s, k, &r);
    j->answer.n_rows++;
    j->answer.n_within += r.n_links == q->n_others;
    j->answer.n_unsure += r.is_uncertain;
    if (j->kind == COVERAGE && (r.n_links > 0) != q->show_covered)
        j->links.len = r.link * sizeof(struct link);
    else
        im_buf_append(&j->records, &r, sizeof r);
    if (j->records.failed || j->links.failed)
        j->rc = im_fail(j->err, IM_ENOMEM, "join: out of memory");
    return j->rc == IM_OK;
}

static bool is_late(struct join *j)
{
    if (j->steps++ % STEPS == 0 && im_deadline_passed(&j->request->rows->deadline))
        j->rc = im_deadline_fail(j->err);
    return j->rc != IM_OK;
}

/* What an A is measured by, until the next one; false: see j->rc. */
static bool measure(struct join *j,
                    const struct atlas_layer *layer,
                    uint32_t feature,
                    struct subject *s)
{
    const struct join_request *q = j->request;

    im_arena_reset(j->scratch);
    j->rc = layer ? subject_init(s, layer, feature, &j->divisions, j->scratch, j->err)
                  : subject_init_origin(s, q->rows, j->scratch, j->err);
    if (j->rc == IM_OK && q->is_across && layer)
        s->division = division_of(&j->divisions, layer, feature, q->across);
    return j->rc == IM_OK;
}

static bool visit(void *ctx, uint32_t feature)
{
    struct join *j = ctx;
    const struct join_request *q = j->request;
    struct subject s;

    if (is_late(j))
        return false;
    if (feature >= j->layer->n_placed ||
        subject_precision(j->layer, feature, &j->divisions) > q->rows->coarsest) {
        j->answer.n_apart++;
        return true;
    }
    if (!measure(j, j->layer, feature, &s))
        return false;
    if (q->is_across && s.division == 0) { /* across what? */
        j->answer.n_apart++;
        return true;
    }
    return take(j, &s);
}

/* ---- membership of divisions ---- */

struct inside {
    uint32_t code;
    uint32_t unused;
    uint64_t count;
};

static int compare_inside(const void *a, const void *b)
{
    const struct inside *x = a;
    const struct inside *y = b;

    return (x->code > y->code) - (x->code < y->code);
}

/* Equal codes become one. */
static void sum_up(struct im_buf *buf)
{
    struct inside *all = (struct inside *)(void *)buf->data;
    size_t n = buf->len / sizeof *all;
    size_t kept = 0;

    if (n)
        qsort(all, n, sizeof *all, compare_inside);
    for (size_t i = 0; i < n; i++)
        if (kept && all[kept - 1].code == all[i].code)
            all[kept - 1].count += all[i].count;
        else
            all[kept++] = all[i];
    buf->len = kept * sizeof *all;
}

static uint64_t count_of(const struct im_buf *buf, uint32_t code)
{
    struct inside key = {.code = code};
    const struct inside *found = buf->len
                                     ? bsearch(&key, buf->data, buf->len / sizeof key,
                                               sizeof key, compare_inside)
                                     : NULL;

    return found ? found->count : 0;
}

static void note(struct im_buf *buf, uint32_t code)
{
    struct inside one = {.code = code, .count = 1};

    /* most rows of a bulk follow others of the same division */
    if (buf->len) {
        struct inside *last =
            (struct inside *)(void *)(buf->data + buf->len - sizeof *last);

        if (last->code == code) {
            last->count++;
            return;
        }
    }
    im_buf_append(buf, &one, sizeof one);
}

/* A B counts for its district, city and province. Where one of them is not known it may
 * be any of those inside of the next larger one. */
static bool note_other(void *ctx, uint32_t feature)
{
    struct join *j = ctx;
    uint32_t finer = 0;

    for (int level = DIVISION_DISTRICT; level >= DIVISION_PROVINCE; level--) {
        uint32_t code =
            division_of(&j->divisions, j->layer, feature, (enum division_level)level);

        if (code && code != finer) /* a municipality is city and province */
            note(&j->inside, code);
        if (code && finer == 0 && level != DIVISION_DISTRICT)
            note(&j->known_around, code);
        if (code == 0)
            j->n_unknown[level]++;
        finer = code;
    }
    return !j->inside.failed && !j->known_around.failed;
}

static bool is_open(const struct join *j, uint32_t code)
{
    uint32_t city = division_up(&j->divisions, code, DIVISION_CITY);
    uint32_t province = division_up(&j->divisions, code, DIVISION_PROVINCE);

    return (city && city != code && count_of(&j->known_around, city)) ||
           (province != code && count_of(&j->known_around, province));
}

/* The nearest B of a gap, where the position of A is good enough for a distance. */
static struct link
link_of_member(struct join *j, uint32_t feature, uint64_t count, double *uncertainty_m)
{
    struct link link = {.hit = {.feature = UINT32_MAX, .distance_m = HUGE_VAL}};
    struct subject s;

    link.count = count;
    if (feature >= j->layer->n_placed ||
        subject_precision(j->layer, feature, &j->divisions) >
            j->request->rows->coarsest)
        return link;
    if (measure(j, j->layer, feature, &s)) {
        link.hit = near_set_nearest(j->sets[0], &s, HUGE_VAL);
        *uncertainty_m = s.uncertainty_m;
    }
    return link;
}

static bool visit_member(void *ctx, uint32_t feature)
{
    struct join *j = ctx;
    struct record r = {.layer = j->layer,
                       .feature = feature,
                       .link = j->links.len / sizeof(struct link)};
    uint32_t code = division_today(&j->divisions, division_code_of(j->layer, feature));
    uint64_t count = count_of(&j->inside, code);
    struct link link;

    if (is_late(j))
        return false;
    if (code == 0) {
        j->answer.n_apart++;
        return true;
    }
    if (division_level_of(code) > j->finest)
        j->finest = division_level_of(code);
    r.is_uncertain = count == 0 && is_open(j, code);
    j->answer.n_rows++;
    j->answer.n_within += count > 0;
    j->answer.n_unsure += r.is_uncertain;
    if ((count > 0) != j->request->show_covered)
        return true;
    link = link_of_member(j, feature, count, &r.uncertainty_m);
    r.metres = link.hit.distance_m;
    if (link.hit.feature == UINT32_MAX && count == 0)
        r.metres = -1; /* not known: the last of the gaps */
    r.n_links = count > 0;
    im_buf_append(&j->links, &link, sizeof link);
    im_buf_append(&j->records, &r, sizeof r);
    if (j->rc == IM_OK && (j->records.failed || j->links.failed))
        j->rc = im_fail(j->err, IM_ENOMEM, "coverage: out of memory");
    return j->rc == IM_OK;
}

/* A filter that is wrong is not that of the rows. */
static enum im_code of_other(enum im_code rc, struct im_error *err)
{
    if (rc != IM_OK && strcmp(err->about, "filter") == 0) {
        im_context(err, "other_filter");
        im_about(err, "other_filter");
    }
    return rc;
}

static enum im_code
note_others(struct join *j, struct cql_fault *fault, struct im_error *err)
{
    const struct query_request *q = j->request->others[0];
    enum im_code rc = IM_OK;

    for (size_t i = 0; rc == IM_OK && i < q->n_layers; i++) {
        j->layer = q->layers[i];
        rc =
            of_other(query_each(q, j->layer, j->arena, note_other, j, fault, err), err);
    }
    if (rc == IM_OK && (j->inside.failed || j->known_around.failed))
        rc = im_fail(err, IM_ENOMEM, "coverage: out of memory");
    sum_up(&j->inside);
    sum_up(&j->known_around);
    return rc;
}

/* ---- the answer ---- */

static int compare_rows(const struct record *a, const struct record *b)
{
    return a->layer ? analysis_compare_rows(a->layer, a->feature, b->layer, b->feature)
                    : 0;
}

/* An A without any B goes last here, and first where it is the worst. */
static int by_nearest(const void *a, const void *b)
{
    const struct record *x = a;
    const struct record *y = b;

    return x->metres != y->metres ? (x->metres < y->metres ? -1 : 1)
                                  : compare_rows(x, y);
}

static int by_farthest(const void *a, const void *b)
{
    const struct record *x = a;
    const struct record *y = b;

    return x->metres != y->metres ? (x->metres > y->metres ? -1 : 1)
                                  : compare_rows(x, y);
}

static int by_links(const void *a, const void *b)
{
    const struct record *x = a;
    const struct record *y = b;

    if (x->n_links != y->n_links)
        return x->n_links > y->n_links ? -1 : 1;
    if (x->is_uncertain != y->is_uncertain)
        return x->is_uncertain ? 1 : -1;
    return compare_rows(x, y);
}

static struct query_hit hit_of(const struct near_hit *near, double uncertainty_m)
{
    struct query_hit hit = {.layer = near->layer,
                            .feature = near->feature,
                            .distance_m = (double)NAN,
                            .along_m = (double)NAN,
                            .off_m = (double)NAN};

    if (near->feature != UINT32_MAX) {
        hit.distance_m = near->distance_m;
        hit.uncertainty_m = near->uncertainty_m + uncertainty_m;
        hit.nearest_lon = near->lon;
        hit.nearest_lat = near->lat;
    }
    return hit;
}

static bool
write_pair(const struct join *j, const struct record *r, struct join_pair *out)
{
    const struct link *links = (const struct link *)(const void *)j->links.data;
    size_t n = j->request->n_others;

    out->row = (struct query_hit){.layer = r->layer,
                                  .feature = r->feature,
                                  .distance_m = (double)NAN,
                                  .along_m = (double)NAN,
                                  .off_m = (double)NAN};
    out->is_uncertain = r->is_uncertain;
    out->other = im_arena_calloc(j->arena, n, sizeof *out->other);
    out->count = im_arena_calloc(j->arena, n, sizeof *out->count);
    for (size_t k = 0; out->other && out->count && k < n; k++) {
        out->other[k] = hit_of(&links[r->link + k].hit, r->uncertainty_m);
        out->count[k] = links[r->link + k].count;
    }
    return out->other && out->count;
}

/* How many are within reach, where that is a question. */
static bool count_links(struct join *j, const struct record *r)
{
    struct link *links = (struct link *)(void *)j->links.data + r->link;
    const struct join_request *q = j->request;
    struct subject s;

    if (j->by_code || !isfinite(q->max_m) || r->n_links == 0)
        return true; /* of all there are: one is as good as a million */
    if (!measure(j, r->layer, r->feature, &s))
        return false;
    for (size_t k = 0; k < q->n_others && j->rc == IM_OK; k++) {
        if (im_deadline_passed(&q->rows->deadline))
            j->rc = im_deadline_fail(j->err);
        else if (links[k].count)
            links[k].count = near_set_count(j->sets[k], &s, q->max_m);
    }
    return j->rc == IM_OK;
}

/* ---- each pair once ---- */

static int by_row(const void *a, const void *b)
{
    const struct record *x = a;
    const struct record *y = b;

    if (x->layer != y->layer)
        return (uintptr_t)x->layer < (uintptr_t)y->layer ? -1 : 1;
    return (x->feature > y->feature) - (x->feature < y->feature);
}

/* Is it the later one of two that are each other's nearest? */
static bool is_said_already(const struct join *j,
                            const struct record *r,
                            const struct record *all,
                            size_t n)
{
    const struct link *links = (const struct link *)(const void *)j->links.data;
    const struct near_hit *hit = &links[r->link].hit;
    struct record key = {.layer = hit->layer, .feature = hit->feature};
    const struct record *other =
        hit->feature == UINT32_MAX ? NULL : bsearch(&key, all, n, sizeof key, by_row);

    return other && links[other->link].hit.layer == r->layer &&
           links[other->link].hit.feature == r->feature && compare_rows(other, r) < 0;
}

/* Across a border A and B are often the same rows: two neighbours are one pair. */
static enum im_code leave_out_said(struct join *j, struct im_error *err)
{
    struct im_buf kept = {.max = RECORD_BYTES};
    struct record *all = (struct record *)(void *)j->records.data;
    size_t n = j->records.len / sizeof *all;

    if (n)
        qsort(all, n, sizeof *all, by_row);
    for (size_t i = 0; i < n; i++)
        if (!is_said_already(j, &all[i], all, n))
            im_buf_append(&kept, &all[i], sizeof all[i]);
    if (kept.failed) {
        im_buf_release(&kept);
        return im_fail(err, IM_ENOMEM, "join: out of memory");
    }
    im_buf_release(&j->records);
    j->records = kept;
    return IM_OK;
}

/* Neighbours in the list whose distances differ by less than they are worth. */
static void mark_order(struct join_answer *a)
{
    for (size_t i = 1; i < a->n_pairs; i++) {
        struct query_hit *x = &a->pairs[i - 1].other[0];
        struct query_hit *y = &a->pairs[i].other[0];

        if (fabs(x->distance_m - y->distance_m) < x->uncertainty_m + y->uncertainty_m)
            x->order_uncertain = y->order_uncertain = true;
    }
}

static enum im_code
finish(struct join *j, struct join_answer *out, struct im_error *err)
{
    struct join_answer *a = &j->answer;
    bool is_gaps = j->kind == COVERAGE && !j->request->show_covered;
    struct record *records;

    if (j->kind == JOIN && j->request->is_across && leave_out_said(j, err) != IM_OK)
        return IM_ENOMEM;
    records = (struct record *)(void *)j->records.data;
    a->n_matched = j->records.len / sizeof *records;
    a->n_pairs = j->request->limit && j->request->limit < a->n_matched
                     ? j->request->limit
                     : a->n_matched;
    if (a->n_matched)
        qsort(records, a->n_matched, sizeof *records,
              j->kind == CHAIN ? by_links
              : is_gaps        ? by_farthest
                               : by_nearest);
    a->pairs = im_arena_calloc(j->arena, a->n_pairs + 1, sizeof *a->pairs);
    if (!a->pairs)
        return im_fail(err, IM_ENOMEM, "join: out of memory");
    for (size_t i = 0; i < a->n_pairs; i++) {
        if (!count_links(j, &records[i]))
            return j->rc;
        if (!write_pair(j, &records[i], &a->pairs[i]))
            return im_fail(err, IM_ENOMEM, "join: out of memory");
    }
    if (j->kind != CHAIN)
        mark_order(a);
    *out = *a;
    return IM_OK;
}

/* ---- all of it ---- */

static enum im_code
make_sets(struct join *j, struct cql_fault *fault, struct im_error *err)
{
    const struct join_request *q = j->request;
    const struct atlas *atlas = q->rows->atlas ? q->rows->atlas : q->others[0]->atlas;
    enum im_code rc = division_index_init(&j->divisions, atlas, j->arena, err);

    for (size_t k = 0; rc == IM_OK && k < q->n_others; k++) {
        rc = of_other(near_set_new(q->others[k], &j->divisions, q->is_across, q->across,
                                   j->arena, &j->sets[k], fault, err),
                      err);
        if (rc == IM_OK && !q->by_membership)
            j->answer.n_apart += near_set_apart(j->sets[k]);
    }
    return rc;
}

static enum im_code ask_origin(struct join *j)
{
    struct subject s;

    if (measure(j, NULL, UINT32_MAX, &s))
        take(j, &s);
    return j->rc;
}

/* Are all A divisions, so that membership goes by code? */
static bool goes_by_code(const struct join_request *q)
{
    for (size_t i = 0; i < q->rows->n_layers; i++)
        if (q->rows->layers[i]->schema->roles.adcode == SCHEMA_NO_FIELD ||
            q->rows->layers[i]->schema->roles.adcode != q->rows->layers[i]->schema->key)
            return false;
    return true;
}

static enum im_code ask_rows(struct join *j,
                             query_visit_fn *fn,
                             struct cql_fault *fault,
                             struct im_error *err)
{
    const struct query_request *rows = j->request->rows;
    enum im_code rc = IM_OK;

    for (size_t i = 0; rc == IM_OK && i < rows->n_layers; i++) {
        j->layer = rows->layers[i];
        rc = query_each(rows, j->layer, j->arena, fn, j, fault, err);
        if (rc == IM_OK)
            rc = j->rc;
    }
    return rc;
}

static enum im_code run(const struct join_request *request,
                        enum join_kind kind,
                        struct im_arena *arena,
                        struct join_answer *out,
                        struct cql_fault *fault,
                        struct im_error *err)
{
    struct join_request q = *request;
    struct join j = {.request = &q,
                     .kind = kind,
                     .arena = arena,
                     .err = err,
                     .records = {.max = RECORD_BYTES},
                     .links = {.max = RECORD_BYTES},
                     .inside = {.max = RECORD_BYTES},
                     .known_around = {.max = RECORD_BYTES}};
    enum im_code rc = check(request, kind, err);

    if (rc != IM_OK)
        return rc;
    if (kind != COVERAGE)
        q.by_membership = false;
    j.by_code = q.by_membership && goes_by_code(&q);
    if (q.by_membership && !j.by_code)
        q.max_m = 0; /* of other areas: inside of the outline */
    j.scratch = im_arena_new(SCRATCH_BYTES);
    if (!j.scratch) {
        rc = im_fail(err, IM_ENOMEM, "join: out of memory");
        goto done;
    }
    rc = make_sets(&j, fault, err);
    if (rc == IM_OK && j.by_code)
        rc = note_others(&j, fault, err);
    if (rc == IM_OK && kind == CHAIN && q.rows->n_layers == 0)
        rc = ask_origin(&j);
    else if (rc == IM_OK)
        rc = ask_rows(&j, j.by_code ? visit_member : visit, fault, err);
    if (rc == IM_OK && j.by_code)
        j.answer.n_apart += j.n_unknown[j.finest];
    if (rc == IM_OK)
        rc = finish(&j, out, err);
done:
    im_buf_release(&j.records);
    im_buf_release(&j.links);
    im_buf_release(&j.inside);
    im_buf_release(&j.known_around);
    im_arena_free(j.scratch);
    return rc;
}

enum im_code analysis_join(const struct join_request *request,
                           struct im_arena *arena,
                           struct join_answer *out,
                           struct cql_fault *fault,
                           struct im_error *err)
{
    return run(request, JOIN, arena, out, fault, err);
}

enum im_code analysis_coverage(const struct join_request *request,
                               struct im_arena *arena,
                               struct join_answer *out,
                               struct cql_fault *fault,
                               struct im_error *err)
{
    return run(request, COVERAGE, arena, out, fault, err);
}

enum im_code analysis_chain(const struct join_request *request,
                            struct im_arena *arena,
                            struct join_answer *out,
                            struct cql_fault *fault,
                            struct im_error *err)
{
    return run(request, CHAIN, arena, out, fault, err);
}
