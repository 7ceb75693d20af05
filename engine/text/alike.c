/* SPDX-License-Identifier: Apache-2.0 */
/* Names and positions that may be one place. */
#include <engine/alike.h>
#include <engine/text_identity.h>

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
    TITLE_BYTES = 200
};
#define LIKENESS 0.85
#define LIKENESS_ON_THE_SPOT 0.7 /* one house has many tenants */
/* 500 m and more from east to west up to 31.9 degrees of latitude */
#define CELL_DEG 0.0053

struct node {
    uint64_t bucket;
    uint32_t row;
    uint32_t next; /* plus one */
};

/* ---- what is known of a row ---- */

double alike_distance_m(struct alike_place a, struct alike_place b)
{
    const double m_per_deg = 111195;
    double middle_rad = (a.y + b.y) / 2 * (acos(-1) / 180);

    return hypot((a.x - b.x) * cos(middle_rad), a.y - b.y) * m_per_deg;
}

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
static char *copy_cut(struct alike *all, struct im_bytes text, size_t max)
{
    if (text.len > max)
        text.len = im_utf8_cut((const char *)text.data, max);
    return im_arena_strdup(all->arena, text);
}

/* `name`, `city` as written; the rest is filled by the caller. False: out of memory. */
static bool describe(struct alike *all,
                     struct im_bytes name,
                     struct im_bytes city,
                     struct alike_row *k)
{
    struct im_bytes bare = name;
    struct im_bytes short_name = text_name_identity(name, all->scratch);
    struct im_bytes short_city = text_city_identity(city, all->scratch);

    k->has_brackets = drop_brackets(name, all->scratch, &bare);
    if (k->has_brackets)
        bare = text_name_identity(bare, all->scratch);
    else
        bare = short_name;
    k->exact = hash_of(short_name);
    k->loose = hash_of(drop_city(bare, short_city));
    k->city = hash_of(short_city);
    k->numbers = hash_numbers(short_name);
    const char *copy = copy_cut(all, short_name, 4 * TEXT_LIKENESS_MAX);
    k->name = im_bytes_of(copy);
    k->title = copy_cut(all, name, TITLE_BYTES);
    im_arena_reset(all->scratch);
    return copy && k->title;
}

/* ---- buckets ---- */

static uint64_t bigram_at(struct im_bytes name, size_t *at, uint32_t *before)
{
    uint64_t pair = *before;

    *before = im_utf8_next(name, at);
    return pair << 32 | *before;
}

static uint32_t *frequency_of(const struct alike *all, uint64_t bigram)
{
    return &all->frequency[(bigram * 0x9E3779B97F4A7C15u) >> 48];
}

struct rare {
    uint64_t bigram;
    uint32_t frequency;
};

static bool is_rarer(struct rare a, struct rare b)
{
    return a.frequency != b.frequency ? a.frequency < b.frequency : a.bigram < b.bigram;
}

/* Two names that are LIKENESS share at least one of so many of their rarest pairs: with
 * n pairs each other name shares n * LIKENESS / (2 - LIKENESS) of them or more. */
static size_t
rarest(const struct alike *all, struct im_bytes name, struct rare out[MAX_RARE])
{
    size_t n = 0;
    size_t kept = 0;
    size_t at = 0;
    uint32_t before = name.len ? im_utf8_next(name, &at) : 0;
    size_t pairs = text_length(name);

    pairs = pairs > TEXT_LIKENESS_MAX ? TEXT_LIKENESS_MAX : pairs;
    pairs -= pairs > 0;
    size_t wanted = pairs - (size_t)ceil((double)pairs * LIKENESS / (2 - LIKENESS)) + 1;
    wanted = wanted > MAX_RARE ? MAX_RARE : wanted;
    for (; n < pairs; n++) {
        struct rare r = {.bigram = bigram_at(name, &at, &before)};
        size_t i = kept < wanted ? kept++ : kept;

        r.frequency = *frequency_of(all, r.bigram);
        for (; i > 0 && is_rarer(r, out[i - 1]); i--)
            if (i < wanted)
                out[i] = out[i - 1];
        if (i < wanted)
            out[i] = r;
    }
    return kept;
}

static void count_bigrams(struct alike *all, struct im_bytes name)
{
    size_t at = 0;
    uint32_t before = name.len ? im_utf8_next(name, &at) : 0;

    while (at < name.len)
        ++*frequency_of(all, bigram_at(name, &at, &before));
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    return XXH3_64bits((uint64_t[2]){a, b}, 2 * sizeof a);
}

/* Names that count differently are never alike: they share no bucket. */
static uint64_t cell_of(const struct alike_row *k, int dx, int dy)
{
    int64_t x = (int64_t)floor(k->place.x / CELL_DEG) + dx;
    int64_t y = (int64_t)floor(k->place.y / CELL_DEG) + dy;

    return mix(mix((uint64_t)x, (uint64_t)y), k->numbers);
}

static uint64_t pair_of(const struct alike_row *k, struct rare rare)
{
    return mix(rare.bigram, k->city ^ k->numbers);
}

static void put_node(struct alike *all, uint64_t bucket, size_t known)
{
    uint32_t *head = &all->heads[bucket & (all->n_heads - 1)];
    struct node node = {bucket, (uint32_t)known, *head};

    im_buf_append(&all->nodes, &node, sizeof node);
    if (!all->nodes.failed)
        *head = (uint32_t)(all->nodes.len / sizeof node);
}

void alike_put(struct alike *all, size_t i)
{
    const struct alike_row *k = &all->rows[i];
    struct rare rare[MAX_RARE];

    put_node(all, k->loose, i);
    if (k->place.is_known)
        put_node(all, cell_of(k, 0, 0), i);
    if (k->city) {
        size_t n = rarest(all, k->name, rare);

        for (size_t r = 0; r < n; r++)
            put_node(all, pair_of(k, rare[r]), i);
    }
}

/* ---- pairs ---- */

static bool cities_differ(const struct alike_row *a, const struct alike_row *b)
{
    return a->city && b->city && a->city != b->city;
}

static bool
may_be_one(const struct alike_row *a, const struct alike_row *b, double distance_m)
{
    bool same_city = a->city && a->city == b->city;

    return !cities_differ(a, b) && (same_city || distance_m < FAR_M);
}

static struct alike_finding compare(const struct alike_row *a,
                                    const struct alike_row *b)
{
    struct alike_finding f = {.other = b, .distance_m = -1};
    bool both_placed = a->place.is_known && b->place.is_known;
    bool same_city = a->city && a->city == b->city;
    /* "（一期）" and "（二期）" are two, "（一期）" and the whole may be one */
    bool is_loose = a->loose == b->loose && !(a->has_brackets && b->has_brackets);

    if (a->exact != b->exact && !is_loose && a->numbers != b->numbers)
        return f; /* most of them: nothing is measured */
    if (both_placed)
        f.distance_m = alike_distance_m(a->place, b->place);
    if (a->exact == b->exact && may_be_one(a, b, f.distance_m)) {
        f.rank = ALIKE_SAME;
        return f;
    }
    if (is_loose && may_be_one(a, b, f.distance_m)) {
        f.rank = ALIKE_LOOSE;
        return f;
    }
    bool is_near = both_placed && f.distance_m <= NEAR_M;
    if (a->numbers != b->numbers || (!same_city && !is_near))
        return f;
    f.likeness = text_likeness(a->name, b->name);
    if (f.likeness >= LIKENESS)
        f.rank = ALIKE_NAME;
    else if (f.likeness >= LIKENESS_ON_THE_SPOT && both_placed &&
             f.distance_m <= SPOT_M)
        f.rank = ALIKE_SPOT;
    return f;
}

static void look_into(const struct alike *all,
                      const struct alike_row *k,
                      uint64_t bucket,
                      struct alike_finding *best)
{
    const struct node *nodes = (const struct node *)(const void *)all->nodes.data;
    uint32_t at = all->heads[bucket & (all->n_heads - 1)];

    for (int n = 0; at && n < MAX_LOOK; at = nodes[at - 1].next) {
        if (nodes[at - 1].bucket != bucket)
            continue;
        struct alike_finding f = compare(k, &all->rows[nodes[at - 1].row]);

        if (f.rank > best->rank ||
            (f.rank && f.rank == best->rank && f.likeness > best->likeness))
            *best = f;
        n++;
    }
}

struct alike_finding alike_find(const struct alike *all, size_t i)
{
    const struct alike_row *k = &all->rows[i];
    struct alike_finding best = {.rank = ALIKE_NOT};
    struct rare rare[MAX_RARE];

    if (k->exact == 0) /* without a name */
        return best;
    look_into(all, k, k->loose, &best);
    if (best.rank == ALIKE_SAME)
        return best;
    if (k->city) {
        size_t n = rarest(all, k->name, rare);

        for (size_t r = 0; r < n; r++)
            look_into(all, k, pair_of(k, rare[r]), &best);
    }
    for (int dx = -1; dx <= 1 && k->place.is_known; dx++)
        for (int dy = -1; dy <= 1; dy++)
            look_into(all, k, cell_of(k, dx, dy), &best);
    return best;
}

/* ---- all of them ---- */

static enum im_code no_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "likely duplicates: out of memory");
}

enum im_code alike_init(struct alike *alike, size_t n, struct im_error *err)
{
    *alike = (struct alike){.cap = n, .n_heads = 1024, .nodes = {.max = MEMORY_BYTES}};
    while (alike->n_heads < 8 * n)
        alike->n_heads *= 2;
    alike->rows = calloc(n ? n : 1, sizeof *alike->rows);
    alike->heads = calloc(alike->n_heads, sizeof *alike->heads);
    alike->frequency = calloc(FREQUENCIES, sizeof *alike->frequency);
    alike->arena = im_arena_new(MEMORY_BYTES);
    alike->scratch = im_arena_new(SCRATCH_BYTES);
    if (alike->rows && alike->heads && alike->frequency && alike->arena &&
        alike->scratch)
        return IM_OK;
    alike_release(alike);
    return no_memory(err);
}

void alike_release(struct alike *alike)
{
    im_buf_release(&alike->nodes);
    free(alike->rows);
    free(alike->heads);
    free(alike->frequency);
    im_arena_free(alike->arena);
    im_arena_free(alike->scratch);
    *alike = (struct alike){0};
}

char *alike_copy(struct alike *alike, struct im_bytes text)
{
    return copy_cut(alike, text, TITLE_BYTES);
}

enum im_code alike_add(struct alike *alike,
                       struct alike_row row,
                       struct im_bytes name,
                       struct im_bytes city,
                       struct im_error *err)
{
    assert(alike->n < alike->cap);
    if (!row.key || !describe(alike, name, city, &row))
        return no_memory(err);
    alike->rows[alike->n++] = row;
    return IM_OK;
}

void alike_count(struct alike *alike)
{
    for (size_t i = 0; i < alike->n; i++)
        count_bigrams(alike, alike->rows[i].name);
}

enum im_code alike_check(const struct alike *alike, struct im_error *err)
{
    return im_buf_check(&alike->nodes, "likely duplicates", err);
}
