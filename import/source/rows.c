/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of an open source, and its rows. */
#include "opened.h"

#include "../report/mend.h"

#include <engine/csv.h>

#include <cpl_error.h>

/* ---- facts ---- */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

const char *source_name(const struct source *source)
{
    return source->input.name;
}

const char *source_driver(const struct source *source)
{
    return or_empty(source->reader.driver);
}

const char *source_encoding(const struct source *source)
{
    return or_empty(source->recoded ? source->recoded : source->reader.encoding);
}

const char *source_sheet(const struct source *source)
{
    return or_empty(source->reader.sheet);
}

uint64_t source_size(const struct source *source)
{
    return source->input.bytes.size;
}

uint64_t source_hash(const struct source *source)
{
    return source->input.bytes.hash;
}

uint64_t source_rows(const struct source *source)
{
    return source->reader.rows;
}

bool source_is_export(const struct source *source)
{
    return source->is_export || source->reader.is_export;
}

bool source_is_grid(const struct source *source)
{
    return source->reader.is_grid;
}

size_t source_columns(const struct source *source)
{
    return source->names ? source->n_names : source->reader.n_columns;
}

const char *source_column(const struct source *source, size_t i)
{
    return source->names            ? source->names[i]
           : source->reader.columns ? source->reader.columns[i]
                                    : source->numbers[i];
}

bool source_has_geometry(const struct source *source)
{
    return source->reader.has_geometry;
}

struct source_note source_note(const struct source *source)
{
    return source->reader.note;
}

OGRSpatialReferenceH source_srs(const struct source *source)
{
    return source->reader.srs;
}

/* ---- rows ---- */

/* The reader says which column a fault is about; only here it has its name. */
static void name_fault(const struct source *source, struct source_row *row)
{
    const struct source_calls *calls = source->reader.calls;
    size_t column;

    if (!row->fault.code || !calls->fault_column) {
        row->fault_field = or_empty(row->fault_field);
        return;
    }
    column = calls->fault_column(source->reader.self);
    row->fault_field = column == SOURCE_FAULT_GEOMETRY   ? "geometry"
                       : column < source_columns(source) ? source_column(source, column)
                                                         : "";
}

/* Files of ours for table programmes keep formulas behind an apostrophe. */
static void take_guards_away(struct source *source, struct source_row *row)
{
    for (size_t i = 0; i < source->n_names; i++) {
        source->bare[i] = row->cells[i];
        if (row->cells[i].kind == SOURCE_TEXT)
            source->bare[i].text = im_csv_unguard(row->cells[i].text);
    }
    row->cells = source->bare;
}

/* Readers of our own may read out of a zip, and GDAL unpacks it aloud. */
static enum im_code next_row(struct source *source,
                             struct source_row *out,
                             bool *more,
                             struct im_error *err)
{
    const struct source_reader *reader = &source->reader;

    if (!source->input.is_archived)
        return reader->calls->next(reader->self, out, more, err);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    enum im_code rc = reader->calls->next(reader->self, out, more, err);
    CPLPopErrorHandler();
    return rc;
}

enum im_code source_next(struct source *source,
                         struct source_row *out,
                         bool *more,
                         struct im_error *err)
{
    const struct source_reader *reader = &source->reader;
    enum im_code rc;

    do {
        rc = next_row(source, out, more, err);
        if (rc || !*more)
            return rc;
    } while (out->number <= source->header_last && source->names);
    name_fault(source, out);
    out->sheet = or_empty(out->sheet);
    if (source->names && source->bare)
        take_guards_away(source, out);
    if (source->names && reader->counts_from_header)
        out->number -= source->header_last;
    return IM_OK;
}

enum im_code source_rewind(struct source *source, struct im_error *err)
{
    return source->reader.calls->rewind(
        source->reader.self, source->names ? source->n_names + source->is_export : 0,
        err);
}

/* ---- grids ---- */

size_t source_sheets(const struct source *source)
{
    const struct source_calls *calls = source->reader.calls;

    if (!source->reader.is_grid)
        return 0;
    return calls->sheets ? calls->sheets(source->reader.self) : 1;
}

struct source_sheet_info source_sheet_at(const struct source *source, size_t i)
{
    const struct source_calls *calls = source->reader.calls;

    return calls->sheet_at ? calls->sheet_at(source->reader.self, i)
                           : (struct source_sheet_info){.name = ""};
}

enum im_code source_choose_sheet(struct source *source, size_t i, struct im_error *err)
{
    const struct source_calls *calls = source->reader.calls;
    enum im_code rc = IM_OK;

    source->names = NULL;
    source->n_names = 0;
    source->is_export = false;
    source->bare = NULL;
    source->header_last = 0;
    if (calls->choose_sheet)
        rc = calls->choose_sheet(source->reader.self, i, &source->reader, err);
    if (!rc)
        rc = source_number_columns(source, err);
    return rc ? rc : source_rewind(source, err);
}

size_t source_merges(const struct source *source, const struct source_merge **out)
{
    const struct source_calls *calls = source->reader.calls;

    *out = NULL;
    return calls->merges ? calls->merges(source->reader.self, out) : 0;
}

enum im_code source_set_header(struct source *source,
                               uint64_t last_row,
                               const char *const *names,
                               size_t n_names,
                               struct im_error *err)
{
    if (n_names == 0 || n_names > SOURCE_MAX_COLUMNS) {
        im_fail(err, IM_ELIMIT,
                "a header has 1 to %d columns, this one %zu; remove those that are not "
                "needed",
                SOURCE_MAX_COLUMNS, n_names);
        return im_zh(err, IM_ELIMIT,
                     "表头应有 1 至 %d 列，这里有 %zu 列；请删去不需要的列",
                     SOURCE_MAX_COLUMNS, n_names);
    }
    const char **copies = im_arena_calloc(source->arena, n_names, sizeof *copies);
    for (size_t i = 0; copies && i < n_names; i++)
        if (!(copies[i] = source_keep(source, names[i])))
            copies = NULL;
    if (!copies)
        return source_no_memory(err);
    source->is_export =
        n_names > 1 && strcmp(copies[n_names - 1], SOURCE_EXPORT_MARK) == 0;
    source->bare = NULL;
    if (source->is_export || mend_header(copies, n_names)) {
        source->bare = im_arena_calloc(source->arena, n_names, sizeof *source->bare);
        if (!source->bare)
            return source_no_memory(err);
    }
    source->names = copies;
    source->n_names = n_names - source->is_export;
    source->header_last = last_row;
    return source_rewind(source, err);
}
