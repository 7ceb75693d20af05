/* SPDX-License-Identifier: Apache-2.0 */
/* Files that must be unpacked or recoded before GDAL can read them. */
#include "../temporary.h"
#include "internal.h"

#include <cpl_conv.h>
#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20, HEAD_LINES = 40 };

/* The folder, when there is none yet. */
static enum im_code temp_make(struct temp *temp, struct im_error *err)
{
    const char *parent = temporary_folder();

    if (temp->path[0])
        return IM_OK;
    snprintf(temp->path, sizeof temp->path, "%s/innomap-XXXXXX", parent);
    if (mkdtemp(temp->path))
        return IM_OK;
    temp->path[0] = '\0';
    im_fail(err, IM_EENV, "no folder for temporary files in '%s': %s; set TMPDIR",
            parent, strerror(errno));
    return im_zh(err, IM_EENV, "无法在“%s”建立临时文件夹：%s；请设置 TMPDIR", parent,
                 strerror(errno));
}

void temp_remove(struct temp *temp)
{
    if (temp->path[0])
        VSIRmdirRecursive(temp->path);
    temp->path[0] = '\0';
}

static enum im_code fail_write(struct im_error *err, const char *name)
{
    im_fail(err, IM_EIO,
            "'%s' cannot be copied to the folder for temporary files; is the "
            "disk full?",
            name);
    return im_zh(err, IM_EIO, "无法把“%s”复制到临时文件夹；磁盘是否已满？", name);
}

/* A copy under way: from any VSI path into the folder. */
struct copy {
    VSILFILE *from;
    FILE *to;
};

static enum im_code copy_begin(struct copy *copy,
                               struct temp *temp,
                               const char *from,
                               const char *name,
                               char out[SOURCE_MAX_PATH],
                               struct im_error *err)
{
    enum im_code rc = temp_make(temp, err);

    *copy = (struct copy){0};
    if (rc)
        return rc;
    snprintf(out, SOURCE_MAX_PATH, "%s/%s", temp->path, name);
    copy->from = VSIFOpenL(from, "rb");
    copy->to = copy->from ? fopen(out, "wbx") : NULL;
    return copy->to ? IM_OK : fail_write(err, name);
}

static enum im_code
copy_end(struct copy *copy, enum im_code rc, const char *name, struct im_error *err)
{
    bool failed = copy->to && ferror(copy->to);

    if (copy->to)
        failed |= fclose(copy->to) != 0;
    if (copy->from)
        VSIFCloseL(copy->from);
    return !rc && failed ? fail_write(err, name) : rc;
}

static void copy_rest(struct copy *copy)
{
    uint8_t *block = malloc(BLOCK_BYTES);
    size_t n;

    while (block && (n = VSIFReadL(block, 1, BLOCK_BYTES, copy->from)) > 0)
        if (fwrite(block, 1, n, copy->to) != n)
            break; /* copy_end sees it */
    free(block);
}

enum im_code temp_copy(struct temp *temp,
                       const char *from,
                       const char *name,
                       char out[SOURCE_MAX_PATH],
                       struct im_error *err)
{
    struct copy copy;
    enum im_code rc = copy_begin(&copy, temp, from, name, out, err);

    if (!rc)
        copy_rest(&copy);
    return copy_end(&copy, rc, name, err);
}

/* A line with its end; NULL at the end of the file, *len 0 when it is too long. */
static char *next_line(VSILFILE *file, struct im_buf *line, size_t max)
{
    char c;

    im_buf_clear(line);
    while (VSIFReadL(&c, 1, 1, file) == 1) {
        im_buf_byte(line, (uint8_t)c);
        if (c == '\n' || line->len >= max)
            break;
    }
    return line->len && !line->failed ? (char *)line->data : NULL;
}

/* ---- into UTF-8 ---- */

/* <?xml version="1.0" encoding="GB2312"?>: the copy is UTF-8, which is what XML without
 * a declared encoding is. */
static void write_declaration(struct im_bytes text, FILE *to)
{
    const char *start = memmem(text.data, text.len, "encoding", 8);
    const char *end = memmem(text.data, text.len, "?>", 2);

    if (text.len < 5 || memcmp(text.data, "<?xml", 5) != 0 || !start || !end ||
        start > end) {
        fwrite(text.data, 1, text.len, to);
        return;
    }
    fwrite(text.data, 1, (size_t)(start - (const char *)text.data), to);
    fwrite(end, 1, text.len - (size_t)(end - (const char *)text.data), to);
}

static enum im_code
fail_line(const struct source_input *input, uint64_t line, struct im_error *err)
{
    im_fail(
        err, IM_EDATA,
        "'%s', line %llu, has bytes that are not of the file's encoding; mend it, or "
        "name the encoding with --encoding",
        input->name, (unsigned long long)line);
    return im_zh(
        err, IM_EDATA,
        "“%s”第 %llu 行有不属于文件编码的字节；请改正，或用 --encoding 指明编码",
        input->name, (unsigned long long)line);
}

static uint64_t count_lines(const uint8_t *text, size_t len)
{
    uint64_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n';
    return n;
}

/* Which line of the block has the fault: decoded once more, line by line. */
static uint64_t bad_line(struct decoder *decoder, const uint8_t *text, size_t len)
{
    struct im_buf scratch = {.max = 4 * (size_t)BLOCK_BYTES};
    uint64_t line = 0;

    for (size_t from = 0; from < len; line++) {
        const uint8_t *end = memchr(text + from, '\n', len - from);
        size_t to = end ? (size_t)(end - text) + 1 : len;

        im_buf_clear(&scratch);
        if (decoder_append(decoder, (struct im_bytes){text + from, to - from},
                           &scratch) != DECODED)
            break;
        from = to;
    }
    im_buf_release(&scratch);
    return line;
}

enum im_code temp_recode(struct temp *temp,
                         const struct source_input *input,
                         struct decoder *decoder,
                         const char *name,
                         char out[SOURCE_MAX_PATH],
                         struct im_error *err)
{
    struct copy copy;
    struct im_buf text = {.max = 4 * (size_t)BLOCK_BYTES};
    uint8_t *block = malloc(BLOCK_BYTES);
    size_t kept = 0;
    enum im_code rc = copy_begin(&copy, temp, input->path, name, out, err);

    for (uint64_t line = 1, more = 1, first = 1; !rc && block && more; first = 0) {
        size_t n = kept + VSIFReadL(block + kept, 1, BLOCK_BYTES - kept, copy.from);
        size_t len = n;

        more = n == BLOCK_BYTES;
        im_buf_clear(&text);
        enum decoded how =
            decoder_append(decoder, (struct im_bytes){block, len}, &text);
        /* a character may lie across the end of the block */
        for (int i = 0; i < 3 && more && how == DECODED_CUT; i++)
            how = decoder_append(decoder, (struct im_bytes){block, --len}, &text);
        line += how == DECODED ? count_lines(block, len) : bad_line(decoder, block, n);
        if (how != DECODED)
            rc = fail_line(input, line, err);
        else if (first)
            write_declaration(im_buf_bytes(&text), copy.to);
        else
            fwrite(text.data, 1, text.len, copy.to);
        kept = n - len;
        memmove(block, block + len, kept);
    }
    im_buf_release(&text);
    free(block);
    return copy_end(&copy, rc, name, err);
}

/* ---- MapInfo ---- */

/* !charset WindowsSimpChinese / Type NATIVE Charset "WindowsSimpChinese" */
static void write_neutral(const char *line, size_t len, FILE *to)
{
    size_t i = 0;

    while (i + 7 <= len && strncasecmp(line + i, "charset", 7) != 0)
        i++;
    if (i + 7 > len) {
        fwrite(line, 1, len, to);
        return;
    }
    size_t from = i + 7;
    while (from < len && (line[from] == ' ' || line[from] == '"' || line[from] == '\t'))
        from++;
    size_t end = from;
    while (end < len && (isalnum((unsigned char)line[end]) || line[end] == '-'))
        end++;
    fwrite(line, 1, from, to);
    fputs("Neutral", to);
    fwrite(line + end, 1, len - end, to);
}

static bool starts(const char *line, size_t len, const char *word)
{
    while (len && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    return len >= strlen(word) && strncasecmp(line, word, strlen(word)) == 0;
}

enum im_code temp_neutral(struct temp *temp,
                          const char *from,
                          const char *name,
                          char out[SOURCE_MAX_PATH],
                          struct im_error *err)
{
    struct copy copy;
    struct im_buf buf = {.max = BLOCK_BYTES};
    const char *line;
    enum im_code rc = copy_begin(&copy, temp, from, name, out, err);

    for (int i = 0;
         !rc && i < HEAD_LINES && (line = next_line(copy.from, &buf, BLOCK_BYTES / 2));
         i++) {
        bool is_head_end = starts(line, buf.len, "columns") ||
                           starts(line, buf.len, "data") ||
                           starts(line, buf.len, "fields");

        write_neutral(line, buf.len, copy.to);
        if (is_head_end)
            break;
    }
    if (!rc)
        copy_rest(&copy);
    im_buf_release(&buf);
    return copy_end(&copy, rc, name, err);
}
