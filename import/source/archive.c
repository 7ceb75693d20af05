/* SPDX-License-Identifier: Apache-2.0 */
/* What is inside a zip, known and bounded before anything of it is unpacked.
 *
 * GDAL's /vsizip/ unpacks; here only the central directory is walked
 * (APPNOTE.TXT 6.3.10, 4.3.12 to 4.3.16), at the very place where GDAL looks for it, so
 * that both see the same entries. /vsizip/ gives no more bytes of an entry than the
 * directory says.
 *
 *   end of central directory      central directory entry
 *    0  "PK\5\6"                   0  "PK\1\2"
 *    8  entries here (16 bit)      8  flags: 1 encrypted, 0x800 name is UTF-8
 *   10  entries in all            10  method: 0 stored, 8 deflated
 *   12  bytes of the directory    20  packed bytes, 24 unpacked bytes
 *   16  its offset                28  length of the name, 30 extra, 32 comment
 *   20  bytes of the comment      46  name, extra, comment
 */
#include "internal.h"
#include "little_endian.h"

#include <errno.h>
#include <zlib.h>

enum {
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR64_BYTES = 20,
    ENTRY_BYTES = 46,
    TAIL_BYTES = 65535 + END_BYTES + LOCATOR64_BYTES + END64_BYTES,
    MAX_DIRECTORY_BYTES = 16 << 20,
    MAX_ENTRIES = 10000,
    MAX_NAME_BYTES = 1024,
    MAX_DEPTH = 16,
    /* deflate reaches 1032:1; tables with empty columns come to 100:1 */
    MAX_RATIO = 300,
    RATIO_FROM_BYTES = 64 << 20,
    ARENA_BYTES = 64 << 20
};
static const uint64_t MAX_UNPACKED_BYTES = 1u << 30;

struct walk {
    const char *name; /* of the zip, for messages */
    VSILFILE *file;
    uint64_t size;
    struct im_bytes directory; /* owned */
    uint64_t n_entries;
    uint64_t packed;
    uint64_t unpacked;
    struct evidence evidence;
    bool has_wide_characters; /* a lead byte of three or four in UTF-8 */
    struct decoder decoder;   /* of names that are not marked as UTF-8 */
    struct archive *out;
    struct im_error *err;
};

/* ---- refusals ---- */

static enum im_code fail_damaged(const struct walk *w, const char *en, const char *zh)
{
    im_fail(w->err, IM_EDATA, "'%s' is a damaged zip: %s; send or pack it again",
            w->name, en);
    return im_zh(w->err, IM_EDATA, "“%s”是损坏的压缩包：%s；请重新压缩或重新发送",
                 w->name, zh);
}

static enum im_code fail_bound(const struct walk *w, const char *en, const char *zh)
{
    im_fail(w->err, IM_ELIMIT,
            "'%s' is not unpacked: %s; unpack it yourself and import the file", w->name,
            en);
    return im_zh(w->err, IM_ELIMIT, "不会解压“%s”：%s；请自行解压后导入其中的文件",
                 w->name, zh);
}

static enum im_code fail_name(const struct walk *w)
{
    im_fail(w->err, IM_EDATA,
            "'%s' holds a name that leads out of it or cannot be read; pack it again",
            w->name);
    return im_zh(w->err, IM_EDATA, "“%s”中有指向包外或无法识别的文件名；请重新压缩",
                 w->name);
}

static enum im_code fail_encrypted(const struct walk *w)
{
    im_fail(w->err, IM_EDATA,
            "'%s' is protected by a password; unpack it and import the file in it",
            w->name);
    return im_zh(w->err, IM_EDATA, "“%s”有密码保护；请解压后导入其中的文件", w->name);
}

/* ---- the directory ---- */

static bool read_at(struct walk *w, uint64_t offset, void *to, size_t n)
{
    return VSIFSeekL(w->file, offset, SEEK_SET) == 0 &&
           VSIFReadL(to, 1, n, w->file) == n;
}

/* Where the directory ends, its size and its number of entries. */
struct place {
    uint64_t end;
    uint64_t bytes;
    uint64_t entries;
};

static bool read_end64(struct walk *w, uint64_t end, struct place *out)
{
    uint8_t locator[LOCATOR64_BYTES], end64[END64_BYTES];

    if (end < LOCATOR64_BYTES + END64_BYTES ||
        !read_at(w, end - LOCATOR64_BYTES, locator, sizeof locator) ||
        memcmp(locator, "PK\6\7", 4) != 0)
        return false;
    uint64_t at = le64(locator + 8);
    if (at > end - LOCATOR64_BYTES - END64_BYTES ||
        !read_at(w, at, end64, sizeof end64) || memcmp(end64, "PK\6\6", 4) != 0)
        return false;
    *out = (struct place){at, le64(end64 + 40), le64(end64 + 32)};
    return true;
}

static bool find_end(struct walk *w, struct place *out)
{
    size_t n = w->size < TAIL_BYTES ? (size_t)w->size : TAIL_BYTES;
    uint8_t *tail = malloc(n ? n : 1);
    bool found = false;

    if (tail && n >= END_BYTES && read_at(w, w->size - n, tail, n)) {
        size_t i = n - END_BYTES;

        while (i > 0 && memcmp(tail + i, "PK\5\6", 4) != 0)
            i--;
        const uint8_t *end = tail + i;
        uint64_t at = w->size - n + i;
        found = memcmp(end, "PK\5\6", 4) == 0 && le16(end + 20) == n - i - END_BYTES;
        *out = (struct place){at, le32(end + 12), le16(end + 10)};
        if (found && (out->bytes == 0xFFFFFFFF || out->entries == 0xFFFF ||
                      le32(end + 16) == 0xFFFFFFFF))
            found = read_end64(w, at, out);
    }
    free(tail);
    return found;
}

static enum im_code read_directory(struct walk *w)
{
    struct place place;

    if (!find_end(w, &place))
        return fail_damaged(w, "it has no end, it was cut off", "没有结尾，文件不完整");
    if (place.entries > MAX_ENTRIES || place.bytes > MAX_DIRECTORY_BYTES)
        return fail_bound(w, "it holds more than 10000 files", "其中超过 10000 个文件");
    if (place.bytes > place.end)
        return fail_damaged(w, "its directory is cut off", "目录不完整");
    uint8_t *directory = malloc((size_t)place.bytes + 1);
    if (!directory)
        return im_fail(w->err, IM_ENOMEM, "'%s': out of memory", w->name);
    w->directory = (struct im_bytes){directory, (size_t)place.bytes};
    w->n_entries = place.entries;
    /* counted back from its end: what stands before the zip shifts all offsets */
    if (!read_at(w, place.end - place.bytes, directory, w->directory.len))
        return fail_damaged(w, "its directory cannot be read", "目录无法读取");
    return IM_OK;
}

/* ---- entries ---- */

struct entry {
    struct im_bytes name;
    struct im_bytes extra;
    uint64_t packed;
    uint64_t unpacked;
    unsigned flags;
    unsigned method;
};

/* An extra field (4.5): two bytes id, two bytes length, content. */
static struct im_bytes extra_field(struct im_bytes extra, unsigned id)
{
    for (size_t at = 0; at + 4 <= extra.len;) {
        size_t len = le16(extra.data + at + 2);

        if (len > extra.len - at - 4)
            break;
        if (le16(extra.data + at) == id)
            return (struct im_bytes){extra.data + at + 4, len};
        at += 4 + len;
    }
    return (struct im_bytes){0};
}

/* Zip64 (4.5.3): the sizes that did not fit, in this order. */
static void take_sizes64(struct entry *entry)
{
    struct im_bytes field = extra_field(entry->extra, 1);
    size_t at = 0;

    if (entry->unpacked == 0xFFFFFFFF && at + 8 <= field.len) {
        entry->unpacked = le64(field.data + at);
        at += 8;
    }
    if (entry->packed == 0xFFFFFFFF && at + 8 <= field.len)
        entry->packed = le64(field.data + at);
}

static bool next_entry(struct im_bytes directory, size_t *at, struct entry *out)
{
    const uint8_t *p = directory.data + *at;
    size_t left = directory.len - *at;

    if (left < ENTRY_BYTES || memcmp(p, "PK\1\2", 4) != 0)
        return false;
    size_t name = le16(p + 28), extra = le16(p + 30), comment = le16(p + 32);
    if (name + extra + comment > left - ENTRY_BYTES)
        return false;
    *out = (struct entry){.name = {p + ENTRY_BYTES, name},
                          .extra = {p + ENTRY_BYTES + name, extra},
                          .packed = le32(p + 20),
                          .unpacked = le32(p + 24),
                          .flags = le16(p + 8),
                          .method = le16(p + 10)};
    take_sizes64(out);
    *at += ENTRY_BYTES + name + extra + comment;
    return true;
}

/* The name as UTF-8 in an extra field (4.6.9), valid while the short one is unchanged.
 */
static struct im_bytes unicode_name(const struct entry *entry)
{
    struct im_bytes field = extra_field(entry->extra, 0x7075);

    if (field.len < 5 || field.data[0] != 1 ||
        le32(field.data + 1) != crc32(0, entry->name.data, (uInt)entry->name.len))
        return (struct im_bytes){0};
    return (struct im_bytes){field.data + 5, field.len - 5};
}

static bool is_marked_utf8(const struct entry *entry)
{
    return (entry->flags & 0x800) || unicode_name(entry).len;
}

/* In UTF-8 a Chinese character has three bytes. */
static bool has_wide_character(struct im_bytes name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] >= 0xE0)
            return true;
    return false;
}

static enum im_code check_entry(struct walk *w, const struct entry *entry)
{
    if (entry->flags & 1)
        return fail_encrypted(w);
    if (entry->method != 0 && entry->method != 8)
        return fail_bound(w, "it is packed in an unusual way", "压缩方式不支持");
    w->packed += entry->packed;
    w->unpacked += entry->unpacked;
    if (entry->packed > w->size || w->packed > w->size)
        return fail_damaged(w, "its files overlap", "其中的文件相互重叠");
    if (entry->unpacked > MAX_UNPACKED_BYTES || w->unpacked > MAX_UNPACKED_BYTES)
        return fail_bound(w, "it would come to more than 1 GiB", "解压后超过 1 GiB");
    if (is_marked_utf8(entry))
        return IM_OK;
    evidence_add(&w->evidence, entry->name, 1);
    w->has_wide_characters |= has_wide_character(entry->name);
    return IM_OK;
}

static enum im_code check_entries(struct walk *w)
{
    struct entry entry;
    size_t at = 0;
    uint64_t n = 0;

    for (; at < w->directory.len; n++) {
        if (n == MAX_ENTRIES)
            return fail_bound(w, "it holds more than 10000 files",
                              "其中超过 10000 个文件");
        if (!next_entry(w->directory, &at, &entry))
            return fail_damaged(w, "its directory is not as it should be", "目录有误");
        enum im_code rc = check_entry(w, &entry);
        if (rc)
            return rc;
    }
    if (n != w->n_entries)
        return fail_damaged(w, "its directory is not as it should be", "目录有误");
    if (w->unpacked > RATIO_FROM_BYTES && w->unpacked / MAX_RATIO > w->packed)
        return fail_bound(w, "it would come to more than 300 times its size",
                          "解压后超过原大小的 300 倍");
    return IM_OK;
}

/* ---- names ---- */

static enum im_code choose_names(struct walk *w)
{
    const char *name = evidence_decide(&w->evidence);

    if (!name)
        return fail_name(w);
    /* 图 and 园 in GBK happen to be Greek and Armenian in UTF-8; who writes UTF-8 for
     * those marks it */
    if (w->evidence.n && !w->has_wide_characters &&
        w->evidence.n_gb18030 == w->evidence.n)
        name = "GB18030";
    w->out->encoding = strcmp(name, "UTF-8") == 0 ? "UTF-8" : "GB18030";
    return decoder_init(&w->decoder, name, w->err);
}

/* A relative path without "..", control characters, too many folders. */
static bool is_good_path(struct im_bytes path)
{
    unsigned depth = 0;
    size_t from = 0;

    if (path.len == 0 || path.len > MAX_NAME_BYTES || path.data[0] == '/' ||
        path.data[0] == '\\' || (path.len > 1 && path.data[1] == ':'))
        return false;
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.data[i] < 0x20)
            return false;
        if (i < path.len && path.data[i] != '/' && path.data[i] != '\\')
            continue;
        if (i - from == 2 && memcmp(path.data + from, "..", 2) == 0)
            return false;
        from = i + 1;
        depth++;
    }
    return depth <= MAX_DEPTH;
}

static enum im_code add_name(struct walk *w, const struct entry *entry)
{
    struct archive *out = w->out;
    struct im_buf path = {.max = 4 * MAX_NAME_BYTES};
    struct im_bytes unicode = unicode_name(entry);
    struct decoder utf8 = {0};
    struct im_bytes raw = unicode.len ? unicode : entry->name;
    enum im_code rc = IM_OK;

    if (raw.len > MAX_NAME_BYTES ||
        decoder_append(is_marked_utf8(entry) ? &utf8 : &w->decoder, raw, &path) !=
            DECODED ||
        !is_good_path(im_buf_bytes(&path))) {
        rc = fail_name(w);
        goto done;
    }
    if (path.data[path.len - 1] == '/') /* a folder */
        goto done;
    out->paths[out->n] = im_arena_strdup(out->arena, im_buf_bytes(&path));
    if (out->paths[out->n])
        out->n++;
    else
        rc = im_fail(w->err, IM_ENOMEM, "'%s': out of memory", w->name);
done:
    im_buf_release(&path);
    return rc;
}

static enum im_code add_names(struct walk *w)
{
    struct archive *out = w->out;
    struct entry entry;
    size_t at = 0;
    enum im_code rc = choose_names(w);

    if (rc)
        return rc;
    out->arena = im_arena_new(ARENA_BYTES);
    if (out->arena)
        out->paths =
            im_arena_calloc(out->arena, (size_t)w->n_entries + 1, sizeof *out->paths);
    if (!out->paths)
        return im_fail(w->err, IM_ENOMEM, "'%s': out of memory", w->name);
    while (!rc && at < w->directory.len && next_entry(w->directory, &at, &entry))
        rc = add_name(w, &entry);
    return rc;
}

enum im_code archive_read(const char *path,
                          const char *name,
                          struct archive *out,
                          struct im_error *err)
{
    struct walk w = {.name = name, .out = out, .err = err};
    enum im_code rc = evidence_init(&w.evidence, NULL, err);

    *out = (struct archive){0};
    if (rc)
        goto done;
    w.file = VSIFOpenL(path, "rb");
    if (!w.file || VSIFSeekL(w.file, 0, SEEK_END) != 0) {
        rc = file_fail(err, name, errno ? errno : EIO);
        goto done;
    }
    w.size = VSIFTellL(w.file);
    if ((rc = read_directory(&w)) == IM_OK && (rc = check_entries(&w)) == IM_OK)
        rc = add_names(&w);
done:
    if (w.file)
        VSIFCloseL(w.file);
    free((void *)(uintptr_t)w.directory.data);
    evidence_release(&w.evidence);
    decoder_release(&w.decoder);
    if (rc)
        archive_release(out);
    return rc;
}

void archive_release(struct archive *archive)
{
    im_arena_free(archive->arena);
    *archive = (struct archive){0};
}

bool archive_has(const struct archive *archive, const char *path)
{
    for (size_t i = 0; i < archive->n; i++)
        if (strcmp(archive->paths[i], path) == 0)
            return true;
    return false;
}
