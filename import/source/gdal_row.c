/* SPDX-License-Identifier: Apache-2.0 */
/* GDAL's features as rows. */
#include "gdal.h"

#include <cpl_conv.h>
#include <cpl_error.h>

static void
fault(struct gdal *g, struct source_row *out, size_t column, const struct refusal *why)
{
    if (out->fault.code)
        return;
    out->fault = *why;
    g->fault_column = column;
}

static const struct refusal BAD_ENCODING = {
    .code = "bad_encoding",
    .zh = "有字节不属于文件的编码，或文字残缺",
    .en = "has bytes that are not of the file's encoding, or half a character",
    .suggestion_zh = "在原软件中改正这一格后重新导出；若整个文件如此，请用 --encoding "
                     "指明编码",
    .suggestion_en = "mend the cell where the file was made; name the encoding with "
                     "--encoding when the whole file is like this"};

/* From `from` on the row's text is the cell's. It may still move: kept as an offset. */
static void take_made(struct gdal *g, size_t c, size_t from)
{
    g->cells[c] = (struct source_value){.kind = SOURCE_TEXT};
    g->cells[c].text.len = g->text.len - from;
    g->cells[c].integer = (int64_t)from;
    g->is_in_text[c] = true;
}

static void
take_text(struct gdal *g, struct source_row *out, size_t c, struct im_bytes text)
{
    size_t from = g->text.len;

    if (g->file.is_raw) {
        if (decoder_append(&g->file.decoder, text, &g->text) == DECODED)
            take_made(g, c, from);
        else
            fault(g, out, c, &BAD_ENCODING);
    } else if (!im_utf8_valid(text)) {
        fault(g, out, c, &BAD_ENCODING);
    } else if (g->columns[c].is_markup) {
        markup_strip(text, &g->text);
        take_made(g, c, from);
    } else {
        g->cells[c] = source_text(text);
    }
}

/* Lists joined by ';'. */
static void take_list(struct gdal *g, struct source_row *out, size_t c, int field)
{
    char **items = OGR_F_GetFieldAsStringList(g->feature, field);
    struct im_buf joined = {.max = GDAL_MAX_ROW_BYTES};

    for (int i = 0; items && items[i]; i++) {
        if (i)
            im_buf_byte(&joined, ';');
        im_buf_text(&joined, items[i]);
    }
    size_t from = g->text.len;
    if (!im_utf8_valid(im_buf_bytes(&joined)))
        fault(g, out, c, &BAD_ENCODING);
    else
        im_buf_append(&g->text, joined.data, joined.len);
    take_made(g, c, from);
    im_buf_release(&joined);
}

static void take_numbers(struct gdal *g, size_t c, int field, OGRFieldType type)
{
    size_t from = g->text.len;
    int n = 0;
    const double *reals =
        type == OFTRealList ? OGR_F_GetFieldAsDoubleList(g->feature, field, &n) : NULL;
    const GIntBig *wide = type == OFTInteger64List
                              ? OGR_F_GetFieldAsInteger64List(g->feature, field, &n)
                              : NULL;
    const int *narrow = type == OFTIntegerList
                            ? OGR_F_GetFieldAsIntegerList(g->feature, field, &n)
                            : NULL;

    for (int i = 0; i < n; i++) {
        char number[IM_NUMBER_MAX];

        if (i)
            im_buf_byte(&g->text, ';');
        if (reals)
            im_buf_append(&g->text, number, im_format_double(number, reals[i], 9));
        else
            im_buf_printf(&g->text, "%lld",
                          wide ? (long long)wide[i] : (long long)narrow[i]);
    }
    take_made(g, c, from);
}

/* ISO 8601; the zone where the file has one. */
static void take_date(struct gdal *g, size_t c, int field, OGRFieldType type)
{
    int y, mo, d, h, mi, zone;
    float s;
    size_t from = g->text.len;

    if (!OGR_F_GetFieldAsDateTimeEx(g->feature, field, &y, &mo, &d, &h, &mi, &s, &zone))
        return;
    if (type != OFTTime)
        im_buf_printf(&g->text, "%04d-%02d-%02d", y, mo, d);
    if (type == OFTDateTime)
        im_buf_byte(&g->text, 'T');
    if (type != OFTDate)
        im_buf_printf(&g->text, "%02d:%02d:%02d", h, mi, (int)s);
    if (type == OFTDateTime && zone == 100)
        im_buf_byte(&g->text, 'Z');
    else if (type == OFTDateTime && zone > 1) /* in quarters of an hour, 100 is UTC */
        im_buf_printf(&g->text, "%c%02d:%02d", zone < 100 ? '-' : '+',
                      abs(zone - 100) / 4, abs(zone - 100) % 4 * 15);
    take_made(g, c, from);
}

static void take_cell(struct gdal *g, struct source_row *out, size_t c, int field)
{
    OGRFieldType type =
        OGR_Fld_GetType(OGR_FD_GetFieldDefn(g->parts[g->at].defn, field));

    if (!OGR_F_IsFieldSetAndNotNull(g->feature, field))
        return;
    switch (type) {
    case OFTInteger:
    case OFTInteger64:
        g->cells[c] = (struct source_value){
            .kind = SOURCE_INTEGER,
            .integer = OGR_F_GetFieldAsInteger64(g->feature, field)};
        return;
    case OFTReal:
        g->cells[c] = (struct source_value){
            .kind = SOURCE_REAL, .real = OGR_F_GetFieldAsDouble(g->feature, field)};
        return;
    case OFTStringList:
        take_list(g, out, c, field);
        return;
    case OFTIntegerList:
    case OFTInteger64List:
    case OFTRealList:
        take_numbers(g, c, field, type);
        return;
    case OFTDate:
    case OFTTime:
    case OFTDateTime:
        take_date(g, c, field, type);
        return;
    default:
        take_text(g, out, c, im_bytes_of(OGR_F_GetFieldAsString(g->feature, field)));
    }
}

static void take_cells(struct gdal *g, struct source_row *out)
{
    const struct gdal_part *part = &g->parts[g->at];
    int n = OGR_FD_GetFieldCount(part->defn);

    im_buf_clear(&g->text);
    for (size_t c = 0; c < g->n_columns; c++) {
        g->cells[c] = (struct source_value){.kind = SOURCE_NULL};
        g->is_in_text[c] = false;
    }
    for (int i = 0; i < n; i++)
        if (part->column_of_field[i] >= 0)
            take_cell(g, out, (size_t)part->column_of_field[i], i);
    for (size_t c = 0; c < g->n_columns; c++)
        if (g->is_in_text[c])
            g->cells[c] = source_text((struct im_bytes){
                g->text.data + g->cells[c].integer, g->cells[c].text.len});
}

/* GDAL gave the row, but says that something of it could not be read. */
static void fault_unreadable(struct gdal *g, struct source_row *out)
{
    char why[150];

    guard_message(g->input, g->file.path, why, sizeof why);
    snprintf(g->fault_en, sizeof g->fault_en, "cannot be read: %s", why);
    snprintf(g->fault_zh, sizeof g->fault_zh, "无法读取：%s", why);
    fault(g, out, SOURCE_FAULT_ROW,
          &(struct refusal){.code = "unreadable",
                            .zh = g->fault_zh,
                            .en = g->fault_en,
                            .suggestion_zh = "在原软件中检查这一条后重新导出",
                            .suggestion_en = "look at it where the file was made, and "
                                             "export it again"});
}

static enum im_code fail_broken(const struct gdal *g, struct im_error *err)
{
    char why[150];

    guard_message(g->input, g->file.path, why, sizeof why);
    im_fail(err, IM_EDATA, "'%s' is broken or cut off behind row %llu: %s; get it anew",
            g->input->name, (unsigned long long)g->row, why);
    return im_zh(err, IM_EDATA,
                 "“%s”在第 %llu 行之后损坏或不完整：%s；请重新索取或重新导出",
                 g->input->name, (unsigned long long)g->row, why);
}

static enum im_code next_feature(struct gdal *g, struct im_error *err)
{
    OGR_F_Destroy(g->feature);
    g->feature = NULL;
    for (; g->at < g->n_parts; g->at++) {
        g->feature = OGR_L_GetNextFeature(g->parts[g->at].layer);
        if (g->feature)
            return IM_OK;
        if (CPLGetLastErrorType() >= CE_Failure)
            return fail_broken(g, err);
        if (g->at + 1 == g->n_parts)
            return IM_OK;
    }
    return IM_OK;
}

static enum im_code check_bounds(const struct gdal *g, struct im_error *err)
{
    if (!g->input->address)
        return IM_OK;
    if (g->row >= ADDRESS_MAX_ROWS) {
        im_fail(err, IM_ELIMIT, "'%s' has more than %d rows; export it to a file there",
                g->input->name, ADDRESS_MAX_ROWS);
        return im_zh(err, IM_ELIMIT, "“%s”超过 %d 行；请在对方系统导出为文件后导入",
                     g->input->name, ADDRESS_MAX_ROWS);
    }
    if (address_is_over(g->input->address)) {
        im_fail(err, IM_EIO,
                "'%s' took longer than 10 minutes; export it to a file there",
                g->input->name);
        return im_zh(err, IM_EIO, "“%s”超过 10 分钟；请在对方系统导出为文件后导入",
                     g->input->name);
    }
    return IM_OK;
}

enum im_code
gdal_next(void *self, struct source_row *out, bool *more, struct im_error *err)
{
    struct gdal *g = self;

    guard_enter(g->input->address);
    enum im_code rc = next_feature(g, err);
    *more = !rc && g->feature;
    if (*more) {
        *out = (struct source_row){
            .number = ++g->row,
            .sheet = g->n_parts > 1 ? OGR_L_GetName(g->parts[g->at].layer) : "",
            .cells = g->cells};
        g->fault_column = SOURCE_FAULT_ROW;
        if (CPLGetLastErrorType() >= CE_Failure)
            fault_unreadable(g, out);
        take_cells(g, out);
        flat_set(&g->flat, OGR_F_GetGeometryRef(g->feature));
        out->geom = g->flat.geom;
        out->dropped = g->flat.dropped;
        if (g->flat.fault.code)
            fault(g, out, SOURCE_FAULT_GEOMETRY, &g->flat.fault);
        if (g->text.failed)
            rc = im_buf_check(&g->text, "row", err);
    }
    guard_leave();
    return rc ? rc : *more ? check_bounds(g, err) : wfs_check_end(g, err);
}

size_t gdal_fault_column(void *self)
{
    return ((const struct gdal *)self)->fault_column;
}

enum im_code gdal_rewind(void *self, size_t width, struct im_error *err)
{
    struct gdal *g = self;

    (void)width, (void)err;
    guard_enter_open(g->input, NULL);
    for (size_t p = 0; p < g->n_parts; p++)
        OGR_L_ResetReading(g->parts[p].layer);
    guard_leave_open();
    g->at = 0;
    g->row = 0;
    return IM_OK;
}
