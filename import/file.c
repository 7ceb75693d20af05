/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a file: size, hash, is it UTF-8. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { BLOCK_BYTES = 1 << 20, TEXT_MAX_BYTES = 1 << 20, SEQUENCE_MAX = 4 };

static enum im_code fail_open(struct im_error *err, const char *path, int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        im_fail(err, IM_ENOTFOUND, "there is no file '%s'; check the path", path);
        return im_zh(err, IM_ENOTFOUND, "没有文件“%s”，请检查路径", path);
    case EACCES:
    case EPERM:
        im_fail(err, IM_EENV, "no permission to read '%s'", path);
        return im_zh(err, IM_EENV, "没有读取“%s”的权限", path);
    default:
        im_fail(err, IM_EIO, "cannot read '%s': %s", path, strerror(error));
        return im_zh(err, IM_EIO, "无法读取“%s”：%s", path, strerror(error));
    }
}

static enum im_code open_regular(const char *path, int *fd, struct im_error *err)
{
    struct stat info;

    /* a pipe would block here for ever, and cannot be read twice */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return fail_open(err, path, errno);
    if (fstat(*fd, &info) == 0 && S_ISREG(info.st_mode))
        return IM_OK;
    close(*fd);
    im_fail(err, IM_EDATA, "'%s' is not an ordinary file; name a file to import", path);
    return im_zh(err, IM_EDATA, "“%s”不是普通文件，请给出要导入的文件", path);
}

/* UTF-8 across blocks: up to three bytes of a cut character wait for the next block. */
struct utf8_state {
    uint64_t line;
    uint64_t bad_line;
    bool has_nul;
    uint8_t tail[SEQUENCE_MAX];
    size_t n_tail;
};

/* Where a character may have been cut at the end of `text`: 0..3 bytes. */
static size_t cut_bytes(struct im_bytes text)
{
    for (size_t n = 1; n < SEQUENCE_MAX && n <= text.len; n++) {
        uint8_t c = text.data[text.len - n];

        if (c < 0x80)
            return 0;
        if (c >= 0xC0)
            return n < (c >= 0xF0 ? 4u : c >= 0xE0 ? 3u : 2u) ? n : 0;
    }
    return 0;
}

static uint64_t count_lines(struct im_bytes text)
{
    uint64_t n = 0;

    for (const uint8_t *p = text.data, *end = text.data + text.len;
         (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

static void find_bad_line(struct utf8_state *state, struct im_bytes text)
{
    for (size_t from = 0; from < text.len;) {
        const uint8_t *end = memchr(text.data + from, '\n', text.len - from);
        size_t len = end ? (size_t)(end - text.data) + 1 - from : text.len - from;

        if (!im_utf8_valid((struct im_bytes){text.data + from, len})) {
            state->bad_line = state->line;
            return;
        }
        state->line += end != NULL;
        from += len;
    }
}

static void
feed_utf8(struct utf8_state *state, uint8_t *block, size_t len, bool is_last)
{
    /* `block` has room for the tail in front of it */
    uint8_t *start = block - state->n_tail;
    struct im_bytes text = {start, len + state->n_tail};

    if (state->bad_line)
        return;
    memcpy(start, state->tail, state->n_tail);
    state->n_tail = is_last ? 0 : cut_bytes(text);
    text.len -= state->n_tail;
    memcpy(state->tail, start + text.len, state->n_tail);
    const uint8_t *nul = memchr(text.data, 0, text.len);
    if (!im_utf8_valid(text)) {
        find_bad_line(state, text);
    } else if (nul) {
        state->has_nul = true;
        state->bad_line =
            state->line +
            count_lines((struct im_bytes){text.data, (size_t)(nul - text.data)});
    } else {
        state->line += count_lines(text);
    }
}

static enum im_code
scan_open_file(int fd, const char *path, struct file_facts *out, struct im_error *err)
{
    enum im_code rc = IM_OK;
    struct utf8_state utf8 = {.line = 1};
    uint8_t *memory = malloc(BLOCK_BYTES + SEQUENCE_MAX);
    XXH3_state_t *hash = XXH3_createState();

    if (!memory || !hash) {
        rc = im_fail(err, IM_ENOMEM, "read '%s': out of memory", path);
        goto done;
    }
    XXH3_64bits_reset(hash);
    for (bool more = true; more;) {
        uint8_t *block = memory + SEQUENCE_MAX;
        ssize_t n = read(fd, block, BLOCK_BYTES);

        if (n < 0) {
            rc = fail_open(err, path, errno);
            goto done;
        }
        more = n > 0;
        if (out->size == 0 && n >= 2)
            out->is_utf16 = (block[0] == 0xFF && block[1] == 0xFE) ||
                            (block[0] == 0xFE && block[1] == 0xFF);
        XXH3_64bits_update(hash, block, (size_t)n);
        feed_utf8(&utf8, block, (size_t)n, !more);
        out->size += (uint64_t)n;
    }
    out->hash = XXH3_64bits_digest(hash);
    out->bad_utf8_line = utf8.bad_line;
    out->has_nul = utf8.has_nul;
done:
    XXH3_freeState(hash);
    free(memory);
    return rc;
}

enum im_code file_scan(const char *path, struct file_facts *out, struct im_error *err)
{
    const char *slash = strrchr(path, '/');
    int fd = -1;
    enum im_code rc = open_regular(path, &fd, err);

    if (rc)
        return rc;
    *out = (struct file_facts){.name = slash ? slash + 1 : path};
    rc = scan_open_file(fd, path, out, err);
    close(fd);
    return rc;
}

enum im_code file_read_text(const char *path,
                            struct im_arena *arena,
                            struct im_bytes *out,
                            struct im_error *err)
{
    struct stat info;
    int fd = -1;
    enum im_code rc = open_regular(path, &fd, err);

    if (rc)
        return rc;
    if (fstat(fd, &info) != 0 || info.st_size > TEXT_MAX_BYTES) {
        close(fd);
        return im_fail(err, IM_ELIMIT, "'%s' is larger than %d bytes", path,
                       TEXT_MAX_BYTES);
    }
    size_t size = (size_t)info.st_size;
    uint8_t *text = im_arena_alloc(arena, size + 1);
    ssize_t n = text ? read(fd, text, size) : 0;
    if (!text)
        rc = im_fail(err, IM_ENOMEM, "read '%s': out of memory", path);
    else if (n != (ssize_t)size)
        rc = fail_open(err, path, n < 0 ? errno : EIO);
    close(fd);
    if (rc)
        return rc;
    text[size] = 0;
    *out = (struct im_bytes){text, size};
    if (im_utf8_valid(*out))
        return IM_OK;
    im_fail(err, IM_EDATA, "'%s' is not UTF-8; save it as UTF-8", path);
    return im_zh(err, IM_EDATA, "“%s”不是 UTF-8 编码，请另存为 UTF-8", path);
}
