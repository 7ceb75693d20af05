/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a tile matrix set (OGC 17-083r4, annex C: JSON encoding). */
#include "grid_parts.h"

#include <jansson.h>

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* The name by which a file asks for positions of 高德 and 腾讯; no OGC CRS. */
static const char GCJ02_CRS[] = "innomap:GCJ02";

/* cellSize and scaleDenominator say the same; published sets round to some 9 digits */
static const double SCALE_TOLERANCE = 1e-4;

struct reader {
    struct tile_grid *grid;
    uint32_t matrix; /* whose members are read, or GRID_MAX_DEPTH */
    struct im_error *err;
};

/* "tileMatrices[3].cellSize: ..."; the value and what is allowed in two languages. */
static enum im_code
fail_at(struct reader *r, const char *member, const char *en, const char *zh)
{
    char path[120];

    if (r->matrix < GRID_MAX_DEPTH)
        snprintf(path, sizeof path, "tileMatrices[%u]%s%s", r->matrix,
                 *member ? "." : "", member);
    else
        snprintf(path, sizeof path, "%s", member);
    im_fail(r->err, IM_EDATA, "%s: %s", path, en);
    return im_zh(r->err, IM_EDATA, "%s：%s", path, zh);
}

/* ---- members ---- */

/* Identifiers are parts of addresses and names of folders: never "." or "..". */
static bool is_id(const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("_.:-", text[i]))
            return false;
    return n > 0 && n <= GRID_MAX_ID && isalnum((unsigned char)text[0]);
}

static enum im_code read_id(struct reader *r, const json_t *from, char out[])
{
    const char *id = json_string_value(json_object_get(from, "id"));

    if (!id || !is_id(id))
        return fail_at(
            r, "id",
            "needed is a text of 1 to 64 letters, digits, '_', '.', ':', '-', first a "
            "letter or digit",
            "须为 1 至 64 个字母、数字或 _ . : - 组成的文本，以字母或数字开头");
    snprintf(out, GRID_MAX_ID + 1, "%s", id);
    return IM_OK;
}

/* An id of a set is a part of addresses, beside layers and the 512 of large tiles. */
static enum im_code check_set_id(struct reader *r)
{
    const char *id = r->grid->id;

    if (strspn(id, "0123456789") == strlen(id) || strchr(id, ':') || id[0] == '.')
        return fail_at(r, "id",
                       "the id of a set is more than digits, has no ':' and begins "
                       "with no '.'",
                       "网格的 id 不能全是数字，不能含 “:”，不能以 “.” 开头");
    return IM_OK;
}

static enum im_code
read_text(struct reader *r, const json_t *from, const char *name, char out[])
{
    const json_t *value = json_object_get(from, name);
    const char *text = json_string_value(value);

    if (!value)
        return IM_OK;
    if (!text || strlen(text) > GRID_MAX_TEXT)
        return fail_at(r, name, "allowed is a text of at most 200 bytes",
                       "须为不超过 200 字节的文本");
    snprintf(out, GRID_MAX_TEXT + 1, "%s", text);
    return IM_OK;
}

static enum im_code read_number(struct reader *r,
                                const json_t *from,
                                const char *name,
                                double min,
                                double max,
                                bool may_lack,
                                double *out)
{
    const json_t *value = json_object_get(from, name);
    char en[120];
    char zh[120];

    if (!value && may_lack) {
        *out = 0;
        return IM_OK;
    }
    *out = json_number_value(value);
    if (json_is_number(value) && *out >= min && *out <= max)
        return IM_OK;
    snprintf(en, sizeof en, "needed is a number, %g to %g", min, max);
    snprintf(zh, sizeof zh, "须为数字，%g 至 %g", min, max);
    return fail_at(r, name, en, zh);
}

static enum im_code read_count(struct reader *r,
                               const json_t *from,
                               const char *name,
                               uint32_t min,
                               uint32_t max,
                               uint32_t *out)
{
    double value;
    enum im_code rc = read_number(r, from, name, min, max, false, &value);

    if (rc == IM_OK && !json_is_integer(json_object_get(from, name)))
        rc = fail_at(r, name, "needed is a whole number", "须为整数");
    if (rc == IM_OK)
        *out = (uint32_t)value;
    return rc;
}

/* A misspelt member must not be passed over in silence. */
static enum im_code
check_members(struct reader *r, json_t *object, const char *const *known)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        size_t i = 0;

        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (known[i])
            continue;
        char member[64];
        snprintf(member, sizeof member, "%.*s", (int)im_utf8_cut(key, 60), key);
        return fail_at(r, member, "no member of a tile matrix set (OGC 17-083r4)",
                       "不是 OGC 17-083r4 规定的成员");
    }
    return IM_OK;
}

/* ---- the coordinate system ---- */

static bool cut(const char **text, const char *prefix)
{
    size_t n = strlen(prefix);

    if (strncasecmp(*text, prefix, n) != 0)
        return false;
    *text += n;
    return true;
}

/* "EPSG:4549" from a URI, a URN or itself; nothing that would be a pipeline or a file.
 */
static bool crs_code(const char *text, char code[GRID_MAX_ID + 1])
{
    char authority[16] = "";
    char number[16] = "";
    bool is_uri = cut(&text, "http://www.opengis.net/def/crs/") ||
                  cut(&text, "https://www.opengis.net/def/crs/");
    bool is_urn = !is_uri && cut(&text, "urn:ogc:def:crs:");
    char between = is_uri ? '/' : ':';
    size_t n = strcspn(text, is_uri ? "/" : ":");

    if (n == 0 || n >= sizeof authority || text[n] != between)
        return false;
    snprintf(authority, sizeof authority, "%.*s", (int)n, text);
    text += n + 1;
    if (is_uri || is_urn) { /* the version of the register */
        n = strcspn(text, is_uri ? "/" : ":");
        if (text[n] != between)
            return false;
        text += n + 1;
    }
    n = strlen(text);
    if (n == 0 || n >= sizeof number)
        return false;
    snprintf(number, sizeof number, "%s", text);
    for (const char *p = number; *p; p++)
        if (!isalnum((unsigned char)*p))
            return false;
    for (char *p = authority; *p; p++) {
        if (!isalnum((unsigned char)*p))
            return false;
        *p = (char)toupper((unsigned char)*p);
    }
    snprintf(code, GRID_MAX_ID + 1, "%s:%s", authority, number);
    return true;
}

static void write_crs_uri(struct tile_grid *grid)
{
    const char *number = strchr(grid->crs_code, ':') + 1;
    int n = (int)(number - 1 - grid->crs_code);

    snprintf(grid->crs_uri, sizeof grid->crs_uri,
             "http://www.opengis.net/def/crs/%.*s/%s/%s", n, grid->crs_code,
             strncmp(grid->crs_code, "OGC:", 4) == 0 ? "1.3" : "0", number);
}

static enum im_code
read_axes(struct reader *r, const json_t *root, const char *axes[2], bool *has_axes)
{
    const json_t *list = json_object_get(root, "orderedAxes");

    *has_axes = list != NULL;
    if (!list)
        return IM_OK;
    for (size_t i = 0; i < 2; i++)
        axes[i] = json_string_value(json_array_get(list, i));
    if (json_array_size(list) != 2 || !axes[0] || !axes[1] ||
        strlen(axes[0]) > GRID_MAX_ID || strlen(axes[1]) > GRID_MAX_ID)
        return fail_at(r, "orderedAxes", "needed are the names of two axes",
                       "须为两个坐标轴的名称");
    return IM_OK;
}

static enum im_code read_crs(struct reader *r, const json_t *root)
{
    struct tile_grid *grid = r->grid;
    const json_t *crs = json_object_get(root, "crs");
    const char *text =
        json_string_value(json_is_object(crs) ? json_object_get(crs, "uri") : crs);
    const char *axes[2] = {NULL, NULL};
    bool has_axes;
    enum im_code rc = read_axes(r, root, axes, &has_axes);

    if (rc != IM_OK)
        return rc;
    if (text && strcmp(text, GCJ02_CRS) == 0) {
        snprintf(grid->crs_code, sizeof grid->crs_code, "EPSG:3857");
        rc = grid_set_crs(grid, has_axes ? axes : NULL, r->err);
        grid->kind = GRID_GCJ02;
        return rc;
    }
    if (!text || !crs_code(text, grid->crs_code))
        return fail_at(r, "crs",
                       "needed is the URI, URN or code of a coordinate system, such as "
                       "EPSG:4549",
                       "须为坐标系的 URI、URN 或代码，如 EPSG:4549");
    rc = grid_set_crs(grid, has_axes ? axes : NULL, r->err);
    if (rc == IM_OK)
        write_crs_uri(grid);
    return rc;
}

/* ---- matrices ---- */

static enum im_code read_origin(struct reader *r, const json_t *from)
{
    const json_t *point = json_object_get(from, "pointOfOrigin");
    const json_t *corner = json_object_get(from, "cornerOfOrigin");
    bool north_first = r->grid->written_north_first;
    struct grid_matrix *m = &r->grid->matrices[r->matrix];
    double at[2];

    if (corner &&
        (!json_is_string(corner) || strcmp(json_string_value(corner), "topLeft") != 0))
        return fail_at(r, "cornerOfOrigin", "allowed is 'topLeft'", "只支持 topLeft");
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = json_array_get(point, i);

        at[i] = json_number_value(value);
        if (json_array_size(point) != 2 || !json_is_number(value) ||
            !(fabs(at[i]) <= 1e9))
            return fail_at(r, "pointOfOrigin",
                           "needed are two numbers in the order of the axes",
                           "须为按坐标轴顺序的两个数字");
    }
    m->origin[0] = at[north_first ? 1 : 0];
    m->origin[1] = at[north_first ? 0 : 1];
    return IM_OK;
}

/* One of the two may be left out. */
static enum im_code read_scale(struct reader *r, const json_t *from)
{
    struct grid_matrix *m = &r->grid->matrices[r->matrix];
    double metres = r->grid->metres_per_unit;
    double wanted;
    char en[160];
    char zh[160];
    enum im_code rc = read_number(r, from, "scaleDenominator", 1e-3, 1e10, true,
                                  &m->scale_denominator);

    if (rc == IM_OK)
        rc = read_number(r, from, "cellSize", 1e-12, 1e7, m->scale_denominator > 0,
                         &m->cell_size);
    if (rc != IM_OK)
        return rc;
    if (m->cell_size <= 0)
        m->cell_size = m->scale_denominator * GRID_PIXEL_M / metres;
    wanted = m->cell_size * metres / GRID_PIXEL_M;
    if (m->scale_denominator <= 0)
        m->scale_denominator = wanted;
    if (fabs(m->scale_denominator - wanted) <= SCALE_TOLERANCE * wanted)
        return IM_OK;
    snprintf(en, sizeof en,
             "%.10g does not go with cellSize %.10g: by pixels of 0.28 mm it is %.10g",
             m->scale_denominator, m->cell_size, wanted);
    snprintf(zh, sizeof zh, "%.10g 与 cellSize %.10g 不符：按 0.28 毫米像素应为 %.10g",
             m->scale_denominator, m->cell_size, wanted);
    return fail_at(r, "scaleDenominator", en, zh);
}

static enum im_code read_size(struct reader *r, const json_t *from)
{
    struct grid_matrix *m = &r->grid->matrices[r->matrix];
    uint32_t height = 0;
    enum im_code rc = read_count(r, from, "matrixWidth", 1, GRID_MAX_SIDE, &m->n_cols);

    if (rc == IM_OK)
        rc = read_count(r, from, "matrixHeight", 1, GRID_MAX_SIDE, &m->n_rows);
    if (rc == IM_OK)
        rc = read_count(r, from, "tileWidth", 1, 4096, &m->tile_px);
    if (rc == IM_OK)
        rc = read_count(r, from, "tileHeight", 1, 4096, &height);
    if (rc == IM_OK && (m->tile_px != GRID_TILE_PX || height != GRID_TILE_PX))
        rc = fail_at(r, "tileWidth", "tiles are 256 x 256 pixels",
                     "瓦片须为 256 x 256 像素");
    return rc;
}

static enum im_code read_matrix(struct reader *r, json_t *from)
{
    static const char *const known[] = {"id",
                                        "title",
                                        "description",
                                        "keywords",
                                        "cellSize",
                                        "scaleDenominator",
                                        "cornerOfOrigin",
                                        "pointOfOrigin",
                                        "tileWidth",
                                        "tileHeight",
                                        "matrixWidth",
                                        "matrixHeight",
                                        "variableMatrixWidths",
                                        NULL};
    struct tile_grid *grid = r->grid;
    struct grid_matrix *m = &grid->matrices[r->matrix];
    enum im_code rc;

    if (!json_is_object(from))
        return fail_at(r, "", "needed is an object", "须为对象");
    if (json_object_get(from, "variableMatrixWidths"))
        return fail_at(r, "variableMatrixWidths",
                       "rows of different widths are not supported",
                       "不支持各行宽度不同的网格");
    rc = check_members(r, from, known);
    if (rc == IM_OK)
        rc = read_id(r, from, grid->matrix_ids[r->matrix]);
    m->id = grid->matrix_ids[r->matrix];
    if (rc == IM_OK)
        rc = read_scale(r, from);
    if (rc == IM_OK)
        rc = read_origin(r, from);
    if (rc == IM_OK)
        rc = read_size(r, from);
    if (rc != IM_OK)
        return rc;
    for (uint32_t i = 0; i < r->matrix; i++)
        if (strcmp(grid->matrix_ids[i], m->id) == 0)
            return fail_at(r, "id", "this id is there already", "此 id 重复");
    if (r->matrix > 0 && m->cell_size >= grid->matrices[r->matrix - 1].cell_size)
        return fail_at(r, "cellSize", "matrices are ordered from coarse to fine",
                       "矩阵须由粗到细排列");
    return IM_OK;
}

static enum im_code read_matrices(struct reader *r, const json_t *root)
{
    const json_t *list = json_object_get(root, "tileMatrices");
    size_t n = json_array_size(list);
    enum im_code rc = IM_OK;

    if (n == 0 || n > GRID_MAX_DEPTH)
        return fail_at(r, "tileMatrices", "needed is a list of 1 to 23 matrices",
                       "须为 1 至 23 个矩阵的列表");
    for (r->matrix = 0; r->matrix < n && rc == IM_OK; r->matrix++)
        rc = read_matrix(r, json_array_get(list, r->matrix));
    r->matrix = GRID_MAX_DEPTH;
    r->grid->depth = (uint32_t)n;
    return rc;
}

/* ---- the set ---- */

static enum im_code read_set(struct reader *r, json_t *root)
{
    /* title_zh is ours: 17-083r4 has one language */
    static const char *const known[] = {"id",
                                        "title",
                                        "title_zh",
                                        "description",
                                        "keywords",
                                        "uri",
                                        "crs",
                                        "orderedAxes",
                                        "wellKnownScaleSet",
                                        "boundingBox",
                                        "tileMatrices",
                                        "links",
                                        "$schema",
                                        NULL};
    struct tile_grid *grid = r->grid;
    enum im_code rc = check_members(r, root, known);

    if (rc == IM_OK)
        rc = read_id(r, root, grid->id);
    if (rc == IM_OK)
        rc = check_set_id(r);
    if (rc == IM_OK)
        rc = read_text(r, root, "title", grid->title[LANG_EN]);
    if (rc == IM_OK)
        rc = read_text(r, root, "title_zh", grid->title[LANG_ZH]);
    if (rc == IM_OK)
        rc = read_text(r, root, "uri", grid->uri);
    if (rc == IM_OK)
        rc = read_text(r, root, "wellKnownScaleSet", grid->scale_set);
    if (rc == IM_OK)
        rc = read_crs(r, root);
    if (rc == IM_OK)
        rc = read_matrices(r, root);
    return rc == IM_OK ? grid_derive(grid, r->err) : rc;
}

enum im_code grid_read(struct im_bytes json,
                       const char *name,
                       struct tile_grid **out,
                       struct im_error *err)
{
    struct reader r = {.matrix = GRID_MAX_DEPTH, .err = err};
    json_error_t fault;
    json_t *root = NULL;
    enum im_code rc = IM_OK;

    if (json.len > GRID_MAX_FILE_BYTES) {
        im_fail(err, IM_ELIMIT, "grid '%s' is over %d bytes", name,
                GRID_MAX_FILE_BYTES);
        return im_zh(err, IM_ELIMIT, "网格 “%s” 超过 %d 字节", name,
                     GRID_MAX_FILE_BYTES);
    }
    r.grid = calloc(1, sizeof *r.grid);
    if (!r.grid)
        return im_fail(err, IM_ENOMEM, "grid '%s'", name);
    root =
        json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(root)) {
        im_fail(err, IM_EDATA, "line %d: %s", root ? 1 : fault.line,
                root ? "needed is an object" : fault.text);
        rc = im_zh(err, IM_EDATA, "第 %d 行：%s", root ? 1 : fault.line,
                   root ? "须为 JSON 对象" : "不是合法的 JSON");
    } else {
        rc = read_set(&r, root);
    }
    if (rc == IM_OK) {
        *out = r.grid;
        r.grid = NULL;
    } else {
        rc = im_context(err, "grid '%s'", name);
    }
    json_decref(root);
    tile_grid_free(r.grid);
    return rc;
}
