/* SPDX-License-Identifier: Apache-2.0 */
/* The journal, PATH.part.index, in the byte order of the machine that writes it:
 *
 *   magic    8  "imstage1"
 *   version  8  of what is exported
 *   then a record a tile:
 *   key      8  see staged_key
 *   offset   8  of the body in PATH.part
 *   hash    16  XXH3-128 of the body
 *   length   4  0: the tile is empty
 *   check    4  of the 36 bytes before
 *
 * Bodies are written before the records that name them, so after a kill a record is
 * either whole and true, or the last one and cut off; what does not agree ends the
 * journal. Nothing is synced: after a power failure a body may be missing, which
 * tile_staged_read finds by its hash. */
#include "archive/stage.h"

#include <xxhash.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[8] = {'i', 'm', 's', 't', 'a', 'g', 'e', '1'};
enum {
    HEAD_BYTES = 16,
    RECORD_BYTES = 40,
    FLUSH_BYTES = 1 << 20,
    FLUSH_RECORDS = 256, /* what a kill loses at most */
    MAX_BODY_BYTES = 64 * 1024 * 1024,
    MAX_TILES = INT32_MAX
};

struct record {
    uint64_t key;
    uint64_t offset;
    uint64_t hash[2];
    uint32_t length;
    uint32_t check;
};
_Static_assert(sizeof(struct record) == RECORD_BYTES, "records have no gaps");

struct content {
    uint64_t hash[2];
    uint64_t offset;
    uint32_t length;
};

struct staged {
    char *body_path;
    char *index_path;
    int body_fd;
    int index_fd;
    uint64_t body_bytes;  /* with what is in `bodies` */
    uint64_t index_bytes; /* without what is in `records` */
    struct im_buf bodies; /* not yet written */
    struct im_buf records;
    struct staged_tile *tiles;
    size_t n_tiles;
    size_t cap_tiles;
    struct content *contents;
    uint32_t n_contents;
    uint32_t cap_contents;
    uint32_t *slots; /* content + 1; 0 is free */
    uint32_t n_slots;
    uint64_t *resumed; /* keys of earlier runs, sorted */
    size_t n_resumed;
    size_t cap_resumed;
};

static uint32_t check_of(const struct record *r)
{
    return (uint32_t)XXH3_64bits(r, offsetof(struct record, check));
}

static enum im_code fail_file(const char *what, const char *path, struct im_error *err)
{
    int why = errno;

    if (why == ENOSPC || why == EDQUOT) {
        im_fail(err, IM_EIO,
                "the disk of '%s' is full; make room and run the same command again, "
                "it goes on where it stopped",
                path);
        return im_zh(err, IM_EIO,
                     "“%s” 所在磁盘已满；请腾出空间后重新运行同一命令，将从中断处继续",
                     path);
    }
    im_fail(err, IM_EIO, "%s '%s': %s", what, path, strerror(why));
    return im_zh(err, IM_EIO, "无法读写 “%s”：%s；请检查目录是否存在、是否可写", path,
                 strerror(why));
}

/* ---- files ---- */

static char *path_with(const char *path, const char *suffix)
{
    size_t len = strlen(path);
    char *out;

    while (len > 1 && path[len - 1] == '/')
        len--; /* a folder's name may end in it */
    out = malloc(len + strlen(suffix) + 1);
    if (out) {
        memcpy(out, path, len);
        memcpy(out + len, suffix, strlen(suffix) + 1);
    }
    return out;
}

/* At a place, not at the end: what failed half way is written over by the next try. */
static bool write_at(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
    while (len) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

static enum im_code flush(struct staged *s, struct im_error *err)
{
    if (!write_at(s->body_fd, s->bodies.data, s->bodies.len,
                  s->body_bytes - s->bodies.len))
        return fail_file("write", s->body_path, err);
    im_buf_clear(&s->bodies);
    if (!write_at(s->index_fd, s->records.data, s->records.len, s->index_bytes))
        return fail_file("write", s->index_path, err);
    s->index_bytes += s->records.len;
    im_buf_clear(&s->records);
    return IM_OK;
}

/* ---- what is there ---- */

static bool grow(void *items, size_t *cap, size_t n, size_t size)
{
    void **array = items;
    size_t more = *cap ? 2 * *cap : 1024;
    void *grown;

    if (n < *cap)
        return true;
    grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *cap = more;
    return true;
}

static bool add_tile(struct staged *s, uint64_t key, uint32_t content)
{
    if (!grow(&s->tiles, &s->cap_tiles, s->n_tiles, sizeof *s->tiles))
        return false;
    s->tiles[s->n_tiles++] = (struct staged_tile){.key = key, .content = content};
    return true;
}

static uint32_t *slot_of(const struct staged *s, const uint64_t hash[2])
{
    uint32_t at = (uint32_t)hash[0] & (s->n_slots - 1);

    while (s->slots[at] &&
           memcmp(s->contents[s->slots[at] - 1].hash, hash, 2 * sizeof *hash) != 0)
        at = (at + 1) & (s->n_slots - 1);
    return &s->slots[at];
}

static bool grow_slots(struct staged *s)
{
    uint32_t n = s->n_slots ? s->n_slots * 2 : 4096;
    uint32_t *slots;

    if ((uint64_t)s->n_contents * 2 < s->n_slots)
        return true;
    slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    free(s->slots);
    s->slots = slots;
    s->n_slots = n;
    for (uint32_t i = 0; i < s->n_contents; i++)
        *slot_of(s, s->contents[i].hash) = i + 1;
    return true;
}

static bool add_content(struct staged *s, const struct record *r, uint32_t *out)
{
    uint32_t *slot;

    if (!grow_slots(s))
        return false;
    slot = slot_of(s, r->hash);
    if (*slot) {
        *out = *slot - 1;
        return true;
    }
    size_t cap = s->cap_contents;
    if (!grow(&s->contents, &cap, s->n_contents, sizeof *s->contents))
        return false;
    s->cap_contents = (uint32_t)cap;
    *out = s->n_contents;
    s->contents[s->n_contents++] =
        (struct content){{r->hash[0], r->hash[1]}, r->offset, r->length};
    *slot = s->n_contents;
    return true;
}

/* ---- the journal of an earlier run ---- */

static bool take_record(struct staged *s, const struct record *r)
{
    uint32_t content;

    if (!grow(&s->resumed, &s->cap_resumed, s->n_resumed, sizeof *s->resumed))
        return false;
    s->resumed[s->n_resumed++] = r->key;
    return !r->length || (add_content(s, r, &content) && add_tile(s, r->key, content));
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *p = a;
    const uint64_t *q = b;

    return (*p > *q) - (*p < *q);
}

static bool read_at(int fd, void *out, size_t len, uint64_t offset)
{
    uint8_t *to = out;

    while (len) {
        ssize_t n = pread(fd, to, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

/* Reads as far as records are true; *end is where the next one goes. */
static enum im_code
read_journal(struct staged *s, uint64_t body_bytes, uint64_t *end, struct im_error *err)
{
    struct record r;

    *end = HEAD_BYTES;
    s->body_bytes = 0;
    while (read_at(s->index_fd, &r, sizeof r, *end) && r.check == check_of(&r) &&
           r.offset <= body_bytes && r.length <= body_bytes - r.offset &&
           s->n_resumed < MAX_TILES) {
        if (!take_record(s, &r))
            return im_fail(err, IM_ENOMEM, "out of memory for an archive");
        *end += sizeof r;
        if (r.length && r.offset + r.length > s->body_bytes)
            s->body_bytes = r.offset + r.length;
    }
    if (s->n_resumed)
        qsort(s->resumed, s->n_resumed, sizeof *s->resumed, by_number);
    return IM_OK;
}

static enum im_code begin(struct staged *s, uint64_t version, struct im_error *err)
{
    uint8_t head[HEAD_BYTES];
    struct stat body;
    uint64_t end = 0;
    enum im_code rc = IM_OK;
    bool is_ours = read_at(s->index_fd, head, sizeof head, 0) &&
                   memcmp(head, MAGIC, sizeof MAGIC) == 0 &&
                   memcmp(head + sizeof MAGIC, &version, sizeof version) == 0;

    if (is_ours && fstat(s->body_fd, &body) == 0)
        rc = read_journal(s, (uint64_t)body.st_size, &end, err);
    if (rc != IM_OK)
        return rc;
    s->index_bytes = end;
    if (ftruncate(s->index_fd, (off_t)end) != 0)
        return fail_file("write", s->index_path, err);
    if (ftruncate(s->body_fd, (off_t)s->body_bytes) != 0)
        return fail_file("write", s->body_path, err);
    if (end == 0) {
        memcpy(head, MAGIC, sizeof MAGIC);
        memcpy(head + sizeof MAGIC, &version, sizeof version);
        im_buf_append(&s->records, head, sizeof head);
    }
    return IM_OK;
}

static enum im_code open_files(struct staged *s, const char *path, struct im_error *err)
{
    s->body_path = path_with(path, ".part");
    s->index_path = path_with(path, ".part.index");
    if (!s->body_path || !s->index_path)
        return im_fail(err, IM_ENOMEM, "out of memory for an archive");
    s->index_fd = open(s->index_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->index_fd < 0)
        return fail_file("open", s->index_path, err);
    if (flock(s->index_fd, LOCK_EX | LOCK_NB) != 0) {
        im_fail(err, IM_EBUSY,
                "another export is writing '%s'; wait for it, or choose another name",
                path);
        return im_zh(err, IM_EBUSY, "另一个导出正在写 “%s”；请等它结束，或换一个名称",
                     path);
    }
    s->body_fd = open(s->body_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    return s->body_fd < 0 ? fail_file("open", s->body_path, err) : IM_OK;
}

enum im_code tile_staged_open(const char *path,
                              uint64_t version,
                              struct staged **out,
                              struct im_error *err)
{
    struct staged *s = calloc(1, sizeof *s);
    enum im_code rc;

    if (!s)
        return im_fail(err, IM_ENOMEM, "out of memory for an archive");
    s->body_fd = s->index_fd = -1;
    s->bodies.max = FLUSH_BYTES + MAX_BODY_BYTES;
    s->records.max = FLUSH_BYTES;
    rc = open_files(s, path, err);
    if (rc == IM_OK)
        rc = begin(s, version, err);
    if (rc == IM_OK)
        *out = s;
    else
        tile_staged_close(s);
    return rc;
}

static void release(struct staged *s)
{
    if (s->body_fd >= 0)
        close(s->body_fd);
    if (s->index_fd >= 0)
        close(s->index_fd);
    im_buf_release(&s->bodies);
    im_buf_release(&s->records);
    free(s->body_path);
    free(s->index_path);
    free(s->tiles);
    free(s->contents);
    free(s->slots);
    free(s->resumed);
    free(s);
}

void tile_staged_close(struct staged *s)
{
    struct im_error ignored;

    if (!s)
        return;
    if (s->body_fd >= 0 && s->index_fd >= 0)
        (void)!flush(s, &ignored); /* else these tiles are made again */
    release(s);
}

void tile_staged_remove(struct staged *s)
{
    unlink(s->body_path);
    unlink(s->index_path);
    im_buf_clear(&s->bodies);
    im_buf_clear(&s->records);
    release(s);
}

/* ---- putting ---- */

bool tile_staged_has(const struct staged *s, struct tile_id id)
{
    uint64_t key = staged_key(id);

    return s->n_resumed && bsearch(&key, s->resumed, s->n_resumed, sizeof *s->resumed,
                                   by_number) != NULL;
}

enum im_code tile_staged_put(struct staged *s,
                             struct tile_id id,
                             struct im_bytes body,
                             struct im_error *err)
{
    struct record r = {.key = staged_key(id), .offset = s->body_bytes};
    uint32_t n_before = s->n_contents;
    uint32_t content = 0;
    XXH128_hash_t hash;

    if (s->n_tiles >= MAX_TILES || s->n_contents >= MAX_TILES)
        return im_fail(err, IM_ELIMIT, "over %d tiles in one archive", MAX_TILES);
    if (body.len > MAX_BODY_BYTES)
        return im_fail(err, IM_ELIMIT, "a tile of %zu bytes, allowed is %d", body.len,
                       MAX_BODY_BYTES);
    hash = XXH3_128bits(body.data, body.len);
    r.hash[0] = hash.low64;
    r.hash[1] = hash.high64;
    r.length = (uint32_t)body.len;
    if (body.len && (!add_content(s, &r, &content) || !add_tile(s, r.key, content)))
        return im_fail(err, IM_ENOMEM, "out of memory for an archive");
    if (body.len && s->n_contents == n_before) {
        r.offset = s->contents[content].offset;
    } else if (body.len) {
        im_buf_append(&s->bodies, body.data, body.len);
        s->body_bytes += body.len;
    }
    r.check = check_of(&r);
    im_buf_append(&s->records, &r, sizeof r);
    if (s->bodies.failed || s->records.failed)
        return im_fail(err, IM_ENOMEM, "out of memory for an archive");
    return s->bodies.len >= FLUSH_BYTES ||
                   s->records.len >= (size_t)FLUSH_RECORDS * RECORD_BYTES
               ? flush(s, err)
               : IM_OK;
}

/* ---- reading back ---- */

static int by_key(const void *a, const void *b)
{
    const struct staged_tile *p = a;
    const struct staged_tile *q = b;

    return (p->key > q->key) - (p->key < q->key);
}

struct staged_tile *
tile_staged_sort(struct staged *s, uint64_t (*order_of)(uint64_t key), size_t *n)
{
    size_t kept = 0;

    for (size_t i = 0; order_of && i < s->n_tiles; i++)
        s->tiles[i].key = order_of(s->tiles[i].key);
    if (s->n_tiles)
        qsort(s->tiles, s->n_tiles, sizeof *s->tiles, by_key);
    for (size_t i = 0; i < s->n_tiles; i++) /* put twice, there once */
        if (!kept || s->tiles[i].key != s->tiles[kept - 1].key)
            s->tiles[kept++] = s->tiles[i];
    s->n_tiles = kept;
    *n = kept;
    return s->tiles;
}

size_t tile_staged_contents(const struct staged *s)
{
    return s->n_contents;
}

uint32_t tile_staged_length(const struct staged *s, uint32_t content)
{
    return s->contents[content].length;
}

static enum im_code damaged(const struct staged *s, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "what an earlier run left in '%s' is damaged; remove it and '%s' and run "
            "again",
            s->body_path, s->index_path);
    return im_zh(err, IM_EDATA, "上次留下的 “%s” 已损坏；请删除它和 “%s” 后重新运行",
                 s->body_path, s->index_path);
}

enum im_code tile_staged_read(struct staged *s,
                              uint32_t content,
                              struct im_buf *buf,
                              struct im_error *err)
{
    const struct content *c = &s->contents[content];
    XXH128_hash_t hash;
    enum im_code rc = s->bodies.len || s->records.len ? flush(s, err) : IM_OK;

    if (rc != IM_OK)
        return rc;
    im_buf_clear(buf);
    if (!im_buf_reserve(buf, c->length))
        return im_fail(err, IM_ENOMEM, "out of memory for a tile");
    if (!read_at(s->body_fd, buf->data, c->length, c->offset))
        return damaged(s, err);
    buf->len = c->length;
    hash = XXH3_128bits(buf->data, buf->len);
    return hash.low64 == c->hash[0] && hash.high64 == c->hash[1] ? IM_OK
                                                                 : damaged(s, err);
}

struct tile_archive_count tile_staged_count(const struct staged *s)
{
    struct tile_archive_count n = {
        .n_tiles = s->n_tiles, .n_contents = s->n_contents, .n_resumed = s->n_resumed};

    for (uint32_t i = 0; i < s->n_contents; i++)
        n.n_bytes += s->contents[i].length;
    return n;
}
