/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of a compound file ([MS-CFB]).
 *
 *   file               header of 512 bytes, then sectors numbered from 0
 *                      30  u16  sector size is 2^n        44  u32  sectors of the FAT
 *                      48  u32  first directory sector    56  u32  smallest big stream
 *                      60  u32  first mini FAT sector     68  u32  first DIFAT sector
 *                      76  u32 x 109  the first FAT sectors
 *   directory entry    128 bytes: 0 name UTF-16, 64 u16 its bytes with the zero, 66 u8
 *                      kind (2 stream, 5 root), 116 u32 first sector, 120 u32 size
 *
 * All numbers are little-endian. */
#include "compound.h"

#include "little_endian.h"

#include <string.h>

enum {
    HEADER_BYTES = 512,
    FAT_IN_HEADER = 109, /* sectors of it named there */
    ENTRY_BYTES = 128,
    MINI_BYTES = 64
};

static const uint32_t NO_SECTOR = 0xFFFFFFFA; /* and above: end of chain, free ... */

static const uint8_t *sector_at(const struct compound *c, uint32_t n)
{
    uint64_t from = ((uint64_t)n + 1) * c->sector;

    return n < NO_SECTOR && from + c->sector <= c->file.len ? c->file.data + from
                                                            : NULL;
}

static uint32_t next_sector(const struct compound *c, uint32_t n)
{
    size_t each = c->sector / 4;

    return n / each < c->n_fat ? le32(c->fat[n / each] + n % each * 4) : NO_SECTOR;
}

/* The sectors of the FAT: 109 in the header, others in a chain of lists. */
static bool read_fat(struct compound *c)
{
    size_t n = le32(c->file.data + 44);
    size_t each = c->sector / 4 - 1;
    uint32_t list = le32(c->file.data + 68);

    if (n == 0 || n > c->file.len / c->sector)
        return false;
    c->fat = im_arena_calloc(c->arena, n, sizeof *c->fat);
    for (size_t i = 0; c->fat && i < n; i++) {
        const uint8_t *from = c->file.data + 76 + 4 * i;

        if (i >= FAT_IN_HEADER) {
            size_t at = (i - FAT_IN_HEADER) % each;
            const uint8_t *sector = sector_at(c, list);

            if (!sector)
                return false;
            from = sector + 4 * at;
            if (at == each - 1)
                list = le32(sector + 4 * each);
        }
        c->fat[i] = sector_at(c, le32(from));
        if (!c->fat[i])
            return false;
        c->n_fat = i + 1;
    }
    return c->fat != NULL;
}

/* A chain of sectors as one piece; shorter than `size` when the chain is: of no use
 * (NULL). `size` 0: the whole chain. A chain that bites its tail ends at the size of
 * the file. */
static struct im_bytes
read_chain(const struct compound *c, uint32_t first, uint64_t size)
{
    size_t max = c->file.len / c->sector;
    size_t n = 0;

    for (uint32_t s = first; n < max && sector_at(c, s); s = next_sector(c, s)) {
        n++;
        if (size && n * c->sector >= size)
            break;
    }
    if (n == 0 || n * c->sector < size)
        return (struct im_bytes){NULL, 0};
    uint8_t *out = im_arena_alloc(c->arena, n * c->sector);
    if (!out)
        return (struct im_bytes){NULL, 0};
    for (size_t i = 0; i < n; i++, first = next_sector(c, first))
        memcpy(out + i * c->sector, sector_at(c, first), c->sector);
    return (struct im_bytes){out, size ? (size_t)size : n * c->sector};
}

static bool is_named(const uint8_t *entry, const char *name)
{
    size_t len = strlen(name);

    if (le16(entry + 64) != 2 * (len + 1) || len > 31)
        return false;
    for (size_t i = 0; i < len; i++)
        if (le16(entry + 2 * i) != (uint8_t)name[i])
            return false;
    return true;
}

static const uint8_t *find_entry(const struct compound *c, const char *name)
{
    struct im_bytes directory = c->directory;

    for (size_t i = 0; i + ENTRY_BYTES <= directory.len; i += ENTRY_BYTES)
        if ((directory.data[i + 66] == 2 || directory.data[i + 66] == 5) &&
            is_named(directory.data + i, name))
            return directory.data + i;
    return NULL;
}

/* Small streams lie in 64 byte pieces inside the stream of the root. */
static struct im_bytes read_mini(const struct compound *c, const uint8_t *entry)
{
    const uint8_t *root = find_entry(c, "Root Entry");
    struct im_bytes none = {NULL, 0};
    struct im_bytes pieces =
        root ? read_chain(c, le32(root + 116), le32(root + 120)) : none;
    struct im_bytes fat = read_chain(c, le32(c->file.data + 60), 0);
    size_t size = le32(entry + 120);
    uint8_t *out = im_arena_calloc(c->arena, size / MINI_BYTES + 1, MINI_BYTES);
    uint32_t at = le32(entry + 116);

    if (!out || !pieces.data || !fat.data)
        return none;
    for (size_t have = 0; have < size; have += MINI_BYTES) {
        if (at >= pieces.len / MINI_BYTES || at >= fat.len / 4)
            return none;
        memcpy(out + have, pieces.data + (size_t)at * MINI_BYTES, MINI_BYTES);
        at = le32(fat.data + 4 * (size_t)at);
    }
    return (struct im_bytes){out, size};
}

const char *
compound_open(struct compound *c, struct im_bytes file, struct im_arena *arena)
{
    *c = (struct compound){.file = file, .arena = arena};
    if (file.len < 2 * HEADER_BYTES)
        return "cut off";
    unsigned shift = le16(file.data + 30);
    if (shift != 9 && shift != 12)
        return "sector size";
    c->sector = (size_t)1 << shift;
    if (!read_fat(c))
        return "sector table";
    c->directory = read_chain(c, le32(file.data + 48), 0);
    return c->directory.data ? NULL : "directory";
}

bool compound_has(const struct compound *c, const char *name)
{
    return find_entry(c, name) != NULL;
}

struct im_bytes compound_read(const struct compound *c, const char *name)
{
    const uint8_t *entry = find_entry(c, name);

    if (!entry)
        return (struct im_bytes){NULL, 0};
    if (le32(entry + 120) < le32(c->file.data + 56))
        return read_mini(c, entry);
    return read_chain(c, le32(entry + 116), le32(entry + 120));
}
