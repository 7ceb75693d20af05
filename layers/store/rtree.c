/* SPDX-License-Identifier: Apache-2.0 */
/* The spatial index of a layer, packed along the Hilbert curve (Kamel and Faloutsos
 * 1994) and written in one go. Row by row SQLite's R*Tree takes most of the time of an
 * import; the result is the same kind of tree, which anyone may read and change.
 *
 * The tables behind an R*Tree (SQLite, "The SQLite R*Tree Module", 6; rtree.c):
 *   _node    number and bytes: u16 depth (of the root, 0 elsewhere), u16 cells, then
 *            24 bytes a cell: i64 row or node, f32 min x, max x, min y, max y; all big
 *            endian; the root is node 1
 *   _rowid   row and its leaf
 *   _parent  node and the node above it
 */
#include "internal.h"
#include <engine/hilbert.h>

#include <math.h>
#include <stdlib.h>

enum {
    HEAD_BYTES = 4,
    CELL_BYTES = 24,
    LEVELS_MAX = 16,
    NODE_BYTES_MIN = 512 - 64, /* of SQLite's smallest page */
    NODE_BYTES_MAX = 65536,
    MBR_BYTES = 39 /* of SpatiaLite's geometry blob: up to the mark behind its box */
};

/* Nodes are left a tenth empty, so that the next rows do not split each of them. */
static const double FILL = 0.9;

struct cell {
    int64_t id;   /* row, or node of the level below */
    float box[4]; /* min x, max x, min y, max y */
};

struct rtree {
    struct store *store;
    const char *layer;
    struct cell *cells; /* of the rows, in the order of their ids */
    size_t n;
    size_t cap;
    uint64_t *order; /* hilbert_sort pairs */
    uint64_t *scratch;
    uint32_t *leaf_of; /* per row */
    uint8_t *node;
    size_t node_bytes;
    sqlite3_stmt *put_node;
    sqlite3_stmt *put_parent;
    sqlite3_stmt *put_row;
};

/* ---- the boxes ---- */

static float round_down(double value)
{
    float f = (float)value;

    return (double)f > value ? nextafterf(f, -HUGE_VALF) : f;
}

static float round_up(double value)
{
    float f = (float)value;

    return (double)f < value ? nextafterf(f, HUGE_VALF) : f;
}

static bool is_own_form(const uint8_t *blob, size_t len)
{
    return len > MBR_BYTES && blob[0] == 0 && blob[1] == 1 && blob[38] == 0x7C;
}

/* min x, min y, max x, max y stand at byte 6 of a little-endian blob */
static bool box_of(struct im_bytes blob, struct im_arena *arena, float out[4])
{
    double mbr[4];

    if (is_own_form(blob.data, blob.len)) {
        memcpy(mbr, blob.data + 6, sizeof mbr);
    } else { /* written by another program */
        struct geom geom;
        struct im_error err;

        im_arena_reset(arena);
        if (blob_decode(blob, arena, &geom, &err) || geom.kind == GEOM_EMPTY)
            return false;
        struct bbox box = geom_bbox(&geom);
        memcpy(mbr, (double[]){box.min_x, box.min_y, box.max_x, box.max_y}, sizeof mbr);
    }
    out[0] = round_down(mbr[0]);
    out[1] = round_up(mbr[2]);
    out[2] = round_down(mbr[1]);
    out[3] = round_up(mbr[3]);
    return isfinite(out[0]) && isfinite(out[1]) && isfinite(out[2]) && isfinite(out[3]);
}

static bool grow(struct rtree *t)
{
    size_t cap = t->cap ? t->cap + t->cap / 2 : 1024;
    struct cell *cells = realloc(t->cells, cap * sizeof *cells);

    if (!cells)
        return false;
    t->cells = cells;
    t->cap = cap;
    return true;
}

static enum im_code read_boxes(struct rtree *t, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct im_arena *arena = im_arena_new((size_t)1 << 30);
    bool row = true;
    enum im_code rc = sql_prepare(
        t->store->db, &stmt, err,
        "SELECT fid, geom FROM \"%w\" WHERE geom NOTNULL ORDER BY fid", t->layer);

    if (!rc && !arena)
        rc = im_fail(err, IM_ENOMEM, "spatial index: out of memory");
    while (!rc && !(rc = sql_step(stmt, &row, err)) && row) {
        struct im_bytes blob = {sqlite3_column_blob(stmt, 1),
                                (size_t)sqlite3_column_bytes(stmt, 1)};

        if (t->n == UINT32_MAX || (t->n == t->cap && !grow(t))) {
            rc = im_fail(err, IM_ENOMEM, "spatial index: out of memory");
        } else if (box_of(blob, arena, t->cells[t->n].box)) {
            t->cells[t->n++].id = sqlite3_column_int64(stmt, 0);
        }
    }
    sqlite3_finalize(stmt);
    im_arena_free(arena);
    return rc;
}

static enum im_code sort(struct rtree *t, struct im_error *err)
{
    static const struct bbox globe = {-180, -90, 180, 90};
    struct bbox extent = bbox_empty();

    t->order = calloc(t->n + 1, sizeof *t->order);
    t->scratch = calloc(t->n + 1, sizeof *t->scratch);
    t->leaf_of = calloc(t->n + 1, sizeof *t->leaf_of);
    if (!t->order || !t->scratch || !t->leaf_of)
        return im_fail(err, IM_ENOMEM, "spatial index: out of memory");
    for (size_t i = 0; i < t->n; i++) {
        const float *b = t->cells[i].box;

        extent = bbox_extend(extent, (double)b[0], (double)b[2]);
        extent = bbox_extend(extent, (double)b[1], (double)b[3]);
    }
    if (bbox_is_empty(extent))
        extent = globe;
    for (size_t i = 0; i < t->n; i++) {
        const float *b = t->cells[i].box;
        uint32_t h = hilbert_of(extent, ((double)b[0] + (double)b[1]) / 2,
                                ((double)b[2] + (double)b[3]) / 2);

        t->order[i] = (uint64_t)h << 32 | i;
    }
    hilbert_sort(t->order, t->scratch, t->n);
    return IM_OK;
}

/* ---- the nodes ---- */

static void put_u16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put_u32(uint8_t *to, uint32_t value)
{
    put_u16(to, value >> 16);
    put_u16(to + 2, value & 0xFFFF);
}

static void put_cell(uint8_t *to, const struct cell *cell)
{
    put_u32(to, (uint32_t)((uint64_t)cell->id >> 32));
    put_u32(to + 4, (uint32_t)cell->id);
    for (size_t i = 0; i < 4; i++) {
        uint32_t bits;

        memcpy(&bits, &cell->box[i], sizeof bits);
        put_u32(to + 8 + 4 * i, bits);
    }
}

static void join(float box[4], const float other[4])
{
    box[0] = fminf(box[0], other[0]);
    box[1] = fmaxf(box[1], other[1]);
    box[2] = fminf(box[2], other[2]);
    box[3] = fmaxf(box[3], other[3]);
}

static enum im_code
write_pair(sqlite3_stmt *stmt, int64_t a, int64_t b, struct im_error *err)
{
    sqlite3_bind_int64(stmt, 1, a);
    sqlite3_bind_int64(stmt, 2, b);
    return sql_run(stmt, err);
}

static enum im_code
write_node(struct rtree *t, int64_t number, unsigned depth, struct im_error *err)
{
    put_u16(t->node, depth);
    sqlite3_bind_int64(t->put_node, 1, number);
    sqlite3_bind_blob(t->put_node, 2, t->node, (int)t->node_bytes, SQLITE_STATIC);
    return sql_run(t->put_node, err);
}

/* One level of nodes, over the rows (level 0) or the nodes below. */
struct level {
    struct cell *cells; /* the nodes of this level, as cells of the next */
    size_t n;
    int64_t first; /* number of its first node */
};

/* Child `i` of a level, and what has to be known of where it went. */
static enum im_code put_child(struct rtree *t,
                              const struct level *below,
                              size_t i,
                              int64_t node,
                              const struct cell **out,
                              struct im_error *err)
{
    if (!below) {
        uint32_t row = (uint32_t)t->order[i];

        t->leaf_of[row] = (uint32_t)node;
        *out = &t->cells[row];
        return IM_OK;
    }
    *out = &below->cells[i];
    return write_pair(t->put_parent, below->cells[i].id, node, err);
}

static enum im_code write_level(struct rtree *t,
                                const struct level *below,
                                struct level *level,
                                unsigned depth,
                                struct im_error *err)
{
    size_t n = below ? below->n : t->n;
    enum im_code rc = IM_OK;

    for (size_t j = 0; !rc && j < level->n; j++) {
        size_t from = j * n / level->n;
        size_t to = (j + 1) * n / level->n;
        struct cell *self = &level->cells[j];

        memset(t->node, 0, t->node_bytes);
        put_u16(t->node + 2, (unsigned)(to - from));
        self->id = level->first + (int64_t)j;
        for (size_t i = from; !rc && i < to; i++) {
            const struct cell *child = NULL;

            rc = put_child(t, below, i, self->id, &child, err);
            put_cell(t->node + HEAD_BYTES + (i - from) * CELL_BYTES, child);
            if (i == from)
                memcpy(self->box, child->box, sizeof self->box);
            join(self->box, child->box);
        }
        if (!rc)
            rc = write_node(t, self->id, self->id == 1 ? depth : 0, err);
    }
    return rc;
}

/* Sizes and numbers of the levels, bottom up; the last is the root. Returns how many.
 */
static size_t plan_levels(const struct rtree *t, struct level levels[LEVELS_MAX])
{
    size_t cap = (t->node_bytes - HEAD_BYTES) / CELL_BYTES;
    size_t filled = (size_t)((double)cap * FILL);
    size_t n = t->n;
    size_t n_levels = 0;
    int64_t number = 1;

    do {
        size_t nodes = n <= cap ? 1 : (n + filled - 1) / filled;

        levels[n_levels++] = (struct level){.n = nodes};
        n = nodes;
    } while (n > 1);
    for (size_t l = n_levels; l-- > 0;) {
        levels[l].first = number;
        number += (int64_t)levels[l].n;
    }
    return n_levels;
}

static enum im_code write_tree(struct rtree *t, struct im_error *err)
{
    struct level levels[LEVELS_MAX] = {0};
    size_t n = plan_levels(t, levels);
    enum im_code rc = IM_OK;

    for (size_t l = 0; !rc && l < n; l++) {
        levels[l].cells = calloc(levels[l].n, sizeof *levels[l].cells);
        rc = levels[l].cells ? write_level(t, l ? &levels[l - 1] : NULL, &levels[l],
                                           (unsigned)l, err)
                             : im_fail(err, IM_ENOMEM, "spatial index: out of memory");
    }
    for (size_t i = 0; !rc && i < t->n; i++)
        rc = write_pair(t->put_row, t->cells[i].id, t->leaf_of[i], err);
    for (size_t l = 0; l < n; l++)
        free(levels[l].cells);
    return rc;
}

/* ---- the tables ---- */

static enum im_code fail_damaged(const struct rtree *t, struct im_error *err)
{
    im_fail(err, IM_EENV,
            "the spatial index of layer '%s' is damaged; take a backup or import anew "
            "into another --db",
            t->layer);
    return im_zh(err, IM_EENV,
                 "图层“%s”的空间索引已损坏；请使用备份，或用其他 --db 重新导入",
                 t->layer);
}

static enum im_code prepare(struct rtree *t, struct im_error *err)
{
    sqlite3 *db = t->store->db;
    int64_t bytes = 0;
    enum im_code rc = sql_integer(
        db, &bytes, err,
        "SELECT length(data) FROM \"idx_%w_geom_node\" WHERE nodeno = 1", t->layer);

    if (!rc && (bytes < NODE_BYTES_MIN || bytes > NODE_BYTES_MAX))
        rc = fail_damaged(t, err);
    if (rc)
        return rc;
    t->node_bytes = (size_t)bytes;
    t->node = calloc(1, t->node_bytes);
    if (!t->node)
        return im_fail(err, IM_ENOMEM, "spatial index: out of memory");
    static const char *const tables[] = {"node", "parent", "rowid"};
    for (size_t i = 0; !rc && i < 3; i++)
        rc = sql_execf(db, err, "DELETE FROM \"idx_%w_geom_%w\"", t->layer, tables[i]);
    if (!rc)
        rc = sql_prepare(db, &t->put_node, err,
                         "INSERT INTO \"idx_%w_geom_node\" VALUES (?, ?)", t->layer);
    if (!rc)
        rc = sql_prepare(db, &t->put_parent, err,
                         "INSERT INTO \"idx_%w_geom_parent\" VALUES (?, ?)", t->layer);
    if (!rc)
        rc = sql_prepare(db, &t->put_row, err,
                         "INSERT INTO \"idx_%w_geom_rowid\" VALUES (?, ?)", t->layer);
    return rc;
}

static void release(struct rtree *t)
{
    sqlite3_finalize(t->put_node);
    sqlite3_finalize(t->put_parent);
    sqlite3_finalize(t->put_row);
    free(t->cells);
    free(t->order);
    free(t->scratch);
    free(t->leaf_of);
    free(t->node);
}

enum im_code
store_fill_rtree(struct store *store, const char *layer, struct im_error *err)
{
    struct rtree t = {.store = store, .layer = layer};
    enum im_code rc = prepare(&t, err);

    if (!rc)
        rc = read_boxes(&t, err);
    if (!rc)
        rc = sort(&t, err);
    if (!rc)
        rc = write_tree(&t, err);
    release(&t);
    return rc;
}
