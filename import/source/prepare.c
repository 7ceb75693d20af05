/* SPDX-License-Identifier: Apache-2.0 */
/* Before GDAL: is the file whole, which encoding are its texts, does it lead elsewhere.
 *
 * GDAL leaves out bytes that it cannot decode. Shapefile and MapInfo are therefore
 * opened without an encoding, and their texts decoded cell by cell; XML is made UTF-8
 * first; of drawings all text must be of one encoding.
 */
#include "gdal.h"

#include <ctype.h>
#include <errno.h>
#include <sqlite3.h>
#include <unistd.h>

enum { MAX_TAB_BYTES = 1 << 20, MAX_CPG_BYTES = 64 };

/* The first bytes of a small file, terminated. */
static size_t read_small(const char *path, char *to, size_t size)
{
    VSILFILE *file = VSIFOpenL(path, "rb");
    size_t n = file ? VSIFReadL(to, 1, size - 1, file) : 0;

    if (file)
        VSIFCloseL(file);
    to[n] = '\0';
    return n;
}

/* The decoder as given, else as the evidence says. */
static enum im_code decide(const struct source_input *input,
                           const struct evidence *evidence,
                           struct prepared *out,
                           struct im_error *err)
{
    const char *given = input->options->encoding;
    const char *name = given ? given : evidence_decide(evidence);

    if (!name) {
        im_fail(
            err, IM_EDATA,
            "the texts of '%s' are neither UTF-8 nor GB18030 (first: row %llu); name "
            "their encoding with --encoding",
            input->name, (unsigned long long)evidence->first_bad);
        return im_zh(
            err, IM_EDATA,
            "“%s”中的文字既不是 UTF-8 也不是 GB18030（首见于第 %llu 行）；请用 "
            "--encoding 指明编码",
            input->name, (unsigned long long)evidence->first_bad);
    }
    enum im_code rc = decoder_init(&out->decoder, name, err);
    if (!rc)
        out->encoding = encoding_shown(out->decoder.name, given != NULL);
    return rc;
}

/* ---- Shapefile ---- */

static enum im_code
fail_missing(const struct source_input *input, const char *ending, struct im_error *err)
{
    im_fail(
        err, IM_EDATA,
        "the .%s of '%s' is missing; a Shapefile is .shp, .shx and .dbf together: ask "
        "for all of them",
        ending, input->name);
    return im_zh(
        err, IM_EDATA,
        "“%s”缺少 .%s 文件；Shapefile 由 .shp、.shx、.dbf 共同组成，请索取全部文件",
        input->name, ending);
}

static enum im_code
fail_cut(const struct source_input *input, const char *ending, struct im_error *err)
{
    im_fail(err, IM_EDATA, "the .%s of '%s' is cut off; ask for it again", ending,
            input->name);
    return im_zh(err, IM_EDATA, "“%s”的 .%s 文件不完整，请重新索取", input->name,
                 ending);
}

/* ESRI, "Shapefile technical description", 1998: bytes 24 to 27 count words of 16 bits,
 * big endian. */
static bool is_cut_shp(const struct source_input *input)
{
    const uint8_t *h = input->head.data;
    VSIStatBufL info;

    if (input->head.len < 100 || VSIStatL(input->path, &info) != 0)
        return true;
    uint64_t words =
        (uint64_t)h[24] << 24 | (uint64_t)h[25] << 16 | (uint64_t)h[26] << 8 | h[27];
    return 2 * words > (uint64_t)info.st_size;
}

static enum im_code fail_link(const char *name, int error, struct im_error *err)
{
    im_fail(err, IM_EIO,
            "'%s' cannot be linked to in the folder for temporary files: %s; name "
            "another in TMPDIR",
            name, strerror(error));
    return im_zh(err, IM_EIO,
                 "无法在临时文件夹中链接“%s”：%s；可用 TMPDIR 指定另一文件夹", name,
                 strerror(error));
}

static enum im_code prepare_shapefile(const struct source_input *input,
                                      struct prepared *out,
                                      struct im_error *err)
{
    char dbf[SOURCE_MAX_PATH], other[SOURCE_MAX_PATH], cpg[MAX_CPG_BYTES] = "";
    bool is_table = strcasecmp(input->extension, "dbf") == 0;
    struct dbf_facts facts;
    struct evidence evidence;

    snprintf(dbf, sizeof dbf, "%s", input->path);
    if (!is_table && is_cut_shp(input))
        return fail_cut(input, "shp", err);
    if (!is_table && !sidecar_find(input->path, "shx", other))
        return fail_missing(input, "shx", err);
    if (!is_table && !sidecar_find(input->path, "dbf", dbf))
        return fail_missing(input, "dbf", err);
    if (!dbf_look(dbf, &facts) || facts.is_cut)
        return fail_cut(input, "dbf", err);
    if (sidecar_find(input->path, "cpg", other) && read_small(other, cpg, sizeof cpg))
        cpg[strcspn(cpg, "\r\n")] = '\0';
    enum im_code rc =
        evidence_init(&evidence, *cpg ? cpg : dbf_declared(facts.language), err);
    if (!rc && !input->options->encoding)
        dbf_evidence(dbf, &evidence);
    if (!rc)
        rc = decide(input, &evidence, out, err);
    evidence_release(&evidence);
    out->is_raw = true;
    return rc;
}

/* ---- MapInfo ---- */

static enum im_code fail_links(const struct source_input *input, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "'%s' only points to other tables; import the table that it points to",
            input->name);
    return im_zh(err, IM_EDATA, "“%s”只是指向其他表；请直接导入那个表", input->name);
}

static bool has_word(const char *text, const char *word)
{
    return head_has(im_bytes_of(text), word);
}

/* Seamless tables, views and linked tables open others, by any path. */
static bool leads_elsewhere(const char *tab)
{
    return has_word(tab, "isseamless\" = \"true\"") || has_word(tab, "create view") ||
           has_word(tab, "type linked") || has_word(tab, "type wms") ||
           has_word(tab, "type wfs") || has_word(tab, "type odbc") ||
           !(has_word(tab, "native") || has_word(tab, "dbf") || has_word(tab, "dbase"));
}

/* !charset WindowsSimpChinese, Charset "WindowsSimpChinese" */
static void charset_of(const char *head, char out[40])
{
    const char *p = head;
    size_t n = 0;

    while (*p && strncasecmp(p, "charset", 7) != 0)
        p++;
    p += *p ? 7 : 0;
    p += strspn(p, " \t\"");
    while (n < 39 && (isalnum((unsigned char)p[n]) || p[n] == '-')) {
        out[n] = p[n];
        n++;
    }
    out[n] = '\0';
}

/* The other files of the table beside the neutral copy. */
static enum im_code bring_others(const struct source_input *input,
                                 struct prepared *out,
                                 struct im_error *err)
{
    static const char *const OTHERS[] = {"dat", "map", "id", "ind", "mid", "dbf", NULL};
    int stem = (int)(dataset_ending(out->path) - out->path);
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && OTHERS[i]; i++) {
        char from[SOURCE_MAX_PATH], to[SOURCE_MAX_PATH];

        if (!sidecar_find(input->path, OTHERS[i], from))
            continue;
        snprintf(to, sizeof to, "%.*s%s", stem, out->path, OTHERS[i]);
        if (input->is_archived)
            rc = temp_copy(&out->temp, from, file_name(to), to, err);
        else if (symlink(from, to) != 0)
            rc = fail_link(input->name, errno, err);
    }
    return rc;
}

static enum im_code mapinfo_evidence(const struct source_input *input,
                                     struct evidence *evidence,
                                     struct im_error *err)
{
    char other[SOURCE_MAX_PATH];

    if (sidecar_find(input->path, "dat", other) ||
        sidecar_find(input->path, "dbf", other))
        dbf_evidence(other, evidence);
    if (strcasecmp(input->extension, "mif") == 0 &&
        sidecar_find(input->path, "mid", other))
        return evidence_add_lines(evidence, other, input->name, err);
    return IM_OK;
}

static enum im_code check_mapinfo(const struct source_input *input,
                                  bool is_mif,
                                  char charset[40],
                                  struct im_error *err)
{
    char other[SOURCE_MAX_PATH];
    char *text = malloc(MAX_TAB_BYTES);
    enum im_code rc = IM_OK;

    if (!text)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", input->name);
    read_small(input->path, text, is_mif ? SOURCE_HEAD_BYTES : MAX_TAB_BYTES);
    charset_of(text, charset);
    if (!is_mif && leads_elsewhere(text))
        rc = fail_links(input, err);
    else if (!is_mif &&
             (!sidecar_find(input->path, "map", other) ||
              !sidecar_find(input->path, "dat", other)) &&
             !sidecar_find(input->path, "dbf", other)) {
        im_fail(
            err, IM_EDATA,
            "'%s' is not whole; a MapInfo table is .tab, .dat, .map and .id together",
            input->name);
        rc = im_zh(
            err, IM_EDATA,
            "“%s”不完整；MapInfo 表由 .tab、.dat、.map、.id 共同组成，请索取全部文件",
            input->name);
    }
    free(text);
    return rc;
}

/* Lines that are not blank, and whether the last one ends inside of a text. */
static void look_at_mid(VSILFILE *file, uint8_t *block, struct prepared *out)
{
    bool has_any = false, is_quoted = false;
    size_t n;

    while ((n = VSIFReadL(block, 1, MAX_TAB_BYTES, file)) > 0)
        for (size_t i = 0; i < n; i++) {
            bool is_end = block[i] == '\n' || block[i] == '\r';

            out->mid_lines += is_end && has_any;
            has_any = !is_end && (has_any || (block[i] != ' ' && block[i] != '\t'));
            is_quoted = !is_end && is_quoted != (block[i] == '"');
        }
    out->mid_lines += has_any;
    out->mid_is_cut = is_quoted;
}

static enum im_code
check_mid(const struct source_input *input, struct prepared *out, struct im_error *err)
{
    char path[SOURCE_MAX_PATH];
    uint8_t *block = malloc(MAX_TAB_BYTES);
    VSILFILE *file =
        sidecar_find(input->path, "mid", path) ? VSIFOpenL(path, "rb") : NULL;

    if (block && file) {
        out->has_mid = true;
        look_at_mid(file, block, out);
    }
    if (file)
        VSIFCloseL(file);
    enum im_code rc =
        block ? IM_OK : im_fail(err, IM_ENOMEM, "'%s': out of memory", input->name);
    free(block);
    return !rc && out->mid_is_cut ? fail_cut(input, "mid", err) : rc;
}

static enum im_code prepare_mapinfo(const struct source_input *input,
                                    struct prepared *out,
                                    struct im_error *err)
{
    bool is_mif = strcasecmp(input->extension, "mif") == 0;
    char charset[40];
    struct evidence evidence;
    enum im_code rc = check_mapinfo(input, is_mif, charset, err);

    if (rc)
        return rc;
    bool is_neutral = !*charset || strcasecmp(charset, "Neutral") == 0;
    rc = evidence_init(&evidence, is_neutral ? NULL : charset, err);
    if (!rc && !input->options->encoding)
        rc = mapinfo_evidence(input, &evidence, err);
    if (!rc)
        rc = decide(input, &evidence, out, err);
    evidence_release(&evidence);
    if (!rc)
        rc = temp_neutral(&out->temp, input->path, file_name(input->path), out->path,
                          err);
    if (!rc)
        rc = bring_others(input, out, err);
    out->is_raw = true;
    return rc || !is_mif ? rc : check_mid(input, out, err);
}

/* ---- XML, drawings ---- */

/* expat knows UTF-8, UTF-16 and Latin 1. */
static bool declares_other(struct im_bytes head)
{
    const uint8_t *end = memchr(head.data, '>', head.len);
    struct im_bytes line = {head.data, end ? (size_t)(end - head.data) : 0};

    return head_has(line, "<?xml") && head_has(line, "encoding") &&
           !head_has(line, "utf-8") && !head_has(line, "utf-16");
}

static enum im_code
recode_xml(const struct source_input *input, struct prepared *out, struct im_error *err)
{
    enum im_code rc = encoding_of_text(input, &out->decoder, &out->encoding, err);

    if (rc || input->bytes.is_utf16)
        return rc;
    if (!input->bytes.bad_utf8_line && !declares_other(input->head)) {
        out->encoding = ""; /* the format says it */
        return IM_OK;
    }
    return temp_recode(&out->temp, input, &out->decoder, file_name(input->path),
                       out->path, err);
}

static enum im_code prepare_xml(const struct source_input *input,
                                struct prepared *out,
                                struct im_error *err)
{
    enum im_code rc = recode_xml(input, out, err);

    return rc ? rc : xml_check(out->path, input->name, &out->n_links, err);
}

static enum im_code prepare_dxf(const struct source_input *input,
                                struct prepared *out,
                                struct im_error *err)
{
    struct evidence evidence;
    enum im_code rc = evidence_init(&evidence, NULL, err);

    if (!rc)
        rc = evidence_add_lines(&evidence, input->path, input->name, err);
    if (!rc && evidence.n)
        rc = decide(input, &evidence, out, err);
    if (!rc && evidence.n && !input->options->encoding &&
        (strcmp(out->decoder.name, "UTF-8") == 0 ? evidence.n_utf8
                                                 : evidence.n_gb18030) != evidence.n) {
        im_fail(
            err, IM_EDATA,
            "the texts of '%s' are not of one encoding; save it as DXF 2007 or newer "
            "(UTF-8)",
            input->name);
        rc = im_zh(err, IM_EDATA,
                   "“%s”中的文字编码不一致；请另存为 2007 或更新版本的 DXF（UTF-8）",
                   input->name);
    }
    evidence_release(&evidence);
    return rc;
}

/* ---- SQLite ---- */

/* What is kept in the database itself, not taken from other files. */
static bool is_own_module(const char *sql)
{
    static const char *const MODULES[] = {"rtree",
                                          "rtree_i32",
                                          "geopoly",
                                          "fts3",
                                          "fts4",
                                          "fts5",
                                          "virtualspatialindex",
                                          "virtualelementary",
                                          "virtualknn",
                                          "virtualknn2",
                                          "virtualnetwork",
                                          "virtualrouting",
                                          NULL};
    const char *p = sql;

    while (*p && strncasecmp(p, " using ", 7) != 0 &&
           strncasecmp(p, "\nusing ", 7) != 0)
        p++;
    p += *p ? 7 : 0;
    p += strspn(p, " \t\r\n\"'[`");
    size_t n =
        strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    for (size_t i = 0; MODULES[i]; i++)
        if (strlen(MODULES[i]) == n && strncasecmp(MODULES[i], p, n) == 0)
            return true;
    return false;
}

static enum im_code
check_tables(const struct source_input *input, sqlite3 *db, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum im_code rc = IM_OK;
    int step = sqlite3_prepare_v2(db,
                                  "SELECT sql FROM sqlite_master WHERE sql LIKE "
                                  "'create virtual%'",
                                  -1, &stmt, NULL);

    while (!rc && step == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *sql = (const char *)sqlite3_column_text(stmt, 0);

        if (sql && !is_own_module(sql)) {
            im_fail(
                err, IM_EDATA,
                "'%s' has a virtual table that reads other files; export the table as "
                "GeoPackage and import that",
                input->name);
            rc = im_zh(err, IM_EDATA,
                       "“%s”含有读取其他文件的虚拟表；请把表导出为 GeoPackage 后导入",
                       input->name);
        }
    }
    sqlite3_finalize(stmt);
    if (!rc && step != SQLITE_OK) {
        im_fail(err, IM_EDATA, "'%s' is a damaged database: %s", input->name,
                sqlite3_errmsg(db));
        rc = im_zh(err, IM_EDATA, "“%s”是损坏的数据库：%s", input->name,
                   sqlite3_errmsg(db));
    }
    return rc;
}

static enum im_code prepare_sqlite(const struct source_input *input,
                                   struct prepared *out,
                                   struct im_error *err)
{
    sqlite3 *db = NULL;
    enum im_code rc = IM_OK;

    if (input->is_archived)
        rc = temp_copy(&out->temp, input->path, file_name(input->path), out->path, err);
    if (rc)
        return rc;
    if (sqlite3_open_v2(out->path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        im_fail(err, IM_EDATA, "'%s' cannot be opened as a database: %s", input->name,
                sqlite3_errmsg(db));
        rc = im_zh(err, IM_EDATA, "“%s”无法作为数据库打开：%s", input->name,
                   sqlite3_errmsg(db));
    } else {
        rc = check_tables(input, db, err);
    }
    sqlite3_close(db);
    return rc;
}

/* ---- all ---- */

enum im_code prepare(const struct source_input *input,
                     const char *format,
                     struct prepared *out,
                     struct im_error *err)
{
    static const struct {
        const char *format;
        enum im_code (*prepare)(const struct source_input *,
                                struct prepared *,
                                struct im_error *);
    } STEPS[] = {{"Shapefile", prepare_shapefile},
                 {"MapInfo", prepare_mapinfo},
                 {"KML", prepare_xml},
                 {"GML", prepare_xml},
                 {"GPX", prepare_xml},
                 {"DXF", prepare_dxf},
                 {"GeoPackage", prepare_sqlite},
                 {"SpatiaLite", prepare_sqlite}};

    *out = (struct prepared){.encoding = ""};
    snprintf(out->path, sizeof out->path, "%s", input->path);
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++)
        if (strcmp(STEPS[i].format, format) == 0)
            return STEPS[i].prepare(input, out, err);
    return IM_OK;
}

void prepared_release(struct prepared *prepared)
{
    decoder_release(&prepared->decoder);
    temp_remove(&prepared->temp);
}
