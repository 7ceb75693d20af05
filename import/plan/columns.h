/* SPDX-License-Identifier: Apache-2.0 */
/* The plan from inside: shared by the files of plan/. */
#ifndef IMPORT_COLUMNS_H
#define IMPORT_COLUMNS_H

#include "plan.h"

struct plan {
    struct plan_context context;
    struct source *source;
    const struct layer_schema *schema;
    int *column_of_field; /* per field; -1: the file lacks it */
    enum position_kind position;
    int lon_column; /* POSITION_COLUMNS */
    int lat_column;
    struct crs_transform crs;
    const char *crs_text; /* for the report */
};

#endif
