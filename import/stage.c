/* SPDX-License-Identifier: Apache-2.0 */
/* The good rows of a file, outside of memory: what stays in memory is 32 bytes a row
 * for its order and 24 for its key.
 *
 *   a record of the spill file (numbers as this machine has them: it never leaves it)
 *     u64 row of the file, u32 length and name of the sheet, terminated
 *     u32 length of the blob, the blob (length 0: no position)
 *     u32 length of the lineage, the lineage (0: the position is as it was given)
 *     for each field that the import says something about:
 *       u8 kind, then i64 | f64 | u32 length and text | nothing
 */
#include "internal.h"
#include "temporary.h"

#include <engine/hilbert.h>

#include <errno.h>
#include <math.h>
#include <unistd.h>
#include <xxhash.h>

/* RECORD_MAX: SQLite binds at most 10^9 bytes (SQLITE_MAX_LENGTH) */
enum { RECORD_MAX = 1000 * 1000 * 1000, HILBERT_SIDE = 1 << 24, FIRST_KEYS = 1024 };

struct stage_key {
    uint64_t hash[2]; /* XXH3, 128 bit: two keys are never taken for one */
    uint64_t row;     /* 0: free */
};

enum im_code stage_init(struct stage *stage,
                        const struct layer_schema *schema,
                        const bool *has_field,
                        bool has_geom,
                        struct im_error *err)
{
    *stage = (struct stage){.schema = schema,
                            .has_field = has_field,
                            .has_geom = has_geom,
                            .record = {.max = RECORD_MAX},
                            .read = {.max = RECORD_MAX}};
    stage->spill = temporary_file();
    if (stage->spill)
        return IM_OK;
    const char *why = strerror(errno);
    im_fail(
        err, IM_EENV,
        "cannot make a temporary file in '%s': %s; free some space, or name another "
        "folder in TMPDIR",
        temporary_folder(), why);
    return im_zh(err, IM_EENV,
                 "无法在“%s”中建立临时文件：%s；请腾出空间，或用 TMPDIR 指定另一文件夹",
                 temporary_folder(), why);
}

void stage_release(struct stage *stage)
{
    if (stage->spill)
        fclose(stage->spill);
    free(stage->entries);
    free(stage->keys);
    im_buf_release(&stage->record);
    im_buf_release(&stage->read);
    *stage = (struct stage){0};
}

static enum im_code fail_full(struct im_error *err)
{
    im_fail(err, IM_EIO,
            "there is no more space for temporary files in '%s'; free some, or name "
            "another folder in TMPDIR, and repeat",
            temporary_folder());
    return im_zh(err, IM_EIO,
                 "“%s”中没有空间存放临时文件；请腾出空间，或用 TMPDIR "
                 "指定另一文件夹，然后重试",
                 temporary_folder());
}

/* ---- keys ---- */

static XXH128_hash_t hash_key(const struct source_value *key)
{
    switch (key->kind) {
    case SOURCE_TEXT:
        return XXH3_128bits(key->text.data, key->text.len);
    case SOURCE_REAL:
        return XXH3_128bits(&key->real, sizeof key->real);
    default:
        return XXH3_128bits(&key->integer, sizeof key->integer);
    }
}

static struct stage_key *find_slot(const struct stage *stage, const uint64_t hash[2])
{
    size_t i = (size_t)hash[0] & (stage->key_cap - 1);

    while (stage->keys[i].row &&
           (stage->keys[i].hash[0] != hash[0] || stage->keys[i].hash[1] != hash[1]))
        i = (i + 1) & (stage->key_cap - 1);
    return &stage->keys[i];
}

static bool grow_keys(struct stage *stage)
{
    struct stage old = *stage;

    stage->key_cap = old.key_cap ? 2 * old.key_cap : FIRST_KEYS;
    stage->keys = calloc(stage->key_cap, sizeof *stage->keys);
    if (!stage->keys) {
        *stage = old;
        return false;
    }
    for (size_t i = 0; i < old.key_cap; i++)
        if (old.keys[i].row)
            *find_slot(stage, old.keys[i].hash) = old.keys[i];
    free(old.keys);
    return true;
}

enum im_code stage_key(struct stage *stage,
                       const struct source_value *key,
                       uint64_t row,
                       uint64_t *first_row,
                       struct im_error *err)
{
    XXH128_hash_t hash = hash_key(key);

    if (stage->n_keys * 4 >= stage->key_cap * 3 && !grow_keys(stage))
        return im_fail(err, IM_ENOMEM, "%zu keys: out of memory", stage->n_keys);
    struct stage_key *slot = find_slot(stage, (uint64_t[2]){hash.low64, hash.high64});
    *first_row = slot->row;
    if (slot->row == 0) {
        *slot = (struct stage_key){{hash.low64, hash.high64}, row};
        stage->n_keys++;
    }
    return IM_OK;
}

bool stage_has_key(const struct stage *stage, const struct source_value *key)
{
    XXH128_hash_t hash = hash_key(key);

    return stage->key_cap &&
           find_slot(stage, (uint64_t[2]){hash.low64, hash.high64})->row != 0;
}

/* ---- order ---- */

/* Clamped: a row that another program wrote may lie outside the globe. */
static uint32_t cell(double share)
{
    return (uint32_t)(fmin(fmax(share, 0), 1) * (HILBERT_SIDE - 1));
}

static uint64_t place_of(const struct geom *g)
{
    struct bbox box = geom_bbox(g);

    if (g->kind == GEOM_EMPTY)
        return UINT64_MAX;
    return hilbert_index_fine(cell(((box.min_x + box.max_x) / 2 + 180) / 360),
                              cell(((box.min_y + box.max_y) / 2 + 90) / 180));
}

static int by_place(const void *a, const void *b)
{
    const struct stage_entry *x = a;
    const struct stage_entry *y = b;

    if (x->hilbert != y->hilbert)
        return x->hilbert < y->hilbert ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* ---- records ---- */

static void put_text(struct im_buf *out, struct im_bytes text)
{
    uint32_t len = (uint32_t)text.len;

    im_buf_append(out, &len, sizeof len);
    im_buf_append(out, text.data, text.len);
}

static void put_value(struct im_buf *out, const struct source_value *value)
{
    im_buf_byte(out, (uint8_t)value->kind);
    switch (value->kind) {
    case SOURCE_NULL:
        return;
    case SOURCE_INTEGER:
        im_buf_append(out, &value->integer, sizeof value->integer);
        return;
    case SOURCE_REAL:
        im_buf_append(out, &value->real, sizeof value->real);
        return;
    case SOURCE_TEXT:
        put_text(out, value->text);
        return;
    }
}

static void put_cells(struct im_buf *out, const struct stage_origin *origin)
{
    uint32_t len = 0;
    size_t before = out->len;

    im_buf_append(out, &len, sizeof len);
    for (size_t i = 0; origin->cells && i < origin->n_cells; i++)
        im_buf_append(out, origin->cells[i], strlen(origin->cells[i]) + 1);
    if (out->failed)
        return;
    len = (uint32_t)(out->len - before - sizeof len);
    memcpy(out->data + before, &len, sizeof len);
}

static enum im_code make_record(struct stage *stage,
                                const struct source_value *values,
                                const struct geom *geom,
                                const struct stage_origin *origin,
                                struct im_error *err)
{
    struct im_buf *out = &stage->record;
    uint32_t len = 0;

    im_buf_clear(out);
    im_buf_append(out, &origin->row, sizeof origin->row);
    put_text(out, (struct im_bytes){(const uint8_t *)origin->sheet,
                                    strlen(origin->sheet) + 1});
    size_t before = out->len;
    im_buf_append(out, &len, sizeof len);
    if (stage->has_geom && geom->kind != GEOM_EMPTY) {
        enum im_code rc = blob_encode(geom, out, err);

        if (rc)
            return rc;
        len = (uint32_t)(out->len - before - sizeof len);
        memcpy(out->data + before, &len, sizeof len);
    }
    put_text(out, origin->lineage);
    put_cells(out, origin);
    for (size_t f = 0; f < stage->schema->n_fields; f++)
        if (stage->has_field[f])
            put_value(out, &values[f]);
    return im_buf_check(out, "row", err);
}

static bool grow_entries(struct stage *stage)
{
    size_t cap = stage->cap ? 2 * stage->cap : 1024;
    struct stage_entry *entries = realloc(stage->entries, cap * sizeof *entries);

    if (!entries)
        return false;
    stage->entries = entries;
    stage->cap = cap;
    return true;
}

enum im_code stage_add(struct stage *stage,
                       const struct source_value *values,
                       const struct geom *geom,
                       const struct stage_origin *origin,
                       struct im_error *err)
{
    static const struct stage_origin nowhere = {.sheet = ""};

    origin = origin ? origin : &nowhere;
    enum im_code rc = make_record(stage, values, geom, origin, err);

    if (rc)
        return rc;
    if (stage->n == stage->cap && !grow_entries(stage))
        return im_fail(err, IM_ENOMEM, "%zu rows: out of memory", stage->n);
    if (fwrite(stage->record.data, 1, stage->record.len, stage->spill) !=
        stage->record.len) {
        return fail_full(err);
    }
    stage->entries[stage->n++] =
        (struct stage_entry){.hilbert = stage->has_geom ? place_of(geom) : UINT64_MAX,
                             .offset = stage->spilled,
                             .len = (uint32_t)stage->record.len,
                             .flags = (uint8_t)origin->flags};
    stage->spilled += stage->record.len;
    return IM_OK;
}

enum im_code stage_finish(struct stage *stage, struct im_error *err)
{
    if (stage->n == 0)
        return IM_OK;
    if (fflush(stage->spill) != 0) {
        return fail_full(err);
    }
    qsort(stage->entries, stage->n, sizeof *stage->entries, by_place);
    return IM_OK;
}

static struct im_bytes get_text(const uint8_t **p)
{
    uint32_t len;

    memcpy(&len, *p, sizeof len);
    struct im_bytes text = {*p + sizeof len, len};
    *p += sizeof len + len;
    return text;
}

static void get_value(const uint8_t **p, struct source_value *out)
{
    *out = (struct source_value){.kind = (enum source_value_kind) * (*p)++};
    switch (out->kind) {
    case SOURCE_NULL:
        return;
    case SOURCE_INTEGER:
        memcpy(&out->integer, *p, sizeof out->integer);
        *p += sizeof out->integer;
        return;
    case SOURCE_REAL:
        memcpy(&out->real, *p, sizeof out->real);
        *p += sizeof out->real;
        return;
    case SOURCE_TEXT:
        out->text = get_text(p);
        return;
    }
}

/* By pread and not by a mapping: rows come in another order than they lie, and a
 * mapping would end up in memory as a whole. */
static const uint8_t *read_record(struct stage *stage, const struct stage_entry *entry)
{
    static const uint8_t nothing[1];
    size_t done = 0;

    im_buf_clear(&stage->read);
    if (!im_buf_reserve(&stage->read, entry->len))
        return NULL;
    while (done < entry->len) {
        ssize_t n = pread(fileno(stage->spill), stage->read.data + done,
                          entry->len - done, (off_t)(entry->offset + done));

        if (n <= 0)
            return NULL;
        done += (size_t)n;
    }
    return entry->len ? stage->read.data : nothing;
}

void stage_read(struct stage *stage, size_t i, struct stage_row *out)
{
    const uint8_t *p = read_record(stage, &stage->entries[i]);
    struct source_value *values = out->values;

    if (!p) {
        stage->is_broken = true;
        memset(values, 0, stage->schema->n_fields * sizeof *values);
        *out = (struct stage_row){.sheet = "", .values = values};
        return;
    }
    memcpy(&out->row, p, sizeof out->row);
    p += sizeof out->row;
    out->sheet = (const char *)get_text(&p).data;
    out->blob = get_text(&p);
    out->lineage = get_text(&p);
    out->cells = get_text(&p);
    for (size_t f = 0; f < stage->schema->n_fields; f++)
        if (stage->has_field[f])
            get_value(&p, &values[f]);
}

enum im_code stage_check(const struct stage *stage, struct im_error *err)
{
    if (!stage->is_broken)
        return IM_OK;
    im_fail(err, IM_EIO,
            "the temporary file cannot be read back; check the disk, repeat");
    return im_zh(err, IM_EIO, "临时文件无法读回，请检查磁盘后重试");
}

uint64_t stage_row_number(struct stage *stage, size_t i)
{
    uint64_t row = 0;

    if (pread(fileno(stage->spill), &row, sizeof row,
              (off_t)stage->entries[i].offset) != (ssize_t)sizeof row)
        stage->is_broken = true;
    return row;
}
