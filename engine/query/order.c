/* SPDX-License-Identifier: Apache-2.0 */
/* In which order rows come, and the first k of them. */
#include "query/order.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

#define LAST UINT64_MAX /* the rank of null */

/* ---- what is asked for ---- */

static int by_list(const void *a, const void *b)
{
    const struct layer_schema *s =
        atlas_layer_schema(*(const struct atlas_layer *const *)a);
    const struct layer_schema *t =
        atlas_layer_schema(*(const struct atlas_layer *const *)b);

    return s->order != t->order ? (s->order > t->order) - (s->order < t->order)
                                : strcmp(s->id, t->id);
}

static void take_layers(struct order *order, const struct query_request *request)
{
    uint32_t n = 0;

    for (size_t i = 0; i < request->n_layers; i++)
        order->layers[i] = request->layers[i];
    qsort(order->layers, request->n_layers, sizeof(const struct atlas_layer *),
          by_list);
    for (size_t i = 0; i < request->n_layers; i++)
        if (n == 0 || order->layers[n - 1] != order->layers[i])
            order->layers[n++] = order->layers[i];
    order->n_layers = n;
}

static enum im_code no_such_field(const struct query_sort *sort, struct im_error *err)
{
    int len = (int)(sort->field.len < 60 ? sort->field.len : 60);
    const char *text = (const char *)sort->field.data;

    im_fail(err, IM_EARG,
            "sort by '%.*s': no such field in these layers; allowed: their fields, "
            "name, importance, distance (with an origin)",
            len, text);
    im_about(err, "sortby");
    return im_zh(err, IM_EARG,
                 "排序字段“%.*s”在这些图层中不存在；可用：图层字段、name、importance、"
                 "distance（需有起点）",
                 len, text);
}

static enum source_value_kind value_kind(enum field_type type)
{
    return type == FIELD_TEXT      ? SOURCE_TEXT
           : type == FIELD_INTEGER ? SOURCE_INTEGER
                                   : SOURCE_REAL;
}

static enum im_code take_field(const struct order *order,
                               const struct query_sort *sort,
                               struct order_key *key,
                               struct im_error *err)
{
    key->kind = ORDER_FIELD;
    key->type = SOURCE_NULL;
    for (uint32_t i = 0; i < order->n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(order->layers[i]);
        int field = schema_field_index(schema, sort->field);
        enum source_value_kind type;

        key->fields[i] = field;
        if (field == SCHEMA_NO_FIELD)
            continue;
        type = value_kind(schema->fields[field].type);
        if (key->type != SOURCE_NULL &&
            (key->type == SOURCE_TEXT) != (type == SOURCE_TEXT)) {
            const char *name = schema->fields[field].name;

            im_fail(err, IM_EARG,
                    "sort by '%s': text in one layer, a number in another; ask one "
                    "layer at a time",
                    name);
            im_about(err, "sortby");
            return im_zh(err, IM_EARG,
                         "排序字段“%s”在一个图层为文本，在另一个为数值；请分图层查询",
                         name);
        }
        /* numbers of both types are compared as reals */
        key->type = key->type == SOURCE_REAL ? SOURCE_REAL : type;
    }
    return key->type == SOURCE_NULL ? no_such_field(sort, err) : IM_OK;
}

static enum im_code take_sort(struct order *order,
                              const struct query_request *request,
                              const struct query_sort *sort,
                              struct im_error *err)
{
    struct order_key *key = &order->keys[order->n_keys++];

    *key = (struct order_key){.descending = sort->descending, .type = SOURCE_REAL};
    if (im_bytes_equal(sort->field, im_bytes_of("distance"))) {
        key->kind = ORDER_DISTANCE;
        if (request->has_origin)
            return IM_OK;
        im_fail(err, IM_EARG,
                "sort by 'distance' needs an origin: lon and lat, or near");
        im_about(err, "sortby");
        return im_zh(err, IM_EARG, "按 distance 排序需要起点：lon 和 lat，或 near");
    }
    if (im_bytes_equal(sort->field, im_bytes_of("importance"))) {
        key->kind = ORDER_IMPORTANCE;
        return IM_OK;
    }
    if (im_bytes_equal(sort->field, im_bytes_of("name"))) {
        key->kind = ORDER_NAME;
        key->type = SOURCE_TEXT;
        return IM_OK;
    }
    return take_field(order, sort, key, err);
}

static void mix(uint64_t *hash, const void *data, size_t len)
{
    *hash = XXH3_64bits_withSeed(data, len, *hash);
}

/* Whatever the values in a cursor depend on. */
static uint64_t fingerprint(const struct order *order, const struct query_request *q)
{
    uint64_t hash = 1;

    for (uint32_t i = 0; i < order->n_layers; i++) {
        const char *id = atlas_layer_schema(order->layers[i])->id;

        mix(&hash, id, strlen(id) + 1);
    }
    for (uint32_t i = 0; i < order->n_keys; i++) {
        const struct order_key *key = &order->keys[i];
        uint8_t kind[3] = {(uint8_t)key->kind, key->descending, (uint8_t)key->type};

        mix(&hash, kind, sizeof kind);
        if (key->kind == ORDER_FIELD)
            mix(&hash, q->sort[i].field.data, q->sort[i].field.len);
        if (key->kind == ORDER_ALONG)
            mix(&hash, q->area->axis.lonlat, (size_t)q->area->axis.n_points * 16);
        if (key->kind == ORDER_DISTANCE) {
            double origin[2] = {q->lon, q->lat};

            mix(&hash, origin, sizeof origin);
            if (q->outline_layer) {
                int64_t fid = atlas_fid(q->outline_layer, q->outline);
                const char *id = atlas_layer_schema(q->outline_layer)->id;

                mix(&hash, id, strlen(id));
                mix(&hash, &fid, sizeof fid);
            }
        }
    }
    return hash;
}

enum im_code order_init(struct order *order,
                        const struct query_request *request,
                        struct im_error *err)
{
    enum im_code rc = IM_OK;

    order->n_keys = 0;
    take_layers(order, request);
    for (size_t i = 0; i < request->n_sort && rc == IM_OK; i++)
        rc = take_sort(order, request, &request->sort[i], err);
    if (rc != IM_OK)
        return rc;
    if (order->n_keys == 0 && request->has_origin)
        order->keys[order->n_keys++] =
            (struct order_key){.kind = ORDER_DISTANCE, .type = SOURCE_REAL};
    else if (order->n_keys == 0 && request->area &&
             request->area->axis.kind != GEOM_EMPTY)
        order->keys[order->n_keys++] =
            (struct order_key){.kind = ORDER_ALONG, .type = SOURCE_REAL};
    order->fingerprint = fingerprint(order, request);
    return IM_OK;
}

bool order_needs(const struct order *order, enum order_kind kind)
{
    for (uint32_t i = 0; i < order->n_keys; i++)
        if (order->keys[i].kind == kind)
            return true;
    return false;
}

/* ---- values ---- */

static struct source_value real_value(double v)
{
    if (v != v)
        return (struct source_value){.kind = SOURCE_NULL};
    return (struct source_value){.kind = SOURCE_REAL, .real = v};
}

static struct source_value text_value(struct im_bytes text)
{
    if (text.len > ORDER_TEXT_BYTES)
        text.len = ORDER_TEXT_BYTES;
    return (struct source_value){.kind = SOURCE_TEXT, .text = text};
}

static struct source_value field_value(const struct order_key *key,
                                       const struct atlas_layer *layer,
                                       const struct order_entry *e)
{
    struct source_value v = {.kind = SOURCE_NULL};
    int field = key->fields[e->layer];

    if (atlas_is_null(layer, e->feature, field))
        return v;
    if (key->type == SOURCE_TEXT)
        return text_value(atlas_text(layer, e->feature, field));
    v.kind = key->type;
    if (key->type == SOURCE_INTEGER)
        atlas_integer(layer, e->feature, field, &v.integer);
    else
        atlas_number(layer, e->feature, field, &v.real);
    return v;
}

static struct source_value value_of(const struct order *order,
                                    const struct order_key *key,
                                    const struct order_entry *e)
{
    const struct atlas_layer *layer = order->layers[e->layer];
    struct im_bytes name;

    switch (key->kind) {
    case ORDER_DISTANCE:
    case ORDER_ALONG:
        return real_value(e->measure);
    case ORDER_IMPORTANCE:
        return real_value((double)atlas_importance(layer, e->feature));
    case ORDER_NAME:
        name = query_name(layer, e->feature, LANG_ZH);
        return name.len ? text_value(name) : (struct source_value){.kind = SOURCE_NULL};
    case ORDER_FIELD:
        break;
    }
    return field_value(key, layer, e);
}

static int compare_text(struct im_bytes a, struct im_bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Null is last, also where the order descends. UTF-8 sorts as its code points do. */
static int compare_values(const struct order_key *key,
                          const struct source_value *a,
                          const struct source_value *b)
{
    int order;

    if (a->kind == SOURCE_NULL || b->kind == SOURCE_NULL)
        return (a->kind == SOURCE_NULL) - (b->kind == SOURCE_NULL);
    if (key->type == SOURCE_TEXT)
        order = compare_text(a->text, b->text);
    else if (key->type == SOURCE_INTEGER)
        order = (a->integer > b->integer) - (a->integer < b->integer);
    else
        order = (a->real > b->real) - (a->real < b->real);
    return key->descending ? -order : order;
}

/* A number that sorts as the value does; equal for some texts that differ late. */
static uint64_t rank_of(const struct order_key *key, const struct source_value *v)
{
    const uint64_t sign = (uint64_t)1 << 63;
    uint64_t rank = 0;
    double real;

    switch (v->kind) {
    case SOURCE_NULL:
        return LAST;
    case SOURCE_INTEGER:
        rank = (uint64_t)v->integer ^ sign;
        break;
    case SOURCE_REAL:
        real = v->real + 0.0; /* -0 becomes 0 */
        memcpy(&rank, &real, sizeof rank);
        rank = rank & sign ? ~rank : rank | sign;
        break;
    case SOURCE_TEXT:
        for (size_t i = 0; i < 8; i++)
            rank = rank << 8 | (i < v->text.len ? v->text.data[i] : 0);
        break;
    }
    return key->descending ? ~rank : rank;
}

/* By layer and fid in one number; fids out of the ordinary share the ends. */
static uint64_t fid_rank(const struct order *order, const struct order_entry *e)
{
    const int64_t max = ((int64_t)1 << 58) - 1;
    int64_t fid = atlas_fid(order->layers[e->layer], e->feature);

    return (uint64_t)e->layer << 58 | (uint64_t)(fid < 0 ? 0 : fid > max ? max : fid);
}

uint64_t order_rank(const struct order *order, const struct order_entry *entry)
{
    struct source_value v;

    if (order->n_keys == 0)
        return fid_rank(order, entry);
    v = value_of(order, &order->keys[0], entry);
    return rank_of(&order->keys[0], &v);
}

static struct im_bytes
cut_key(const struct atlas_layer *layer, uint32_t feature, char number[IM_NUMBER_MAX])
{
    struct im_bytes key;

    atlas_key(layer, feature, number, &key);
    if (key.len > ORDER_TEXT_BYTES)
        key.len = ORDER_TEXT_BYTES;
    return key;
}

static int compare_fids(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

void order_read_key(const struct order *order, struct order_position *position)
{
    const struct layer_schema *schema =
        atlas_layer_schema(order->layers[position->layer]);

    position->has_number = schema->fields[schema->key].type == FIELD_INTEGER &&
                           im_parse_int64(position->key, &position->number);
}

static int compare_key(const struct atlas_layer *layer,
                       uint32_t feature,
                       const struct order_position *b)
{
    char number[IM_NUMBER_MAX];
    int64_t x;

    if (b->has_number &&
        atlas_integer(layer, feature, atlas_layer_schema(layer)->key, &x))
        return (x > b->number) - (x < b->number);
    return compare_text(cut_key(layer, feature, number), b->key);
}

static int compare_features(const struct atlas_layer *layer, uint32_t a, uint32_t b)
{
    int key = atlas_layer_schema(layer)->key;
    int64_t x;
    int64_t y;
    char unused[IM_NUMBER_MAX];
    int order;

    if (atlas_integer(layer, a, key, &x) && atlas_integer(layer, b, key, &y))
        order = (x > y) - (x < y);
    else
        order = compare_text(cut_key(layer, a, unused), cut_key(layer, b, unused));
    return order ? order : compare_fids(atlas_fid(layer, a), atlas_fid(layer, b));
}

void order_position_of(const struct order *order,
                       const struct order_entry *entry,
                       char number[IM_NUMBER_MAX],
                       struct order_position *out)
{
    const struct atlas_layer *layer = order->layers[entry->layer];

    for (uint32_t i = 0; i < order->n_keys; i++)
        out->values[i] = value_of(order, &order->keys[i], entry);
    out->layer = entry->layer;
    out->fid = atlas_fid(layer, entry->feature);
    out->key = (struct im_bytes){0};
    if (order->n_keys)
        out->key = cut_key(layer, entry->feature, number);
    order_read_key(order, out);
}

int order_compare_position(const struct order *order,
                           const struct order_entry *a,
                           const struct order_position *b)
{
    int by_key;
    const struct atlas_layer *layer = order->layers[a->layer];
    int64_t fid = atlas_fid(layer, a->feature);

    for (uint32_t i = 0; i < order->n_keys; i++) {
        struct source_value v = value_of(order, &order->keys[i], a);
        int by_value = compare_values(&order->keys[i], &v, &b->values[i]);

        if (by_value)
            return by_value;
    }
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    if (order->n_keys == 0)
        return compare_fids(fid, b->fid);
    by_key = compare_key(layer, a->feature, b);
    return by_key ? by_key : compare_fids(fid, b->fid);
}

/* A rank says all of a number, but for the one that it shares with null. */
static bool is_decided(const struct order *order, uint32_t key, uint64_t rank)
{
    return key == 0 && order->keys[0].type != SOURCE_TEXT && rank != LAST;
}

int order_compare(const struct order *order,
                  const struct order_entry *a,
                  const struct order_entry *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    for (uint32_t i = 0; i < order->n_keys; i++) {
        struct source_value x;
        struct source_value y;
        int by_value;

        if (is_decided(order, i, a->rank))
            continue;
        x = value_of(order, &order->keys[i], a);
        y = value_of(order, &order->keys[i], b);
        by_value = compare_values(&order->keys[i], &x, &y);
        if (by_value)
            return by_value;
    }
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    if (order->n_keys == 0)
        return compare_fids(atlas_fid(order->layers[a->layer], a->feature),
                            atlas_fid(order->layers[b->layer], b->feature));
    return compare_features(order->layers[a->layer], a->feature, b->feature);
}

/* ---- the first of all ---- */

static int compare_at(const struct keep *keep, uint32_t a, uint32_t b)
{
    return order_compare(keep->order, &keep->entries[a], &keep->entries[b]);
}

static void swap(struct keep *keep, uint32_t a, uint32_t b)
{
    struct order_entry entry = keep->entries[a];

    keep->entries[a] = keep->entries[b];
    keep->entries[b] = entry;
}

static void sift_down(struct keep *keep, uint32_t i)
{
    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= keep->n)
            return;
        if (child + 1 < keep->n && compare_at(keep, child + 1, child) > 0)
            child++;
        if (compare_at(keep, child, i) <= 0)
            return;
        swap(keep, i, child);
        i = child;
    }
}

static bool grow(struct keep *keep, struct im_arena *arena)
{
    uint32_t cap = keep->cap ? keep->cap * 4 : 512;
    struct order_entry *entries;

    if (cap > keep->max)
        cap = keep->max;
    entries = im_arena_alloc(arena, cap * sizeof *entries);
    if (!entries) {
        keep->failed = true;
        return false;
    }
    if (keep->n)
        memcpy(entries, keep->entries, keep->n * sizeof *entries);
    keep->entries = entries;
    keep->cap = cap;
    return true;
}

void keep_offer(struct keep *keep,
                const struct order_entry *entry,
                struct im_arena *arena)
{
    if (keep->n < keep->max) {
        if (keep->n == keep->cap && !grow(keep, arena))
            return;
        keep->entries[keep->n++] = *entry;
        /* a heap is needed only from now on */
        for (uint32_t i = keep->n / 2; keep->n == keep->max && i-- > 0;)
            sift_down(keep, i);
    } else if (keep->max && order_compare(keep->order, entry, &keep->entries[0]) < 0) {
        keep->entries[0] = *entry;
        sift_down(keep, 0);
    }
}

/* One pass of a sort by digits: by the eight bits from `shift` on. */
static void sort_digit(const struct order_entry *from,
                       struct order_entry *to,
                       uint32_t n,
                       unsigned shift)
{
    uint32_t start[256] = {0};
    uint32_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        start[from[i].rank >> shift & 255]++;
    for (uint32_t d = 0; d < 256; d++) {
        uint32_t count = start[d];

        start[d] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < n; i++)
        to[start[from[i].rank >> shift & 255]++] = from[i];
}

/* Least significant digit first; digits that are all the same are passed over. Returns
 * where the result is. */
static struct order_entry *
sort_ranks(struct order_entry *entries, struct order_entry *scratch, uint32_t n)
{
    uint64_t differs = 0;

    for (uint32_t i = 1; i < n; i++)
        differs |= entries[i].rank ^ entries[0].rank;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        struct order_entry *other = entries;

        if (!(differs >> shift & 255))
            continue;
        sort_digit(entries, scratch, n, shift);
        entries = scratch;
        scratch = other;
    }
    return entries;
}

/* A heap sort of one stretch: rows of equal rank. In place, and never quadratic. */
static void sort_ties(const struct keep *keep, uint32_t first, uint32_t n)
{
    struct keep ties = {
        .order = keep->order, .entries = keep->entries + first, .n = n, .max = n};

    for (uint32_t i = n / 2; i-- > 0;)
        sift_down(&ties, i);
    while (ties.n > 1) {
        ties.n--;
        swap(&ties, 0, ties.n);
        sift_down(&ties, 0);
    }
}

bool keep_sort(struct keep *keep, struct im_arena *arena)
{
    struct order_entry *scratch;

    if (keep->n < 2)
        return true;
    if (keep->n < 64) { /* too few for tables of digits */
        sort_ties(keep, 0, keep->n);
        return true;
    }
    scratch = im_arena_alloc(arena, keep->n * sizeof *scratch);
    if (!scratch)
        return false;
    keep->entries = sort_ranks(keep->entries, scratch, keep->n);
    for (uint32_t first = 0; first < keep->n;) {
        uint32_t end = first + 1;

        while (end < keep->n && keep->entries[end].rank == keep->entries[first].rank)
            end++;
        if (end > first + 1)
            sort_ties(keep, first, end - first);
        first = end;
    }
    return true;
}
