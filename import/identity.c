/* SPDX-License-Identifier: Apache-2.0 */
/* Which place is it, where the file has no key: by name, city and operator. */
#include "identity.h"

#include "text/text.h"

#include <engine/alike.h>

#include <math.h>

#define XXH_STATIC_LINKING_ONLY /* a state on the stack */
#include <xxhash.h>

enum {
    FIRST_SLOTS = 1024,
    KEY_SHIFT = 16, /* a key has the upper 48 bits of `whole` */
    SCRATCH_BYTES = 1 << 24,
    MAX_TRIES = 256, /* stored rows of one name looked at for one row */
    MAX_CITY_KM = 50 /* two rows of one name further apart are no one place */
};

/* ---- the identity of a row ---- */

struct identity_fields identity_fields(const struct layer_schema *schema)
{
    /* in tables and links many rows have the name of one place */
    bool is_places = schema->geometry != SCHEMA_NONE &&
                     (schema->group == SCHEMA_PLACES || schema->group == SCHEMA_AREAS);

    if (!is_places)
        return (struct identity_fields){SCHEMA_NO_FIELD, SCHEMA_NO_FIELD,
                                        SCHEMA_NO_FIELD};
    return (struct identity_fields){
        schema->roles.name_zh, schema->roles.city,
        schema_field_index(schema, im_bytes_of("operator"))};
}

bool identity_makes_keys(const struct layer_schema *schema)
{
    return schema->fields[schema->key].type != FIELD_REAL;
}

struct identity_place identity_place_of_geom(const struct geom *geom)
{
    if (geom->kind == GEOM_EMPTY)
        return (struct identity_place){.is_known = false};
    struct bbox box = geom_bbox(geom);
    return (struct identity_place){true, (box.min_x + box.max_x) / 2,
                                   (box.min_y + box.max_y) / 2, geom};
}

struct identity_place identity_place_of_blob(struct im_bytes blob)
{
    enum { HEAD = 6, BOX = 4 * sizeof(double), LEAST = 39 };
    double box[4];

    /* what we write is little endian; of another program's bytes nothing is known */
    if (blob.len < LEAST || blob.data[0] != 0 || blob.data[1] != 1)
        return (struct identity_place){.is_known = false};
    memcpy(box, blob.data + HEAD, BOX);
    return (struct identity_place){isfinite(box[0] + box[1] + box[2] + box[3]),
                                   (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, NULL};
}

static double distance_m(struct identity_place a, struct identity_place b)
{
    return alike_distance_m((struct alike_place){a.is_known, a.x, a.y},
                            (struct alike_place){b.is_known, b.x, b.y});
}

static struct im_bytes text_of(const struct source_value *values, int field)
{
    if (field == SCHEMA_NO_FIELD || values[field].kind != SOURCE_TEXT)
        return (struct im_bytes){NULL, 0};
    return values[field].text;
}

/* 0 is kept for "not known". */
static uint64_t hash_of(struct im_bytes text)
{
    uint64_t hash = text.len ? XXH3_64bits(text.data, text.len) : 0;

    return hash || text.len == 0 ? hash : 1;
}

static uint64_t hash_values(const struct layer_schema *schema,
                            const struct source_value *values)
{
    XXH3_state_t state;

    XXH3_64bits_reset(&state);
    for (size_t f = 0; f < schema->n_fields; f++) {
        const struct source_value *v = &values[f];

        if ((int)f == schema->key)
            continue;
        XXH3_64bits_update(&state, &(uint8_t){(uint8_t)v->kind}, 1);
        if (v->kind == SOURCE_TEXT) {
            XXH3_64bits_update(&state, &v->text.len, sizeof v->text.len);
            XXH3_64bits_update(&state, v->text.data, v->text.len);
        } else if (v->kind == SOURCE_INTEGER) {
            XXH3_64bits_update(&state, &v->integer, sizeof v->integer);
        } else if (v->kind == SOURCE_REAL) {
            XXH3_64bits_update(&state, &v->real, sizeof v->real);
        }
    }
    return XXH3_64bits_digest(&state);
}

/* To a metre. Two lines of one drawing may share their box: the one that crosses the
 * other, an outline and its contour. */
static uint64_t hash_geom(const struct geom *geom)
{
    XXH3_state_t state;

    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, &(uint8_t){(uint8_t)geom->kind}, 1);
    for (size_t i = 0; i < 2 * (size_t)geom->n_points; i++) {
        int64_t at = llround(geom->lonlat[i] * 1e5);

        XXH3_64bits_update(&state, &at, sizeof at);
    }
    return XXH3_64bits_digest(&state);
}

struct identity identity_of(const struct layer_schema *schema,
                            const struct source_value *values,
                            struct identity_place place,
                            struct im_arena *arena)
{
    struct identity_fields fields = identity_fields(schema);
    struct identity id = {
        .name = hash_of(text_name_identity(text_of(values, fields.name), arena)),
        .city = hash_of(text_city_identity(text_of(values, fields.city), arena)),
        .operated_by =
            hash_of(text_name_identity(text_of(values, fields.operated_by), arena))};
    uint64_t parts[6] = {id.name, id.city, id.operated_by, 0, 0, 0};

    if (place.is_known && (id.city == 0 || id.name == 0)) { /* to a metre */
        parts[3] = (uint64_t)llround(place.x * 1e5);
        parts[4] = (uint64_t)llround(place.y * 1e5);
    }
    if (id.name == 0)
        parts[5] =
            hash_values(schema, values) ^ (place.geom ? hash_geom(place.geom) : 0);
    id.whole = XXH3_64bits(parts, sizeof parts);
    return id;
}

/* ---- keys made from identities ---- */

struct identity_slot {
    uint64_t whole;
    uint64_t row; /* 0: free */
};

void identity_seen_release(struct identity_seen *seen)
{
    free(seen->slots);
    *seen = (struct identity_seen){0};
}

/* The slot of this key, or a free one. */
static struct identity_slot *find_slot(const struct identity_seen *seen, uint64_t whole)
{
    size_t i = (size_t)(whole >> KEY_SHIFT) & (seen->cap - 1);

    while (seen->slots[i].row &&
           seen->slots[i].whole >> KEY_SHIFT != whole >> KEY_SHIFT)
        i = (i + 1) & (seen->cap - 1);
    return &seen->slots[i];
}

static bool grow(struct identity_seen *seen)
{
    struct identity_seen old = *seen;

    seen->cap = old.cap ? 2 * old.cap : FIRST_SLOTS;
    seen->slots = calloc(seen->cap, sizeof *seen->slots);
    if (!seen->slots) {
        *seen = old;
        return false;
    }
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].row)
            *find_slot(seen, old.slots[i].whole) = old.slots[i];
    free(old.slots);
    return true;
}

enum im_code identity_seen_add(struct identity_seen *seen,
                               uint64_t *whole,
                               uint64_t row,
                               uint64_t *first_row,
                               struct im_error *err)
{
    if (seen->n * 4 >= seen->cap * 3 && !grow(seen))
        return im_fail(err, IM_ENOMEM, "%zu identities: out of memory", seen->n);
    struct identity_slot *slot = find_slot(seen, *whole);
    while (slot->row && slot->whole != *whole) { /* another one has this key */
        *whole = XXH3_64bits(whole, sizeof *whole);
        slot = find_slot(seen, *whole);
    }
    *first_row = slot->row;
    if (slot->row == 0) {
        *slot = (struct identity_slot){*whole, row};
        seen->n++;
    }
    return IM_OK;
}

struct source_value identity_key(const struct layer_schema *schema,
                                 uint64_t whole,
                                 char text[IDENTITY_KEY_MAX])
{
    uint64_t bits = whole >> KEY_SHIFT;
    struct source_value key = {.kind = SOURCE_INTEGER, .integer = (int64_t)bits};

    if (schema->fields[schema->key].type == FIELD_INTEGER)
        return key;
    snprintf(text, IDENTITY_KEY_MAX, "%.48s-%012llx", schema->id,
             (unsigned long long)bits);
    key.kind = SOURCE_TEXT;
    key.text = im_bytes_of(text);
    return key;
}

/* ---- rows matched with the table ---- */

/* A row of the file whose key the table does not have. */
struct wanted {
    struct identity id;
    struct identity_place place;
    uint64_t row;
    size_t entry;
    bool is_settled;
};

/* A stored row with the name of one of them. */
struct stored {
    struct identity id;
    struct identity_place place;
    int64_t fid;
    bool is_taken;
};

struct match {
    struct stage *stage;
    struct identity_fields fields;
    struct im_arena *arena; /* for one row */
    struct wanted *wanted;  /* by name, then row */
    size_t n_wanted;
    struct im_buf stored; /* struct stored, by fid, then by name */
    struct source_value *values;
};

static int by_name(const void *a, const void *b)
{
    const struct wanted *x = a;
    const struct wanted *y = b;

    if (x->id.name != y->id.name)
        return x->id.name < y->id.name ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static int by_fid(const void *a, const void *b)
{
    const struct stored *x = a;
    const struct stored *y = b;

    return x->fid < y->fid ? -1 : x->fid > y->fid;
}

static int by_stored_name(const void *a, const void *b)
{
    const struct stored *x = a;
    const struct stored *y = b;

    if (x->id.name != y->id.name)
        return x->id.name < y->id.name ? -1 : 1;
    return by_fid(a, b);
}

static enum im_code list_wanted(struct match *m, struct im_error *err)
{
    struct stage *stage = m->stage;
    struct stage_row row = {.values = m->values};
    size_t n = 0;

    for (size_t i = 0; i < stage->n; i++)
        n += stage->entries[i].action == STAGE_UNKNOWN;
    m->wanted = calloc(n ? n : 1, sizeof *m->wanted);
    if (!m->wanted)
        return im_fail(err, IM_ENOMEM, "identities: out of memory");
    for (size_t i = 0; i < stage->n; i++) {
        if (stage->entries[i].action != STAGE_UNKNOWN)
            continue;
        struct wanted *w = &m->wanted[m->n_wanted];

        stage_read(stage, i, &row);
        w->place = identity_place_of_blob(row.blob);
        w->id = identity_of(stage->schema, row.values, w->place, m->arena);
        w->row = row.row;
        w->entry = i;
        m->n_wanted += w->id.name != 0; /* nothing to find it by */
        im_arena_reset(m->arena);
    }
    qsort(m->wanted, m->n_wanted, sizeof *m->wanted, by_name);
    return IM_OK;
}

/* The first of this name; n_wanted when there is none. */
static size_t find_wanted(const struct match *m, uint64_t name)
{
    size_t from = 0;
    size_t to = m->n_wanted;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (m->wanted[middle].id.name < name)
            from = middle + 1;
        else
            to = middle;
    }
    return from < m->n_wanted && m->wanted[from].id.name == name ? from : m->n_wanted;
}

static struct im_bytes column_text(sqlite3_stmt *stmt, int column)
{
    const void *text = sqlite3_column_text(stmt, column);

    return (struct im_bytes){text,
                             text ? (size_t)sqlite3_column_bytes(stmt, column) : 0};
}

/* Columns: fid, geom, name, city, operator; null what the layer lacks. */
static enum im_code prepare_scan(sqlite3 *db,
                                 const struct match *m,
                                 sqlite3_stmt **out,
                                 struct im_error *err)
{
    const struct layer_schema *schema = m->stage->schema;
    const int fields[] = {m->fields.name, m->fields.city, m->fields.operated_by};
    char columns[3][SCHEMA_MAX_ID + 8];

    for (size_t i = 0; i < 3; i++)
        snprintf(columns[i], sizeof columns[i],
                 fields[i] == SCHEMA_NO_FIELD ? "NULL" : "\"%s\"",
                 fields[i] == SCHEMA_NO_FIELD ? "" : schema->fields[fields[i]].name);
    return sql_prepare(db, out, err, "SELECT fid, geom, %s, %s, %s FROM \"%w\"",
                       columns[0], columns[1], columns[2], schema->id);
}

static void take_stored(struct match *m, sqlite3_stmt *stmt)
{
    struct stored s = {.fid = sqlite3_column_int64(stmt, 0)};

    s.id.name = hash_of(text_name_identity(column_text(stmt, 2), m->arena));
    if (s.id.name && find_wanted(m, s.id.name) < m->n_wanted) {
        struct im_bytes blob = {sqlite3_column_blob(stmt, 1),
                                (size_t)sqlite3_column_bytes(stmt, 1)};

        s.id.city = hash_of(text_city_identity(column_text(stmt, 3), m->arena));
        s.id.operated_by = hash_of(text_name_identity(column_text(stmt, 4), m->arena));
        s.place = identity_place_of_blob(blob);
        im_buf_append(&m->stored, &s, sizeof s);
    }
    im_arena_reset(m->arena);
}

static enum im_code list_stored(struct match *m, sqlite3 *db, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum im_code rc = prepare_scan(db, m, &stmt, err);

    while (!rc && !(rc = sql_step(stmt, &row, err)) && row)
        take_stored(m, stmt);
    sqlite3_finalize(stmt);
    return rc ? rc : im_buf_check(&m->stored, "rows of the same names", err);
}

static struct stored *stored_rows(const struct match *m, size_t *n)
{
    *n = m->stored.len / sizeof(struct stored);
    return (struct stored *)(void *)m->stored.data;
}

/* Rows that others of the file have by their key are not to be had. */
static void mark_taken(struct match *m)
{
    size_t n;
    struct stored *stored = stored_rows(m, &n);

    if (n == 0)
        return;
    qsort(stored, n, sizeof *stored, by_fid);
    for (size_t i = 0; i < m->stage->n; i++) {
        struct stored key = {.fid = m->stage->entries[i].fid};
        struct stored *s =
            key.fid ? bsearch(&key, stored, n, sizeof *stored, by_fid) : NULL;

        if (s)
            s->is_taken = true;
    }
    qsort(stored, n, sizeof *stored, by_stored_name);
}

static bool part_fits(uint64_t a, uint64_t b)
{
    return a == 0 || b == 0 || a == b;
}

/* Each part is compared where both know it; two that do not know their city are
 * somewhere near each other, if they are one. */
static bool fits(const struct wanted *w, const struct stored *s)
{
    bool same_city = w->id.city && w->id.city == s->id.city;

    if (!part_fits(w->id.city, s->id.city) ||
        !part_fits(w->id.operated_by, s->id.operated_by))
        return false;
    return same_city || !w->place.is_known || !s->place.is_known ||
           distance_m(w->place, s->place) < MAX_CITY_KM * 1000.0;
}

static bool is_exact(const struct wanted *w, const struct stored *s)
{
    return w->id.city && w->id.city == s->id.city &&
           w->id.operated_by == s->id.operated_by;
}

/* The only one of them that will do. */
static struct stored *only_one(const struct wanted *w,
                               struct stored *stored,
                               size_t n,
                               bool (*will_do)(const struct wanted *w,
                                               const struct stored *s))
{
    struct stored *found = NULL;

    if (n > MAX_TRIES)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (stored[i].is_taken || !will_do(w, &stored[i]))
            continue;
        if (found)
            return NULL;
        found = &stored[i];
    }
    return found;
}

/* All wanted and all stored rows of one name: first those that are sure. */
static void match_name(struct match *m,
                       struct wanted *wanted,
                       size_t n_wanted,
                       struct stored *stored,
                       size_t n)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n_wanted; i++) {
            struct wanted *w = &wanted[i];
            struct stored *s =
                w->is_settled ? NULL : only_one(w, stored, n, pass ? fits : is_exact);

            if (!s)
                continue;
            w->is_settled = true;
            s->is_taken = true;
            m->stage->entries[w->entry].fid = s->fid;
        }
}

static void match_all(struct match *m)
{
    size_t n;
    struct stored *stored = stored_rows(m, &n);

    for (size_t i = 0, k; i < n; i = k) {
        uint64_t name = stored[i].id.name;
        size_t from = find_wanted(m, name);
        size_t to = from;

        for (k = i; k < n && stored[k].id.name == name;)
            k++;
        while (to < m->n_wanted && m->wanted[to].id.name == name)
            to++;
        match_name(m, m->wanted + from, to - from, stored + i, k - i);
    }
}

enum im_code identity_match(sqlite3 *db, struct stage *stage, struct im_error *err)
{
    struct match m = {.stage = stage,
                      .fields = identity_fields(stage->schema),
                      .stored = {.max = (size_t)1 << 31}};
    enum im_code rc = IM_OK;

    if (m.fields.name == SCHEMA_NO_FIELD)
        return IM_OK;
    m.arena = im_arena_new(SCRATCH_BYTES);
    m.values = calloc(stage->schema->n_fields, sizeof *m.values);
    if (!m.arena || !m.values)
        rc = im_fail(err, IM_ENOMEM, "identities: out of memory");
    if (!rc)
        rc = list_wanted(&m, err);
    if (!rc && m.n_wanted)
        rc = list_stored(&m, db, err);
    if (!rc) {
        mark_taken(&m);
        match_all(&m);
    }
    im_buf_release(&m.stored);
    free(m.wanted);
    free(m.values);
    im_arena_free(m.arena);
    return rc;
}
