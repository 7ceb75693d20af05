/* SPDX-License-Identifier: Apache-2.0 */
/* Trees over the selected rows of each layer, in the layer's own Hilbert order. */
#include "analysis/near_set.h"

#include "atlas/layer.h"
#include "geom/check.h"

#include <math.h>
#include <stdlib.h>

/* Rows of one layer, and with `across` of one division. */
struct bag {
    const struct atlas_layer *layer;
    const uint32_t *features; /* ascending */
    uint32_t division;        /* 0 without `across` */
    struct tree tree;
};

struct near_set {
    struct bag *bags;
    size_t n_bags;
    uint16_t fine;   /* classes that take part */
    uint16_t coarse; /* classes that do not */
    bool across;
    uint64_t n_apart;
};

/* ---- subjects ---- */

/* Divisions are points at their seats; what is meant is the whole of them. */
static bool outline_of(const struct atlas_layer *layer,
                       uint32_t feature,
                       const struct division_index *divisions,
                       uint32_t *outline)
{
    if (!divisions || layer != divisions->divisions || !divisions->outlines)
        return false;
    return division_find(divisions->outlines, division_code_of(layer, feature),
                         outline) &&
           *outline < divisions->outlines->n_placed;
}

enum precision subject_precision(const struct atlas_layer *layer,
                                 uint32_t feature,
                                 const struct division_index *divisions)
{
    uint32_t outline;

    return outline_of(layer, feature, divisions, &outline)
               ? PRECISION_EXACT
               : query_precision(layer, feature);
}

static enum im_code
measure_from(struct subject *s, struct im_arena *arena, struct im_error *err)
{
    double lon;
    double lat;

    s->box = geom_bbox(&s->geom);
    s->polar_cos = bound_cos(fmin(fmax(-s->box.min_y, s->box.max_y), 90));
    if (geom_middle(&s->geom, &lon, &lat))
        s->middle = bound_origin(lon, lat);
    if (s->geom.n_points == 1) {
        geodesic_origin_init(&s->origin, s->geom.lonlat[0], s->geom.lonlat[1]);
        return IM_OK;
    }
    if (s->geom.kind == GEOM_AREA)
        s->prepared = geom_prepared_new(&s->geom, arena);
    if (s->geom.n_parts)
        s->edges = edge_tree_new(&s->geom, arena);
    if ((s->geom.kind == GEOM_AREA && !s->prepared) || (s->geom.n_parts && !s->edges))
        return im_fail(err, IM_ENOMEM, "distances: out of memory");
    return IM_OK;
}

enum im_code subject_init(struct subject *s,
                          const struct atlas_layer *layer,
                          uint32_t feature,
                          const struct division_index *divisions,
                          struct im_arena *arena,
                          struct im_error *err)
{
    uint32_t outline;

    *s = (struct subject){.layer = layer, .feature = feature};
    if (outline_of(layer, feature, divisions, &outline)) {
        s->geom = atlas_geom(divisions->outlines, outline);
        s->uncertainty_m = QUERY_OUTLINE_UNCERTAINTY_M;
    } else {
        s->geom = atlas_geom(layer, feature);
        s->uncertainty_m =
            divisions && layer == divisions->outlines
                ? QUERY_OUTLINE_UNCERTAINTY_M
                : precision_uncertainty_m(query_precision(layer, feature));
    }
    return measure_from(s, arena, err);
}

enum im_code subject_init_origin(struct subject *s,
                                 const struct query_request *request,
                                 struct im_arena *arena,
                                 struct im_error *err)
{
    *s = (struct subject){.feature = UINT32_MAX,
                          .uncertainty_m = request->origin_uncertainty_m,
                          .own_lonlat = {request->lon, request->lat}};
    s->geom =
        request->outline_layer
            ? atlas_geom(request->outline_layer, request->outline)
            : (struct geom){.kind = GEOM_POINT, .n_points = 1, .lonlat = s->own_lonlat};
    return measure_from(s, arena, err);
}

/* The precision of a placed feature, without reading its text. */
static unsigned class_of(const struct atlas_layer *layer, uint32_t feature)
{
    return atlas_class(layer, feature) % NEAR_SET_CLASSES;
}

/* ---- bounds ---- */

/* hav of the angle between two boxes, from below: each term at its own minimum, as in
 * geom/bound.h. */
static double boxes_hav(
    const struct subject *s, double min_x, double min_y, double max_x, double max_y)
{
    const struct bbox *a = &s->box;
    double north = min_y - a->max_y;
    double south = a->min_y - max_y;
    double dlat = north > 0 ? north : south > 0 ? south : 0;
    double east = min_x - a->max_x;
    double west = a->min_x - max_x;
    double dlon = 0;

    if (east > 0) /* the other way round: from the west side of a to the east of b */
        dlon = fmin(east, fmax(a->min_x + 360 - max_x, 0));
    else if (west > 0)
        dlon = fmin(west, fmax(min_x + 360 - a->max_x, 0));
    double h = bound_hav(dlat);
    if (dlon > 0)
        h += s->polar_cos * bound_cos(fmin(fmax(-min_y, max_y), 90)) * bound_hav(dlon);
    return h;
}

static double node_hav(const struct subject *s, const struct tree_box *b)
{
    return boxes_hav(s, (double)b->min_x, (double)b->min_y, (double)b->max_x,
                     (double)b->max_y);
}

/* ---- one distance ---- */

static double distance(const struct subject *s,
                       const struct atlas_layer *layer,
                       uint32_t feature,
                       double limit_m,
                       double *lon,
                       double *lat)
{
    struct geom g = atlas_geom(layer, feature);
    struct geodesic_origin origin;

    *lon = g.lonlat[0];
    *lat = g.lonlat[1];
    if (s->geom.n_points == 1)
        return g.n_points == 1 ? geodesic_from(&s->origin, *lon, *lat)
                               : geom_distance_from(&s->origin, &g, limit_m, lon, lat);
    if (g.n_points != 1 || !s->edges)
        return geom_between_m(&s->geom, &g, limit_m, lon, lat);
    if (s->prepared && geom_prepared_contains(s->prepared, *lon, *lat))
        return 0;
    geodesic_origin_init(&origin, *lon, *lat);
    return edge_tree_distance(s->edges, &origin, limit_m, NULL, NULL, NULL);
}

/* ---- the nearest ---- */

struct search {
    const struct subject *subject;
    const struct bag *bag;
    uint16_t mask;
    double limit_m;
    double hav_limit;
    struct near_hit best;
};

int analysis_compare_rows(const struct atlas_layer *a,
                          uint32_t a_feature,
                          const struct atlas_layer *b,
                          uint32_t b_feature)
{
    const struct layer_schema *s = a->schema;
    const struct layer_schema *t = b->schema;
    int64_t x;
    int64_t y;

    if (a != b)
        return s->order != t->order ? (s->order < t->order ? -1 : 1)
                                    : strcmp(s->id, t->id);
    if (atlas_integer(a, a_feature, s->key, &x) &&
        atlas_integer(b, b_feature, s->key, &y) && x != y)
        return x < y ? -1 : 1;
    struct im_bytes p = atlas_text(a, a_feature, s->key);
    struct im_bytes q = atlas_text(b, b_feature, s->key);
    size_t len = p.len < q.len ? p.len : q.len;
    int order = len ? memcmp(p.data, q.data, len) : 0;
    if (order)
        return order;
    if (p.len != q.len)
        return p.len < q.len ? -1 : 1;
    return (a_feature > b_feature) - (a_feature < b_feature);
}

static void consider(struct search *s, uint32_t feature)
{
    const struct atlas_layer *layer = s->bag->layer;
    double lon;
    double lat;

    if (layer == s->subject->layer && feature == s->subject->feature)
        return;
    double metres = distance(s->subject, layer, feature, s->limit_m, &lon, &lat);
    if (!(metres <= s->limit_m))
        return;
    if (s->best.feature != UINT32_MAX && metres == s->best.distance_m &&
        analysis_compare_rows(layer, feature, s->best.layer, s->best.feature) > 0)
        return;
    s->best = (struct near_hit){layer, feature, metres, 0, lon, lat};
    s->limit_m = metres;
    s->hav_limit = bound_hav_limit(metres);
}

static void search_leaf(struct search *s, uint32_t node)
{
    const struct atlas_layer *layer = s->bag->layer;
    uint32_t i;
    uint32_t end;

    tree_range(&s->bag->tree, 0, node, &i, &end);
    for (; i < end; i++) {
        uint32_t feature = s->bag->features[i];
        struct bbox b = atlas_bbox(layer, feature);

        if ((s->mask >> class_of(layer, feature) & 1) &&
            boxes_hav(s->subject, b.min_x, b.min_y, b.max_x, b.max_y) <= s->hav_limit)
            consider(s, feature);
    }
}

/* Nearer children first. As deep as the tree is high: at most TREE_MAX_LEVELS calls. */
static void search_node(struct search *s, unsigned level, uint32_t node)
{
    const struct tree *tree = &s->bag->tree;
    uint32_t child[TREE_NODE_SIZE];
    double hav[TREE_NODE_SIZE];
    unsigned n = 0;

    if (level == 0) {
        search_leaf(s, node);
        return;
    }
    uint32_t end = tree_children_end(tree, level, node);
    for (uint32_t i = node * TREE_NODE_SIZE; i < end; i++) {
        uint32_t at = tree->level_start[level - 1] + i;
        unsigned k = n;

        if (!(tree->masks[at] & s->mask))
            continue;
        double h = node_hav(s->subject, &tree->boxes[at]);
        if (h > s->hav_limit)
            continue;
        for (n++; k > 0 && h < hav[k - 1]; k--) {
            hav[k] = hav[k - 1];
            child[k] = child[k - 1];
        }
        hav[k] = h;
        child[k] = i;
    }
    for (unsigned k = 0; k < n && hav[k] <= s->hav_limit; k++)
        search_node(s, level - 1, child[k]);
}

static double root_hav(const struct bag *bag, const struct subject *s)
{
    const struct tree *tree = &bag->tree;

    return node_hav(s, &tree->boxes[tree->level_start[tree->n_levels - 1]]);
}

/* Bags of the subject's own division take no part, nor those of an unknown one. */
static bool
takes_part(const struct near_set *set, const struct bag *bag, const struct subject *s)
{
    return !set->across || (bag->division && bag->division != s->division);
}

/* The bag whose box is nearest goes first: then most of the others need no look. */
static size_t first_bag(const struct near_set *set, const struct subject *s)
{
    double least = HUGE_VAL;
    size_t first = 0;

    for (size_t i = 0; set->n_bags > 1 && i < set->n_bags; i++) {
        double h =
            takes_part(set, &set->bags[i], s) ? root_hav(&set->bags[i], s) : HUGE_VAL;

        if (h < least) {
            least = h;
            first = i;
        }
    }
    return first;
}

static struct near_hit nearest_of(const struct near_set *set,
                                  const struct subject *subject,
                                  uint16_t mask,
                                  double max_m)
{
    struct search s = {.subject = subject,
                       .mask = mask,
                       .limit_m = max_m,
                       .hav_limit = bound_hav_limit(max_m),
                       .best = {.feature = UINT32_MAX, .distance_m = HUGE_VAL}};
    size_t first = first_bag(set, subject);

    if (!(max_m >= 0) || subject->geom.n_points == 0)
        return s.best;
    for (size_t k = 0; k < set->n_bags; k++) {
        size_t i = k == 0 ? first : k <= first ? k - 1 : k;

        s.bag = &set->bags[i];
        if (takes_part(set, s.bag, subject) && root_hav(s.bag, subject) <= s.hav_limit)
            search_node(&s, s.bag->tree.n_levels - 1, 0);
    }
    if (s.best.feature != UINT32_MAX)
        s.best.uncertainty_m =
            precision_uncertainty_m(query_precision(s.best.layer, s.best.feature));
    return s.best;
}

struct near_hit
near_set_nearest(const struct near_set *set, const struct subject *s, double max_m)
{
    return nearest_of(set, s, set->fine, max_m);
}

/* ---- what the positions allow to be said ---- */

bool near_set_surely_reaches(const struct near_set *set,
                             const struct subject *s,
                             double max_m)
{
    for (int p = PRECISION_EXACT; p <= PRECISION_CITY; p++) {
        double reach =
            max_m - s->uncertainty_m - precision_uncertainty_m((enum precision)p);

        if ((set->fine >> p & 1) &&
            nearest_of(set, s, (uint16_t)(1 << p), reach).feature != UINT32_MAX)
            return true;
    }
    return false;
}

bool near_set_may_reach(const struct near_set *set,
                        const struct subject *s,
                        double max_m)
{
    for (int p = PRECISION_EXACT; p <= PRECISION_CITY; p++) {
        double reach =
            max_m + s->uncertainty_m + precision_uncertainty_m((enum precision)p);

        if (((set->fine | set->coarse) >> p & 1) &&
            nearest_of(set, s, (uint16_t)(1 << p), reach).feature != UINT32_MAX)
            return true;
    }
    return false;
}

/* ---- counting ---- */

struct counter {
    const struct near_set *set;
    const struct subject *subject;
    const struct bag *bag;
    double max_m;
    double hav_limit;
};

/* Everything in a box is within reach when its farthest corner is, seen from one
 * position of the subject. */
static bool is_all_within(
    const struct counter *c, double min_x, double min_y, double max_x, double max_y)
{
    return bound_upper_m(c->subject->middle, min_x, min_y, max_x, max_y) <= c->max_m;
}

static uint64_t count_leaf(const struct counter *c, uint32_t node)
{
    const struct atlas_layer *layer = c->bag->layer;
    uint64_t sum = 0;
    uint32_t i;
    uint32_t end;

    tree_range(&c->bag->tree, 0, node, &i, &end);
    for (; i < end; i++) {
        uint32_t feature = c->bag->features[i];
        struct bbox b = atlas_bbox(layer, feature);
        double lon;
        double lat;

        if (!(c->set->fine >> class_of(layer, feature) & 1) ||
            (layer == c->subject->layer && feature == c->subject->feature) ||
            boxes_hav(c->subject, b.min_x, b.min_y, b.max_x, b.max_y) > c->hav_limit)
            continue;
        sum += is_all_within(c, b.min_x, b.min_y, b.max_x, b.max_y) ||
               distance(c->subject, layer, feature, c->max_m, &lon, &lat) <= c->max_m;
    }
    return sum;
}

static bool holds_subject(const struct counter *c, uint32_t from, uint32_t to)
{
    return c->bag->layer == c->subject->layer &&
           c->subject->feature >= c->bag->features[from] &&
           c->subject->feature <= c->bag->features[to - 1];
}

static uint64_t count_node(const struct counter *c, unsigned level, uint32_t node)
{
    const struct tree *tree = &c->bag->tree;
    uint32_t at = tree->level_start[level] + node;
    const struct tree_box *b = &tree->boxes[at];
    uint32_t from;
    uint32_t end;
    uint64_t sum = 0;

    if (!(tree->masks[at] & c->set->fine) || node_hav(c->subject, b) > c->hav_limit)
        return 0;
    tree_range(tree, level, node, &from, &end);
    if (!(tree->masks[at] & c->set->coarse) && !holds_subject(c, from, end) &&
        is_all_within(c, (double)b->min_x, (double)b->min_y, (double)b->max_x,
                      (double)b->max_y))
        return end - from;
    if (level == 0)
        return count_leaf(c, node);
    end = tree_children_end(tree, level, node);
    for (uint32_t i = node * TREE_NODE_SIZE; i < end; i++)
        sum += count_node(c, level - 1, i);
    return sum;
}

uint64_t
near_set_count(const struct near_set *set, const struct subject *s, double max_m)
{
    struct counter c = {
        .set = set, .subject = s, .max_m = max_m, .hav_limit = bound_hav_limit(max_m)};
    uint64_t sum = 0;

    for (size_t i = 0; s->geom.n_points && i < set->n_bags; i++) {
        c.bag = &set->bags[i];
        if (takes_part(set, c.bag, s))
            sum += count_node(&c, c.bag->tree.n_levels - 1, 0);
    }
    return sum;
}

/* ---- collecting ---- */

struct pick {
    uint32_t division;
    uint32_t feature;
};

struct collector {
    const struct query_request *request;
    const struct atlas_layer *layer;
    struct division_index *divisions;
    bool across;
    enum division_level level;
    struct im_buf picks;
    uint64_t n_apart;
};

static bool collect(void *ctx, uint32_t feature)
{
    struct collector *c = ctx;
    struct pick pick = {.feature = feature};

    if (feature >= c->layer->n_placed ||
        query_precision(c->layer, feature) > c->request->coarsest)
        c->n_apart++;
    if (feature >= c->layer->n_placed)
        return true;
    if (c->across)
        pick.division = division_of(c->divisions, c->layer, feature, c->level);
    im_buf_append(&c->picks, &pick, sizeof pick);
    return !c->picks.failed;
}

static int compare_picks(const void *a, const void *b)
{
    const struct pick *x = a;
    const struct pick *y = b;

    if (x->division != y->division)
        return x->division < y->division ? -1 : 1;
    return (x->feature > y->feature) - (x->feature < y->feature);
}

static bool is_sorted(const struct pick *picks, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (compare_picks(&picks[i - 1], &picks[i]) > 0)
            return false;
    return true;
}

static struct bbox bag_box(const void *ctx, uint32_t i)
{
    const struct bag *bag = ctx;

    return atlas_bbox(bag->layer, bag->features[i]);
}

static uint16_t bag_mask(const void *ctx, uint32_t i)
{
    const struct bag *bag = ctx;

    return (uint16_t)(1 << class_of(bag->layer, bag->features[i]));
}

static bool make_bag(struct near_set *set,
                     const struct atlas_layer *layer,
                     const struct pick *picks,
                     size_t n,
                     struct im_arena *arena)
{
    struct bag *bag = &set->bags[set->n_bags++];
    uint32_t *features = im_arena_calloc(arena, n, sizeof *features);

    *bag = (struct bag){.layer = layer, .division = picks->division};
    for (size_t i = 0; features && i < n; i++)
        features[i] = picks[i].feature;
    bag->features = features;
    return features &&
           tree_build(&bag->tree, (uint32_t)n, bag_box, bag_mask, bag, arena);
}

static size_t run_length(const struct pick *picks, size_t n)
{
    size_t i = 1;

    while (i < n && picks[i].division == picks->division)
        i++;
    return i;
}

static bool make_bags(struct near_set *set,
                      const struct atlas_layer *layer,
                      const struct im_buf *all,
                      struct im_arena *arena)
{
    struct pick *picks = (struct pick *)(void *)all->data;
    size_t n = all->len / sizeof *picks;
    size_t more = 0;

    if (!is_sorted(picks, n))
        qsort(picks, n, sizeof *picks, compare_picks);
    for (size_t i = 0; i < n; i += run_length(picks + i, n - i))
        more++;
    struct bag *bags = im_arena_calloc(arena, set->n_bags + more + 1, sizeof *bags);
    if (!bags)
        return false;
    if (set->n_bags)
        memcpy(bags, set->bags, set->n_bags * sizeof *bags);
    set->bags = bags;
    for (size_t i = 0; i < n;) {
        size_t len = run_length(picks + i, n - i);

        if (!make_bag(set, layer, picks + i, len, arena))
            return false;
        i += len;
    }
    return true;
}

enum im_code near_set_new(const struct query_request *request,
                          struct division_index *divisions,
                          bool across,
                          enum division_level level,
                          struct im_arena *arena,
                          struct near_set **out,
                          struct cql_fault *fault,
                          struct im_error *err)
{
    struct near_set *set = im_arena_calloc(arena, 1, sizeof *set);
    struct collector c = {.request = request,
                          .divisions = divisions,
                          .across = across,
                          .level = level,
                          .picks = {.max = (size_t)1 << 31}};
    enum im_code rc = set ? IM_OK : im_fail(err, IM_ENOMEM, "distances: out of memory");

    for (size_t i = 0; rc == IM_OK && i < request->n_layers; i++) {
        c.layer = request->layers[i];
        im_buf_clear(&c.picks);
        rc = query_each(request, c.layer, arena, collect, &c, fault, err);
        if (rc == IM_OK &&
            (c.picks.failed || !make_bags(set, c.layer, &c.picks, arena)))
            rc = im_fail(err, IM_ENOMEM, "distances: out of memory");
    }
    im_buf_release(&c.picks);
    if (rc != IM_OK)
        return rc;
    for (int p = PRECISION_EXACT; p <= PRECISION_CITY; p++)
        *(p <= (int)request->coarsest ? &set->fine : &set->coarse) |=
            (uint16_t)(1 << p);
    set->across = across;
    set->n_apart = c.n_apart;
    *out = set;
    return IM_OK;
}

uint64_t near_set_apart(const struct near_set *set)
{
    return set->n_apart;
}
