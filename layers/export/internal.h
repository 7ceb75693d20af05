/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the export, not by anyone else. */
#ifndef EXPORT_INTERNAL_H
#define EXPORT_INTERNAL_H

#include <layers/export.h>
#include <layers/geometry.h>

#include <stdio.h>

struct exporter {
    struct history_scan *scan;
    const struct layer_schema *schema;
    const struct history_scan_info *info;
    struct export_result *result;
    bool with_bom;
    struct im_buf piece; /* a row */
};

/** The next row, counted. */
IM_CHECKED enum im_code exporter_next(struct exporter *e,
                                      struct source_feature *out,
                                      bool *more,
                                      struct im_error *err);
/** Write `piece` and empty it. Whether all of it arrived is asked at the end. */
IM_CHECKED enum im_code
exporter_flush(struct exporter *e, FILE *out, struct im_error *err);
/** The object of the mark (export.h). */
void export_mark_json(const struct exporter *e, struct im_json *w);
/** The same for people, one line. */
void export_mark_text(const struct exporter *e, struct im_buf *out);

/** ISO WKB, little endian. `is_multi`: a multiple also when it has one part. */
void export_wkb(const struct geom *g, bool is_multi, struct im_buf *out);

IM_CHECKED enum im_code
export_geojson(struct exporter *e, bool is_sequence, FILE *out, struct im_error *err);
IM_CHECKED enum im_code export_csv(struct exporter *e, FILE *out, struct im_error *err);
IM_CHECKED enum im_code
export_gpkg(struct exporter *e, const char *path, struct im_error *err);

#endif
