/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs that may be one place: told, never merged.
 *
 * Compared are rows that share a bucket: the name without brackets and city; one of the
 * rarest pairs of characters, in one city; the neighbourhood. Of each bucket a bounded
 * number is looked at, so the work grows with the rows, not with their square.
 */
#include "identity.h"

#include "text/text.h"

#include <assert.h>
#include <math.h>
#include <xxhash.h>

enum {
    SCRATCH_BYTES = 1 << 24,
    MEMORY_BYTES = 1 << 28,
    MAX_RARE = 12,
    MAX_LOOK = 64, /* rows of one bucket that are compared */
    FREQUENCIES = 1 << 16,
    NEAR_M = 500,
    SPOT_M = 1,
    FAR_M = 50000, /* two of one name without city are no one place */
    TITLE_BYTES = 200,
    NAME_CUT = 90
};
#define ALIKE 0.85
#define ALIKE_ON_THE_SPOT 0.7 /* one house has many tenants */
#define CELL_DEG                                                                       \
    0.0053 /* 500 m and more up to 31.9 degrees of latitude east to west               \
            */

struct known {
    struct im_bytes name; /* its identity */
    const char *title;    /* as written */
    const char *key;
    struct identity_place place;
    uint64_t exact;   /* hash of `name` */
    uint64_t loose;   /* without what is in brackets, and the city before it */
    uint64_t city;    /* 0: not known */
    uint64_t numbers; /* hash of what counts places: 一期, B座, 东区 */
    bool has_brackets;
    uint64_t row; /* 0: in the table */
};

struct node {
    uint64_t bucket;
    uint32_t known;
    uint32_t next; /* plus one */
};

struct likely {
    const struct stage *stage;
    struct identity_fields fields;
    struct import_report *report;
    struct im_arena *arena; /* for all */
    struct im_arena *scratch;
    struct known *known;
    size_t n;
    size_t cap;
    struct im_buf nodes;
    uint32_t *heads; /* plus one */
    size_t n_heads;  /* a power of two */
    uint32_t *frequency;
};

/* ---- what is known of a row ---- */

static uint64_t hash_of(struct im_bytes text)
{
    return text.len ? XXH3_64bits(text.data, text.len) | 1 : 0;
}

static bool counts_places(uint32_t c)
{
    static const uint32_t signs[] = {0x4E00,          0x4E8C,          0x4E09,
                                     0x56DB,          0x4E94,          0x516D,
                                     0x4E03,          0x516B,          0x4E5D,
                                     0x5341,          0x4E1C /* 东 */, 0x897F /* 西 */,
                                     0x5357 /* 南 */, 0x5317 /* 北 */, 0x7532 /* 甲 */,
                                     0x4E59 /* 乙 */, 0x4E0A /* 上 */, 0x4E0B /* 下 */};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (c == signs[i])
            return true;
    return c < 0x80;
}

static uint64_t hash_numbers(struct im_bytes name)
{
    uint64_t hash = 0;

    for (size_t at = 0; at < name.len;) {
        uint32_t c = im_utf8_next(name, &at);

        if (counts_places(c))
            hash = (hash ^ c) * 0x9E3779B97F4A7C15u;
    }
    return hash;
}

static bool
drop_brackets(struct im_bytes name, struct im_arena *arena, struct im_bytes *out)
{
    struct im_bytes folded = text_folded(name, arena);
    uint8_t *copy = im_arena_alloc(arena, folded.len + 1);
    size_t n = 0;
    int depth = 0;
    bool found = false;

    for (size_t i = 0; copy && i < folded.len; i++) {
        uint8_t c = folded.data[i];

        depth += c == '(';
        found = found || c == '(';
        if (depth == 0)
            copy[n++] = c;
        depth -= c == ')' && depth > 0;
    }
    *out = n ? (struct im_bytes){copy, n} : folded;
    return found;
}

/* "苏州市创新中心" of Suzhou is "创新中心". */
static struct im_bytes drop_city(struct im_bytes name, struct im_bytes city)
{
    static const char suffix[] = "市";
    size_t len = city.len;

    if (len == 0 || name.len < len || memcmp(name.data, city.data, len) != 0)
        return name;
    if (name.len - len >= strlen(suffix) &&
        memcmp(name.data + len, suffix, strlen(suffix)) == 0)
        len += strlen(suffix);
    if (name.len - len < 2 * strlen(suffix)) /* two characters */
        return name;
    return (struct im_bytes){name.data + len, name.len - len};
}

/* Names come from outside: only so much of each is kept. */
static char *copy_cut(struct likely *l, struct im_bytes text, size_t max)
{
    if (text.len > max)
        text.len = im_utf8_cut((const char *)text.data, max);
    return im_arena_strdup(l->arena, text);
}

/* `name`, `city` as written; the rest is filled by the caller. False: out of memory. */
static bool
describe(struct likely *l, struct im_bytes name, struct im_bytes city, struct known *k)
{
    struct im_bytes bare = name;
    struct im_bytes short_name = text_name_identity(name, l->scratch);
    struct im_bytes short_city = text_city_identity(city, l->scratch);

    k->has_brackets = drop_brackets(name, l->scratch, &bare);
    if (k->has_brackets)
        bare = text_name_identity(bare, l->scratch);
    else
        bare = short_name;
    k->exact = hash_of(short_name);
    k->loose = hash_of(drop_city(bare, short_city));
    k->city = hash_of(short_city);
    k->numbers = hash_numbers(short_name);
    const char *copy = copy_cut(l, short_name, 4 * TEXT_LIKENESS_MAX);
    k->name = im_bytes_of(copy);
    k->title = copy_cut(l, name, TITLE_BYTES);
    im_arena_reset(l->scratch);
    return copy && k->title;
}

/* ---- buckets ---- */

static uint64_t bigram_at(struct im_bytes name, size_t *at, uint32_t *before)
{
    uint64_t pair = *before;

    *before = im_utf8_next(name, at);
    return pair << 32 | *before;
}

static uint32_t *frequency_of(const struct likely *l, uint64_t bigram)
{
    return &l->frequency[(bigram * 0x9E3779B97F4A7C15u) >> 48];
}

struct rare {
    uint64_t bigram;
    uint32_t frequency;
};

static bool is_rarer(struct rare a, struct rare b)
{
    return a.frequency != b.frequency ? a.frequency < b.frequency : a.bigram < b.bigram;
}

/* Two names that are ALIKE share at least one of so many of their rarest pairs: with n
 * pairs each other name shares n * ALIKE / (2 - ALIKE) of them or more. */
static size_t
rarest(const struct likely *l, struct im_bytes name, struct rare out[MAX_RARE])
{
    size_t n = 0;
    size_t kept = 0;
    size_t at = 0;
    uint32_t before = name.len ? im_utf8_next(name, &at) : 0;
    size_t pairs = text_length(name);

    pairs = pairs > TEXT_LIKENESS_MAX ? TEXT_LIKENESS_MAX : pairs;
    pairs -= pairs > 0;
    size_t wanted = pairs - (size_t)ceil((double)pairs * ALIKE / (2 - ALIKE)) + 1;
    wanted = wanted > MAX_RARE ? MAX_RARE : wanted;
    for (; n < pairs; n++) {
        struct rare r = {.bigram = bigram_at(name, &at, &before)};
        size_t i = kept < wanted ? kept++ : kept;

        r.frequency = *frequency_of(l, r.bigram);
        for (; i > 0 && is_rarer(r, out[i - 1]); i--)
            if (i < wanted)
                out[i] = out[i - 1];
        if (i < wanted)
            out[i] = r;
    }
    return kept;
}

static void count_bigrams(struct likely *l, struct im_bytes name)
{
    size_t at = 0;
    uint32_t before = name.len ? im_utf8_next(name, &at) : 0;

    while (at < name.len)
        ++*frequency_of(l, bigram_at(name, &at, &before));
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    return XXH3_64bits((uint64_t[2]){a, b}, 2 * sizeof a);
}

/* Names that count differently are never alike: they share no bucket. */
static uint64_t cell_of(const struct known *k, int dx, int dy)
{
    int64_t x = (int64_t)floor(k->place.x / CELL_DEG) + dx;
    int64_t y = (int64_t)floor(k->place.y / CELL_DEG) + dy;

    return mix(mix((uint64_t)x, (uint64_t)y), k->numbers);
}

static uint64_t pair_of(const struct known *k, struct rare rare)
{
    return mix(rare.bigram, k->city ^ k->numbers);
}

static void put_node(struct likely *l, uint64_t bucket, size_t known)
{
    uint32_t *head = &l->heads[bucket & (l->n_heads - 1)];
    struct node node = {bucket, (uint32_t)known, *head};

    im_buf_append(&l->nodes, &node, sizeof node);
    if (!l->nodes.failed)
        *head = (uint32_t)(l->nodes.len / sizeof node);
}

static void put_in_buckets(struct likely *l, size_t i)
{
    const struct known *k = &l->known[i];
    struct rare rare[MAX_RARE];

    put_node(l, k->loose, i);
    if (k->place.is_known)
        put_node(l, cell_of(k, 0, 0), i);
    if (k->city) {
        size_t n = rarest(l, k->name, rare);

        for (size_t r = 0; r < n; r++)
            put_node(l, pair_of(k, rare[r]), i);
    }
}

/* ---- pairs ---- */

struct finding {
    const struct known *other;
    int rank; /* 0: nothing; the higher the surer */
    double likeness;
    double distance_m; /* < 0: not known */
};

enum { RANK_NONE, RANK_SPOT, RANK_ALIKE, RANK_LOOSE, RANK_SAME };

static bool cities_differ(const struct known *a, const struct known *b)
{
    return a->city && b->city && a->city != b->city;
}

static bool may_be_one(const struct known *a, const struct known *b, double distance_m)
{
    bool same_city = a->city && a->city == b->city;

    return !cities_differ(a, b) && (same_city || distance_m < FAR_M);
}

static struct finding compare(const struct known *a, const struct known *b)
{
    struct finding f = {.other = b, .distance_m = -1};
    bool both_placed = a->place.is_known && b->place.is_known;
    bool same_city = a->city && a->city == b->city;
    /* "（一期）" and "（二期）" are two, "（一期）" and the whole may be one */
    bool is_loose = a->loose == b->loose && !(a->has_brackets && b->has_brackets);

    if (a->exact != b->exact && !is_loose && a->numbers != b->numbers)
        return f; /* most of them: nothing is measured */
    if (both_placed)
        f.distance_m = identity_distance_m(a->place, b->place);
    if (a->exact == b->exact && may_be_one(a, b, f.distance_m)) {
        f.rank = RANK_SAME;
        return f;
    }
    if (is_loose && may_be_one(a, b, f.distance_m)) {
        f.rank = RANK_LOOSE;
        return f;
    }
    bool is_near = both_placed && f.distance_m <= NEAR_M;
    if (a->numbers != b->numbers || (!same_city && !is_near))
        return f;
    f.likeness = text_likeness(a->name, b->name);
    if (f.likeness >= ALIKE)
        f.rank = RANK_ALIKE;
    else if (f.likeness >= ALIKE_ON_THE_SPOT && both_placed && f.distance_m <= SPOT_M)
        f.rank = RANK_SPOT;
    return f;
}

static void look_into(const struct likely *l,
                      const struct known *k,
                      uint64_t bucket,
                      struct finding *best)
{
    const struct node *nodes = (const struct node *)(const void *)l->nodes.data;
    uint32_t at = l->heads[bucket & (l->n_heads - 1)];

    for (int n = 0; at && n < MAX_LOOK; at = nodes[at - 1].next) {
        if (nodes[at - 1].bucket != bucket)
            continue;
        struct finding f = compare(k, &l->known[nodes[at - 1].known]);

        if (f.rank > best->rank ||
            (f.rank && f.rank == best->rank && f.likeness > best->likeness))
            *best = f;
        n++;
    }
}

static struct finding look_for(const struct likely *l, const struct known *k)
{
    struct finding best = {.rank = RANK_NONE};
    struct rare rare[MAX_RARE];

    look_into(l, k, k->loose, &best);
    if (best.rank == RANK_SAME)
        return best;
    if (k->city) {
        size_t n = rarest(l, k->name, rare);

        for (size_t r = 0; r < n; r++)
            look_into(l, k, pair_of(k, rare[r]), &best);
    }
    for (int dx = -1; dx <= 1 && k->place.is_known; dx++)
        for (int dy = -1; dy <= 1; dy++)
            look_into(l, k, cell_of(k, dx, dy), &best);
    return best;
}

/* ---- telling ---- */

struct reason {
    char zh[100];
    char en[100];
};

static struct reason reason_of(const struct finding *f, const struct known *k)
{
    struct reason r = {.zh = ""};
    int percent = (int)(f->likeness * 100);

    if (f->rank == RANK_SAME) {
        snprintf(r.zh, sizeof r.zh, "名称相同");
        snprintf(r.en, sizeof r.en, "the same name");
    } else if (f->rank == RANK_LOOSE) {
        snprintf(r.zh, sizeof r.zh, "除括号内文字和城市名外，名称相同");
        snprintf(r.en, sizeof r.en, "the same name but for brackets and city");
    } else if (f->rank == RANK_ALIKE && k->city && k->city == f->other->city) {
        snprintf(r.zh, sizeof r.zh, "同城，名称相似（%d%%）", percent);
        snprintf(r.en, sizeof r.en, "%d%% of the name, in the same city", percent);
    } else if (f->rank == RANK_ALIKE) {
        snprintf(r.zh, sizeof r.zh, "相距 %.0f 米，名称相似（%d%%）", f->distance_m,
                 percent);
        snprintf(r.en, sizeof r.en, "%d%% of the name, %.0f m away", percent,
                 f->distance_m);
    } else {
        snprintf(r.zh, sizeof r.zh, "位置相同，名称相似（%d%%）", percent);
        snprintf(r.en, sizeof r.en, "the same position, %d%% of the name", percent);
    }
    return r;
}

static void where_is(const struct known *other, struct reason *out)
{
    if (other->row == 0) {
        snprintf(out->zh, sizeof out->zh, "图层中的");
        snprintf(out->en, sizeof out->en, "of the layer");
        return;
    }
    snprintf(out->zh, sizeof out->zh, "第 %llu 行的", (unsigned long long)other->row);
    snprintf(out->en, sizeof out->en, "in row %llu", (unsigned long long)other->row);
}

static enum im_code tell(const struct likely *l,
                         const struct known *k,
                         const char *sheet,
                         const struct finding *f,
                         struct im_error *err)
{
    const struct reason why = reason_of(f, k);
    int cut = (int)im_utf8_cut(f->other->title, NAME_CUT);
    struct reason where;
    char zh[512];
    char en[512];
    char next_zh[300];
    char next_en[300];

    where_is(f->other, &where);
    snprintf(zh, sizeof zh, "可能与%s“%.*s”（%.80s）是同一处：%s", where.zh, cut,
             f->other->title, f->other->key, why.zh);
    snprintf(en, sizeof en, "may be the same place as '%.*s' (%.80s) %s: %s", cut,
             f->other->title, f->other->key, where.en, why.en);
    snprintf(next_zh, sizeof next_zh,
             "请核对；若是同一处，请在文件中给此行主键 %.80s，或删去此行",
             f->other->key);
    snprintf(
        next_en, sizeof next_en,
        "look at both; if they are one, give this row the key %.80s or leave it out",
        f->other->key);
    return import_log_add(
        l->report->log,
        &(struct import_event){.kind = IMPORT_WARNED,
                               .source = l->report->source,
                               .sheet = sheet,
                               .row = k->row,
                               .key = k->key,
                               .name = k->title,
                               .field = l->stage->schema->fields[l->fields.name].name,
                               .value = k->title,
                               .code = "likely_duplicate",
                               .reason_zh = zh,
                               .reason_en = en,
                               .suggestion_zh = next_zh,
                               .suggestion_en = next_en},
        err);
}

/* ---- all rows ---- */

static struct im_bytes text_of(const struct source_value *values, int field)
{
    if (field == SCHEMA_NO_FIELD || values[field].kind != SOURCE_TEXT)
        return (struct im_bytes){NULL, 0};
    return values[field].text;
}

static const char *key_text(struct likely *l, const struct source_value *key)
{
    char number[32];

    if (key->kind == SOURCE_TEXT)
        return copy_cut(l, key->text, TITLE_BYTES);
    if (key->kind == SOURCE_INTEGER)
        snprintf(number, sizeof number, "%lld", (long long)key->integer);
    else
        snprintf(number, sizeof number, "%.15g", key->real);
    return im_arena_strdup(l->arena, im_bytes_of(number));
}

static enum im_code no_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "likely duplicates: out of memory");
}

static struct im_bytes column_text(sqlite3_stmt *stmt, int column)
{
    const void *text = sqlite3_column_text(stmt, column);

    return (struct im_bytes){text,
                             text ? (size_t)sqlite3_column_bytes(stmt, column) : 0};
}

static enum im_code
take_stored(struct likely *l, sqlite3_stmt *stmt, struct im_error *err)
{
    struct im_bytes blob = {sqlite3_column_blob(stmt, 1),
                            (size_t)sqlite3_column_bytes(stmt, 1)};
    struct im_bytes name = column_text(stmt, 2);
    struct known k = {.place = identity_place_of_blob(blob),
                      .key = copy_cut(l, column_text(stmt, 0), TITLE_BYTES)};

    if (name.len == 0)
        return IM_OK;
    if (!k.key || !describe(l, name, column_text(stmt, 3), &k))
        return no_memory(err);
    assert(l->n < l->cap); /* counted in this transaction */
    l->known[l->n++] = k;
    return IM_OK;
}

static enum im_code list_stored(struct likely *l, sqlite3 *db, struct im_error *err)
{
    const struct layer_schema *schema = l->stage->schema;
    int city = l->fields.city;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    char column[SCHEMA_MAX_ID + 8];

    snprintf(column, sizeof column, city == SCHEMA_NO_FIELD ? "NULL" : "\"%s\"",
             city == SCHEMA_NO_FIELD ? "" : schema->fields[city].name);
    enum im_code rc =
        sql_prepare(db, &stmt, err, "SELECT \"%w\", geom, \"%w\", %s FROM \"%w\"",
                    schema->fields[schema->key].name,
                    schema->fields[l->fields.name].name, column, schema->id);
    while (!rc && !(rc = sql_step(stmt, &row, err)) && row)
        rc = take_stored(l, stmt, err);
    sqlite3_finalize(stmt);
    return rc;
}

struct added {
    uint64_t row;
    size_t entry;
};

static int by_row(const void *a, const void *b)
{
    const struct added *x = a;
    const struct added *y = b;

    return x->row < y->row ? -1 : x->row > y->row;
}

/* Reads the new rows as known ones; the k-th of `added` is the k-th behind `first`. */
static enum im_code list_added(struct likely *l,
                               const struct added *added,
                               size_t n,
                               struct source_value *values,
                               struct im_error *err)
{
    struct stage_row row = {.values = values};

    for (size_t i = 0; i < n; i++) {
        stage_read(l->stage, added[i].entry, &row);
        struct known k = {.place = identity_place_of_blob(row.blob),
                          .row = row.row,
                          .key = key_text(l, &values[l->stage->schema->key])};

        if (!k.key || !describe(l, text_of(values, l->fields.name),
                                text_of(values, l->fields.city), &k))
            return no_memory(err);
        l->known[l->n++] = k;
    }
    return IM_OK;
}

static enum im_code compare_added(struct likely *l,
                                  const struct added *added,
                                  size_t first,
                                  struct source_value *values,
                                  struct im_error *err)
{
    enum im_code rc = IM_OK;

    for (size_t i = 0; i < l->n; i++)
        count_bigrams(l, l->known[i].name);
    for (size_t i = 0; i < first; i++)
        put_in_buckets(l, i);
    for (size_t i = first; !rc && i < l->n; i++) {
        struct finding f = {.rank = RANK_NONE};

        if (l->known[i].exact)
            f = look_for(l, &l->known[i]);
        if (f.rank) {
            struct stage_row row = {.values = values};

            stage_read(l->stage, added[i - first].entry, &row);
            rc = tell(l, &l->known[i], row.sheet, &f, err);
        }
        put_in_buckets(l, i);
    }
    return rc ? rc : im_buf_check(&l->nodes, "likely duplicates", err);
}

static size_t list_entries(const struct stage *stage, struct added *out)
{
    size_t n = 0;

    for (size_t i = 0; i < stage->n; i++)
        if (stage->entries[i].action == STAGE_ADD) {
            if (out)
                out[n] = (struct added){stage_row_number(stage, i), i};
            n++;
        }
    return n;
}

static bool allocate(struct likely *l, size_t n)
{
    l->cap = n;
    l->n_heads = 1024;
    while (l->n_heads < 8 * n)
        l->n_heads *= 2;
    l->known = calloc(n, sizeof *l->known);
    l->heads = calloc(l->n_heads, sizeof *l->heads);
    l->frequency = calloc(FREQUENCIES, sizeof *l->frequency);
    l->arena = im_arena_new(MEMORY_BYTES);
    l->scratch = im_arena_new(SCRATCH_BYTES);
    return l->known && l->heads && l->frequency && l->arena && l->scratch;
}

enum im_code likely_report(sqlite3 *db,
                           const struct stage *stage,
                           struct import_report *report,
                           bool *is_skipped,
                           struct im_error *err)
{
    struct likely l = {.stage = stage,
                       .fields = identity_fields(stage->schema),
                       .report = report,
                       .nodes = {.max = MEMORY_BYTES}};
    size_t n = list_entries(stage, NULL);
    struct added *added = NULL;
    struct source_value *values = NULL;
    int64_t stored = 0;
    enum im_code rc = IM_OK;

    *is_skipped = false;
    if (l.fields.name == SCHEMA_NO_FIELD || !stage->has_field[l.fields.name] || n == 0)
        return IM_OK;
    rc =
        sql_integer(db, &stored, err, "SELECT count(*) FROM \"%w\"", stage->schema->id);
    if (rc || (uint64_t)stored + n > LIKELY_MAX_ROWS) {
        *is_skipped = !rc;
        return rc;
    }
    added = calloc(n, sizeof *added);
    values = calloc(stage->schema->n_fields, sizeof *values);
    if (!added || !values || !allocate(&l, (size_t)stored + n)) {
        rc = no_memory(err);
        goto done;
    }
    list_entries(stage, added);
    qsort(added, n, sizeof *added, by_row);
    rc = list_stored(&l, db, err);
    size_t first = l.n;
    if (!rc)
        rc = list_added(&l, added, n, values, err);
    if (!rc)
        rc = compare_added(&l, added, first, values, err);
done:
    im_buf_release(&l.nodes);
    free(l.known);
    free(l.heads);
    free(l.frequency);
    im_arena_free(l.arena);
    im_arena_free(l.scratch);
    free(values);
    free(added);
    return rc;
}
