/* SPDX-License-Identifier: Apache-2.0 */
/* PMTiles, version 3 (github.com/protomaps/PMTiles, spec/v3). Numbers are little
 * endian; the layout here is
 *
 *   0      header, 127 bytes
 *   127    root directory, so short that it ends before the first 16 KiB do
 *          metadata, JSON
 *          leaf directories, where the root would be too long without
 *          tiles in the order of their numbers, each body once ("clustered")
 *
 * Directories and metadata are gzipped. */
#include "archive/writer.h"

#include <engine/json_writer.h>

#include <libdeflate.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    HEADER_BYTES = 127,
    ROOT_MAX_BYTES = 16383 - HEADER_BYTES, /* "under 16,384 bytes" */
    FIRST_LEAF_ENTRIES = 4096,
    GZIP_LEVEL = 9,
    DIRECTORY_MAX_BYTES = INT32_MAX
};

enum { COMPRESSION_NONE = 1, COMPRESSION_GZIP = 2 };

struct entry {
    uint64_t number;
    uint64_t offset; /* in the section of tiles; of leaves: in theirs */
    uint32_t length;
    uint32_t run; /* 0: a leaf */
};

/* The curve of one zoom: Hilbert's, as Wikipedia's xy2d ("Hilbert curve"), which the
 * specification means; before it all tiles of lower zooms, (4^z - 1) / 3. */
uint64_t tile_pmtiles_number(struct tile_id id)
{
    uint64_t number = ((1ull << (2 * id.z)) - 1) / 3;
    uint32_t x = id.x;
    uint32_t y = id.y;

    for (uint32_t z = id.z; z-- > 0;) {
        uint32_t s = 1u << z;
        uint32_t rx = (x & s) != 0;
        uint32_t ry = (y & s) != 0;

        number += (uint64_t)s * s * ((3 * rx) ^ ry);
        if (ry == 0) {
            uint32_t turned = x;

            if (rx) {
                turned = s - 1 - (x & (s - 1));
                y = s - 1 - (y & (s - 1));
            }
            x = y;
            y = turned;
        }
    }
    return number;
}

static uint64_t number_of_key(uint64_t key)
{
    return tile_pmtiles_number(staged_id(key));
}

/* ---- directories ---- */

static void put_varint(struct im_buf *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t n = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    im_buf_append(out, bytes, n);
}

static void put_directory(struct im_buf *out, const struct entry *entries, size_t n)
{
    put_varint(out, n);
    for (size_t i = 0; i < n; i++)
        put_varint(out, entries[i].number - (i ? entries[i - 1].number : 0));
    for (size_t i = 0; i < n; i++)
        put_varint(out, entries[i].run);
    for (size_t i = 0; i < n; i++)
        put_varint(out, entries[i].length);
    for (size_t i = 0; i < n; i++) {
        bool follows =
            i && entries[i].offset == entries[i - 1].offset + entries[i - 1].length;

        put_varint(out, follows ? 0 : entries[i].offset + 1);
    }
}

static bool gzip(struct im_bytes plain, struct im_buf *out)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(GZIP_LEVEL);
    size_t bound = c ? libdeflate_gzip_compress_bound(c, plain.len) : 0;

    if (c && im_buf_reserve(out, bound))
        out->len += libdeflate_gzip_compress(c, plain.data, plain.len,
                                             out->data + out->len, bound);
    else
        out->failed = true;
    libdeflate_free_compressor(c);
    return !out->failed;
}

static bool put_zipped(struct im_buf *out, const struct entry *entries, size_t n)
{
    struct im_buf plain = {.max = DIRECTORY_MAX_BYTES};
    bool ok;

    put_directory(&plain, entries, n);
    ok = !plain.failed && gzip(im_buf_bytes(&plain), out);
    im_buf_release(&plain);
    return ok;
}

struct pmtiles {
    struct writer *w;
    const struct staged_tile *tiles;
    size_t n_tiles;
    struct entry *entries;
    size_t n_entries;
    uint32_t *order; /* contents in the order of their bodies in the file */
    size_t n_order;
    uint64_t tile_bytes;
    struct im_buf root;
    struct im_buf leaves;
    struct im_buf metadata;
};

/* Leaves of `size` entries each, and the root that points to them. */
static bool split(struct pmtiles *p, size_t size)
{
    size_t n = (p->n_entries + size - 1) / size;
    struct entry *leaves = calloc(n, sizeof *leaves);
    bool ok = leaves != NULL;

    im_buf_clear(&p->root);
    im_buf_clear(&p->leaves);
    for (size_t i = 0; ok && i < n; i++) {
        size_t first = i * size;
        size_t some = p->n_entries - first < size ? p->n_entries - first : size;
        size_t offset = p->leaves.len;

        ok = put_zipped(&p->leaves, p->entries + first, some);
        leaves[i] = (struct entry){.number = p->entries[first].number,
                                   .offset = offset,
                                   .length = (uint32_t)(p->leaves.len - offset)};
    }
    ok = ok && put_zipped(&p->root, leaves, n);
    free(leaves);
    return ok;
}

static bool make_directories(struct pmtiles *p)
{
    if (!put_zipped(&p->root, p->entries, p->n_entries))
        return false;
    for (size_t size = FIRST_LEAF_ENTRIES; p->root.len > ROOT_MAX_BYTES; size *= 2)
        if (!split(p, size))
            return false;
    return true;
}

/* ---- what goes where ---- */

/* A body's place is that of the first tile that has it; tiles with one body and numbers
 * that follow each other are one entry. */
static bool place_tiles(struct pmtiles *p)
{
    size_t n_contents = tile_staged_contents(p->w->stage);
    uint64_t *offsets = malloc((n_contents + 1) * sizeof *offsets);

    p->entries = malloc((p->n_tiles + 1) * sizeof *p->entries);
    p->order = malloc((n_contents + 1) * sizeof *p->order);
    if (!offsets || !p->entries || !p->order) {
        free(offsets);
        return false;
    }
    memset(offsets, 0xff, (n_contents + 1) * sizeof *offsets);
    for (size_t i = 0; i < p->n_tiles; i++) {
        const struct staged_tile *t = &p->tiles[i];
        struct entry *last = p->n_entries ? &p->entries[p->n_entries - 1] : NULL;
        uint64_t *offset = &offsets[t->content];

        if (*offset == UINT64_MAX) {
            *offset = p->tile_bytes;
            p->tile_bytes += tile_staged_length(p->w->stage, t->content);
            p->order[p->n_order++] = t->content;
        }
        if (last && last->offset == *offset && last->number + last->run == t->key)
            last->run++;
        else
            p->entries[p->n_entries++] = (struct entry){
                t->key, *offset, tile_staged_length(p->w->stage, t->content), 1};
    }
    free(offsets);
    return true;
}

static bool make_metadata(struct pmtiles *p)
{
    const struct tile_archive_info *info = p->w->info;
    struct im_buf plain = {.max = 64 * 1024 * 1024};
    struct im_json w = {.out = &plain};
    char version[IM_NUMBER_MAX];
    bool ok;

    version[im_format_int64(version, (int64_t)info->data_version)] = '\0';
    im_json_object(&w);
    im_json_key(&w, "name");
    im_json_text(&w, info->name);
    im_json_key(&w, "type");
    im_json_text(&w, info->is_overlay ? "overlay" : "baselayer");
    im_json_key(&w, "version");
    im_json_text(&w, version);
    if (info->attribution) {
        im_json_key(&w, "attribution");
        im_json_text(&w, info->attribution);
    }
    if (info->vector_layers_json) {
        im_json_key(&w, "vector_layers");
        im_json_raw(&w, im_bytes_of(info->vector_layers_json));
    }
    im_json_object_end(&w);
    ok = !plain.failed && gzip(im_buf_bytes(&plain), &p->metadata);
    im_buf_release(&plain);
    return ok;
}

/* ---- the file ---- */

static void put_number(struct im_buf *out, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        im_buf_byte(out, (uint8_t)(value >> (8 * i)));
}

static void put_position(struct im_buf *out, double lon, double lat)
{
    put_number(out, (uint32_t)(int32_t)lround(lon * 1e7), 4);
    put_number(out, (uint32_t)(int32_t)lround(lat * 1e7), 4);
}

static uint8_t tile_type(const char *format)
{
    static const char *const names[] = {"mvt", "png", "jpg", "webp", "avif"};

    for (uint8_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(format, names[i]) == 0)
            return (uint8_t)(i + 1);
    return 0;
}

static void make_header(const struct pmtiles *p, struct im_buf *out)
{
    const struct tile_archive_info *info = p->w->info;
    struct tile_writer_center center = tile_writer_center(info);
    uint64_t at = HEADER_BYTES;
    bool is_mvt = strcmp(info->format, "mvt") == 0;

    im_buf_text(out, "PMTiles");
    im_buf_byte(out, 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct im_buf *part = i == 0   ? &p->root
                                    : i == 1 ? &p->metadata
                                             : &p->leaves;

        put_number(out, at, 8);
        put_number(out, part->len, 8);
        at += part->len;
    }
    put_number(out, at, 8);
    put_number(out, p->tile_bytes, 8);
    put_number(out, p->n_tiles, 8);
    put_number(out, p->n_entries, 8);
    put_number(out, p->n_order, 8);
    im_buf_byte(out, 1); /* clustered */
    im_buf_byte(out, COMPRESSION_GZIP);
    im_buf_byte(out, is_mvt ? COMPRESSION_GZIP : COMPRESSION_NONE);
    im_buf_byte(out, tile_type(info->format));
    im_buf_byte(out, (uint8_t)info->min_zoom);
    im_buf_byte(out, (uint8_t)info->max_zoom);
    put_position(out, info->bounds.min_x, info->bounds.min_y);
    put_position(out, info->bounds.max_x, info->bounds.max_y);
    im_buf_byte(out, (uint8_t)center.zoom);
    put_position(out, center.lon, center.lat);
}

static bool put(FILE *file, struct im_bytes bytes)
{
    return bytes.len == 0 || fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
}

static enum im_code write_file(struct pmtiles *p, FILE *file, struct im_error *err)
{
    struct im_buf header = {.max = HEADER_BYTES};
    enum im_code rc = IM_OK;
    bool ok;

    make_header(p, &header);
    ok = !header.failed && put(file, im_buf_bytes(&header)) &&
         put(file, im_buf_bytes(&p->root)) && put(file, im_buf_bytes(&p->metadata)) &&
         put(file, im_buf_bytes(&p->leaves));
    im_buf_release(&header);
    for (size_t i = 0; ok && rc == IM_OK && i < p->n_order; i++) {
        rc = tile_staged_read(p->w->stage, p->order[i], &p->w->buf, err);
        if (rc == IM_OK)
            ok = put(file, im_buf_bytes(&p->w->buf));
        tile_writer_tell(p->w, i);
    }
    if (ok && rc == IM_OK)
        ok = fflush(file) == 0;
    return ok ? rc : tile_writer_fail(p->w->path, err);
}

/* A directory must have an entry (specification, "Directory Serialization", 1). */
static enum im_code no_tiles(struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "all tiles are empty, and a PMTiles must have one; choose another area, "
            "zooms or layers");
    return im_zh(err, IM_EDATA,
                 "所有瓦片都是空的，而 PMTiles 至少须有一张；请换一个范围、级别或图层");
}

enum im_code tile_pmtiles_write(struct writer *w, struct im_error *err)
{
    struct pmtiles p = {.w = w,
                        .root = {.max = DIRECTORY_MAX_BYTES},
                        .leaves = {.max = DIRECTORY_MAX_BYTES},
                        .metadata = {.max = DIRECTORY_MAX_BYTES}};
    enum im_code rc = IM_OK;
    FILE *file = NULL;

    p.tiles = tile_staged_sort(w->stage, number_of_key, &p.n_tiles);
    if (p.n_tiles == 0)
        return no_tiles(err);
    if (!place_tiles(&p) || !make_metadata(&p) || !make_directories(&p)) {
        rc = im_fail(err, IM_ENOMEM, "out of memory for the directory of an archive");
        goto done;
    }
    file = fopen(w->path, "wb");
    rc = file ? write_file(&p, file, err) : tile_writer_fail(w->path, err);
    if (file && fclose(file) != 0 && rc == IM_OK)
        rc = tile_writer_fail(w->path, err);
done:
    free(p.entries);
    free(p.order);
    im_buf_release(&p.root);
    im_buf_release(&p.leaves);
    im_buf_release(&p.metadata);
    return rc;
}
