/* SPDX-License-Identifier: Apache-2.0 */
/* Which encoding are these bytes, and out of it into UTF-8 without losing a byte. */
#include "internal.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <xxhash.h>

enum { BLOCK_BYTES = 1 << 20, SEQUENCE_MAX = 4, DECODE_CHUNK = 1024 };

/* ---- all bytes, once ---- */

/* UTF-8 across blocks: up to three bytes of a cut character wait for the next block. */
struct scan {
    struct source_bytes *out;
    uint64_t line;       /* where we are, 1 is the first */
    uint64_t line_bytes; /* of it so far */
    uint64_t max_line;
    bool is_text;   /* a zero byte ends it */
    bool is_packed; /* in a zip */
    uint8_t tail[SEQUENCE_MAX];
    size_t n_tail;
};

/* How many bytes of a cut character `text` ends in: 0..3. */
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

static bool is_ascii(struct im_bytes text)
{
    size_t i = 0;

    for (; i + 8 <= text.len; i += 8) {
        uint64_t word;

        memcpy(&word, text.data + i, 8);
        if (word & 0x8080808080808080u)
            return false;
    }
    for (; i < text.len; i++)
        if (text.data[i] & 0x80)
            return false;
    return true;
}

/* Where in a block with faults they are, line by line. */
static void scan_faults(struct scan *scan, struct im_bytes text)
{
    struct source_bytes *out = scan->out;
    uint64_t line = scan->line;

    for (size_t from = 0; from < text.len; line++) {
        const uint8_t *end = memchr(text.data + from, '\n', text.len - from);
        size_t len = end ? (size_t)(end - text.data) + 1 - from : text.len - from;

        if (!out->bad_utf8_line &&
            !im_utf8_valid((struct im_bytes){text.data + from, len}))
            out->bad_utf8_line = line;
        if (!out->nul_line && memchr(text.data + from, 0, len))
            out->nul_line = line;
        from += len;
    }
}

static void scan_lines(struct scan *scan, struct im_bytes text)
{
    const uint8_t *p = text.data, *end = text.data + text.len;

    for (const uint8_t *nl; (nl = memchr(p, '\n', (size_t)(end - p))); p = nl + 1) {
        scan->line_bytes += (uint64_t)(nl - p);
        if (scan->line_bytes > scan->out->longest_line)
            scan->out->longest_line = scan->line_bytes;
        scan->line_bytes = 0;
        scan->line++;
    }
    scan->line_bytes += (uint64_t)(end - p);
    if (scan->line_bytes > scan->out->longest_line)
        scan->out->longest_line = scan->line_bytes;
}

static void scan_block(struct scan *scan, uint8_t *block, size_t len, bool is_last)
{
    /* `block` has room for the tail in front of it */
    uint8_t *start = block - scan->n_tail;
    struct im_bytes text = {start, len + scan->n_tail};

    memcpy(start, scan->tail, scan->n_tail);
    scan->n_tail = is_last ? 0 : cut_bytes(text);
    text.len -= scan->n_tail;
    memcpy(scan->tail, start + text.len, scan->n_tail);
    if (text.len == 0)
        return;
    if (!is_ascii(text)) {
        scan->out->is_ascii = false;
        if (!scan->out->bad_utf8_line && !im_utf8_valid(text))
            scan_faults(scan, text);
    }
    if (!scan->out->nul_line && memchr(text.data, 0, text.len))
        scan_faults(scan, text);
    scan_lines(scan, text);
}

static enum im_code fail_read(const char *name, struct im_error *err)
{
    im_fail(err, IM_EIO, "'%s' cannot be read to its end", name);
    return im_zh(err, IM_EIO, "“%s”读取中断", name);
}

static enum im_code
fail_line(const struct scan *scan, const char *name, struct im_error *err)
{
    im_fail(
        err, IM_ELIMIT,
        "'%s', line %llu, is longer than %d bytes; is it a table? Save it anew with "
        "one row a line",
        name, (unsigned long long)scan->line, SOURCE_MAX_RECORD_BYTES);
    return im_zh(err, IM_ELIMIT,
                 "“%s”第 %llu 行超过 %d 字节；请确认它是表格，并按每行一条记录重新保存",
                 name, (unsigned long long)scan->line, SOURCE_MAX_RECORD_BYTES);
}

enum im_code
bytes_fail_nul(const struct source_bytes *bytes, const char *name, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "'%s', line %llu, has a zero byte: it is cut off, or no text file; save it "
            "anew as UTF-8, or name its encoding (UTF-16LE) with --encoding",
            name, (unsigned long long)bytes->nul_line);
    return im_zh(
        err, IM_EDATA,
        "“%s”第 %llu 行含有零字节：文件不完整，或不是文本；请重新另存为 UTF-8，"
        "或用 --encoding 指明编码（UTF-16LE）",
        name, (unsigned long long)bytes->nul_line);
}

static void look_at_start(struct source_bytes *out, const uint8_t *data, size_t n)
{
    out->has_bom = n >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0;
    out->is_utf16 = n >= 2 && ((data[0] == 0xFF && data[1] == 0xFE) ||
                               (data[0] == 0xFE && data[1] == 0xFF));
}

static enum im_code
scan_file(struct scan *scan, VSILFILE *file, const char *name, struct im_error *err)
{
    enum im_code rc = IM_OK;
    uint8_t *memory = malloc(BLOCK_BYTES + SEQUENCE_MAX);
    XXH3_state_t *hash = XXH3_createState();
    struct source_bytes *out = scan->out;

    if (!memory || !hash) {
        rc = im_fail(err, IM_ENOMEM, "read '%s': out of memory", name);
        goto done;
    }
    XXH3_64bits_reset(hash);
    for (bool more = true; more;) {
        uint8_t *block = memory + SEQUENCE_MAX;
        size_t n = VSIFReadL(block, 1, BLOCK_BYTES, file);

        more = n == BLOCK_BYTES;
        if (out->size == 0)
            look_at_start(out, block, n);
        XXH3_64bits_update(hash, block, n);
        scan_block(scan, block, n, !more);
        out->size += n;
        if (scan->is_text && !out->is_utf16 && out->nul_line) {
            rc = bytes_fail_nul(out, name, err);
            goto done;
        }
        if (scan->max_line && !out->is_utf16 && out->longest_line > scan->max_line) {
            rc = fail_line(scan, name, err);
            goto done;
        }
    }
    out->hash = XXH3_64bits_digest(hash);
    /* a short read is the end only where the file ends (GDAL 3.6 has no VSIFErrorL) */
    if (VSIFSeekL(file, 0, SEEK_END) != 0 || VSIFTellL(file) != out->size)
        rc = scan->is_packed ? file_fail_unpack(err, name) : fail_read(name, err);
done:
    XXH3_freeState(hash);
    free(memory);
    return rc;
}

enum im_code bytes_scan(const char *path,
                        const char *name,
                        struct bytes_bounds bounds,
                        struct source_bytes *out,
                        struct im_error *err)
{
    struct scan scan = {.out = out,
                        .line = 1,
                        .max_line = bounds.max_line,
                        .is_text = bounds.is_text,
                        .is_packed = file_is_packed(path)};
    VSILFILE *file = VSIFOpenL(path, "rb");

    *out = (struct source_bytes){.is_ascii = true};
    if (!file)
        return fail_read(name, err);
    enum im_code rc = scan_file(&scan, file, name, err);
    VSIFCloseL(file);
    return rc;
}

/* ---- decoding ---- */

/* How files and people write the encodings that occur; else iconv is asked. */
static const struct {
    const char *written; /* letters and digits only, lower case */
    const char *name;
} NAMES[] = {
    {"utf8", "UTF-8"},
    {"65001", "UTF-8"},
    {"cp65001", "UTF-8"},
    {"gbk", "GB18030"},
    {"gb2312", "GB18030"},
    {"gb231280", "GB18030"},
    {"gb18030", "GB18030"},
    {"gb180302005", "GB18030"},
    {"936", "GB18030"},
    {"cp936", "GB18030"},
    {"ms936", "GB18030"},
    {"ansi936", "GB18030"},
    {"oem936", "GB18030"},
    {"windows936", "GB18030"},
    {"euccn", "GB18030"},
    {"windowssimpchinese", "GB18030"},
    {"gb", "GB18030"},
    {"chinese", "GB18030"},
    {"big5", "CP950"},
    {"950", "CP950"},
    {"cp950", "CP950"},
    {"ansi950", "CP950"},
    {"windowstradchinese", "CP950"},
    {"utf16", "UTF-16"},
    {"unicode", "UTF-16"},
    {"ucs2", "UTF-16"},
    {"utf16le", "UTF-16LE"},
    {"utf16be", "UTF-16BE"},
    {"88591", "ISO-8859-1"},
    {"iso88591", "ISO-8859-1"},
    {"latin1", "ISO-8859-1"},
    {"1252", "CP1252"},
    {"cp1252", "CP1252"},
    {"ansi1252", "CP1252"},
    {"windows1252", "CP1252"},
    {"windowslatin1", "CP1252"},
    {"932", "CP932"},
    {"shiftjis", "CP932"},
    {"949", "CP949"},
};

static enum im_code fail_name(const char *name, struct im_error *err)
{
    im_fail(err, IM_EARG,
            "'%.40s' is no known encoding; use UTF-8, GB18030, GBK, Big5 or UTF-16",
            name);
    return im_zh(err, IM_EARG,
                 "“%.40s”不是已知编码；可用 UTF-8、GB18030、GBK、Big5、UTF-16", name);
}

static const char *known_name(const char *name, char out[40])
{
    size_t n = 0;
    char plain[40];

    for (const char *p = name; *p; p++) {
        if (isalnum((unsigned char)*p) && n < sizeof plain - 1)
            plain[n++] = (char)tolower((unsigned char)*p);
        else if (!strchr("-_. :", *p) || n == sizeof plain - 1)
            return NULL; /* no "//TRANSLIT" and the like */
    }
    plain[n] = '\0';
    if (n == 0)
        return NULL;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(plain, NAMES[i].written) == 0)
            return NAMES[i].name;
    snprintf(out, 40, "%s", name);
    return out;
}

enum im_code
decoder_init(struct decoder *decoder, const char *name, struct im_error *err)
{
    char as_is[40];
    const char *known = known_name(name, as_is);

    *decoder = (struct decoder){0};
    if (!known)
        return fail_name(name, err);
    if (strcmp(known, "UTF-8") != 0) {
        iconv_t cd = iconv_open("UTF-8", known);

        if (cd == (iconv_t)-1)
            return fail_name(name, err);
        decoder->cd = cd;
    }
    snprintf(decoder->name, sizeof decoder->name, "%s", known);
    return IM_OK;
}

void decoder_release(struct decoder *decoder)
{
    if (decoder->cd)
        iconv_close(decoder->cd);
    *decoder = (struct decoder){0};
}

static enum decoded append_utf8(struct im_bytes text, struct im_buf *out)
{
    if (!im_utf8_valid(text)) {
        text.len -= cut_bytes(text);
        return im_utf8_valid(text) ? DECODED_CUT : DECODED_BAD;
    }
    im_buf_append(out, text.data, text.len);
    return DECODED;
}

enum decoded
decoder_append(struct decoder *decoder, struct im_bytes text, struct im_buf *out)
{
    size_t before = out->len;
    char chunk[DECODE_CHUNK];
    char *in = (char *)(uintptr_t)text.data; /* iconv does not write there */
    size_t in_left = text.len;

    if (is_ascii(text) && strncmp(decoder->name, "UTF-16", 6) != 0) {
        im_buf_append(out, text.data, text.len);
        return DECODED;
    }
    if (!decoder->cd)
        return append_utf8(text, out);
    iconv(decoder->cd, NULL, NULL, NULL, NULL);
    while (in_left) {
        char *to = chunk;
        size_t to_left = sizeof chunk;
        size_t rc = iconv(decoder->cd, &in, &in_left, &to, &to_left);
        int why = rc == (size_t)-1 ? errno : 0;

        im_buf_append(out, chunk, sizeof chunk - to_left);
        if (why && why != E2BIG) {
            out->len = before;
            return why == EINVAL ? DECODED_CUT : DECODED_BAD;
        }
    }
    return DECODED;
}

/* ---- evidence ---- */

enum im_code
evidence_init(struct evidence *evidence, const char *declared, struct im_error *err)
{
    struct im_error ignored;

    *evidence = (struct evidence){.scratch = {.max = 4 * SOURCE_MAX_RECORD_BYTES}};
    if (declared && decoder_init(&evidence->declared, declared, &ignored) != IM_OK)
        evidence->declared = (struct decoder){0};
    return decoder_init(&evidence->gb18030, "GB18030", err);
}

void evidence_release(struct evidence *evidence)
{
    decoder_release(&evidence->gb18030);
    decoder_release(&evidence->declared);
    im_buf_release(&evidence->scratch);
}

static bool
fits(struct evidence *evidence, struct decoder *decoder, struct im_bytes text)
{
    im_buf_clear(&evidence->scratch);
    return decoder_append(decoder, text, &evidence->scratch) != DECODED_BAD;
}

void evidence_add(struct evidence *evidence, struct im_bytes text, uint64_t number)
{
    struct decoder utf8 = {0};

    if (is_ascii(text))
        return;
    bool is_utf8 = fits(evidence, &utf8, text);
    bool is_gb18030 = fits(evidence, &evidence->gb18030, text);

    evidence->n++;
    evidence->n_utf8 += is_utf8;
    evidence->n_gb18030 += is_gb18030;
    if (evidence->declared.name[0])
        evidence->n_declared += fits(evidence, &evidence->declared, text);
    if (!is_utf8 && !is_gb18030 && !evidence->first_bad)
        evidence->first_bad = number;
}

/* Everything is a good text in them, so that they prove nothing. */
static bool is_single_byte(const char *name)
{
    return strncmp(name, "ISO-8859", 8) == 0 || strncmp(name, "CP125", 5) == 0 ||
           strncmp(name, "CP85", 4) == 0 || strncmp(name, "CP43", 4) == 0;
}

static bool nearly_all(uint64_t n, uint64_t of)
{
    return n >= of - of / 10;
}

const char *evidence_decide(const struct evidence *evidence)
{
    const struct evidence *e = evidence;
    const char *declared = e->declared.name;

    if (e->n_utf8 == e->n)
        return "UTF-8";
    /* a writer that did not know Chinese declares Latin, and Latin text whose high
     * bytes always form Chinese characters does not exist */
    if (*declared && is_single_byte(declared) && e->n_gb18030 == e->n)
        return "GB18030";
    if (*declared && nearly_all(e->n_declared, e->n))
        return declared;
    if (nearly_all(e->n_utf8, e->n))
        return "UTF-8";
    if (nearly_all(e->n_gb18030, e->n))
        return "GB18030";
    return NULL;
}

/* ---- text files ---- */

const char *encoding_shown(const char *name, bool is_given)
{
    static const char *const SHOWN[][3] = {
        {"UTF-8", "UTF-8 (found)", "UTF-8 (given)"},
        {"GB18030", "GB18030 (found)", "GB18030 (given)"},
        {"UTF-16", "UTF-16 (found)", "UTF-16 (given)"},
        {"UTF-16LE", "UTF-16LE (found)", "UTF-16LE (given)"},
        {"UTF-16BE", "UTF-16BE (found)", "UTF-16BE (given)"},
        {"CP950", "Big5 (declared)", "Big5 (given)"},
        {"CP1252", "Windows-1252 (declared)", "Windows-1252 (given)"},
        {"ISO-8859-1", "ISO-8859-1 (declared)", "ISO-8859-1 (given)"},
    };

    for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++)
        if (strcmp(name, SHOWN[i][0]) == 0)
            return SHOWN[i][is_given ? 2 : 1];
    return is_given ? "as given" : "as declared";
}

/* Lines of a file as evidence; one that is longer than a record may be is cut there. */
enum im_code evidence_add_lines(struct evidence *evidence,
                                const char *path,
                                const char *name,
                                struct im_error *err)
{
    enum im_code rc = IM_OK;
    size_t kept = 0;
    uint64_t line = 1;
    uint8_t *block = malloc(BLOCK_BYTES);
    VSILFILE *file = VSIFOpenL(path, "rb");

    if (!block || !file) {
        rc = block ? fail_read(name, err)
                   : im_fail(err, IM_ENOMEM, "read '%s': out of memory", name);
        goto done;
    }
    for (bool more = true; more;) {
        size_t n = kept + VSIFReadL(block + kept, 1, BLOCK_BYTES - kept, file);
        /* some programmes put the mark of UTF-8 before GB18030 */
        size_t from = line == 1 && n >= 3 && !memcmp(block, "\xEF\xBB\xBF", 3) ? 3 : 0;
        size_t begin = from;

        more = n == BLOCK_BYTES;
        for (const uint8_t *end; (end = memchr(block + from, '\n', n - from)); line++) {
            evidence_add(evidence,
                         (struct im_bytes){block + from, (size_t)(end - block) - from},
                         line);
            from = (size_t)(end - block) + 1;
        }
        if (from == begin || !more) {
            evidence_add(evidence, (struct im_bytes){block + from, n - from}, line);
            from = n;
        }
        kept = n - from;
        memmove(block, block + from, kept);
    }
done:
    if (file)
        VSIFCloseL(file);
    free(block);
    return rc;
}

static enum im_code
fail_encoding(const struct source_input *input, uint64_t line, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "'%s', line %llu, is neither UTF-8 nor GB18030; name its encoding with "
            "--encoding, or save the file as UTF-8",
            input->name, (unsigned long long)line);
    return im_zh(err, IM_EDATA,
                 "“%s”第 %llu 行既不是 UTF-8 也不是 GB18030；请用 --encoding 指明编码，"
                 "或另存为 UTF-8",
                 input->name, (unsigned long long)line);
}

enum im_code encoding_of_text(const struct source_input *input,
                              struct decoder *decoder,
                              const char **shown,
                              struct im_error *err)
{
    struct evidence evidence;
    const char *name = input->options->encoding;
    bool is_given = name != NULL;
    enum im_code rc = IM_OK;

    if (!name && input->bytes.is_utf16)
        name = "UTF-16";
    else if (!name && !input->bytes.bad_utf8_line)
        name = "UTF-8";
    if (!name) {
        rc = evidence_init(&evidence, NULL, err);
        if (!rc)
            rc = evidence_add_lines(&evidence, input->path, input->name, err);
        name = rc ? NULL : evidence_decide(&evidence);
        if (!rc && !name)
            rc = fail_encoding(input,
                               evidence.first_bad ? evidence.first_bad
                                                  : input->bytes.bad_utf8_line,
                               err);
        evidence_release(&evidence);
    }
    if (!rc)
        rc = decoder_init(decoder, name, err);
    if (!rc)
        *shown = encoding_shown(decoder->name, is_given);
    return rc;
}
