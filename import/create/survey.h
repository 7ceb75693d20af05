/* SPDX-License-Identifier: Apache-2.0 */
/* What a file holds, after reading all of it once. For import/create only. */
#ifndef IMPORT_SURVEY_H
#define IMPORT_SURVEY_H

#include "create.h"

#include "../plan/parts.h"

enum {
    SURVEY_MAX_COLUMNS = 1000, /* more are not looked at */
    SURVEY_MAX_CODES = 16,     /* a longer list of values is no code list */
    SURVEY_CODE_BYTES = 60,    /* of one of them */
    SURVEY_KEY_BYTES = 200
};

/** Fields that layers have in common: what a column means is what its heading says
 *  (plan/words.c). Indexes into common_fields(). */
enum common_field {
    COMMON_ID,
    COMMON_NAME_ZH,
    COMMON_NAME_EN,
    COMMON_ALIASES,
    COMMON_FORMER,
    COMMON_CATEGORY,
    COMMON_LEVEL,
    COMMON_PROVINCE,
    COMMON_CITY,
    COMMON_DISTRICT,
    COMMON_ADCODE,
    COMMON_ADDRESS,
    COMMON_OPERATOR,
    COMMON_INDUSTRY,
    COMMON_ESTABLISHED_YEAR,
    COMMON_AREA_KM2,
    COMMON_BUILDING_AREA_M2,
    COMMON_WEBSITE,
    COMMON_SOURCE,
    COMMON_CONFIDENCE,
    COMMON_NOTE,
    COMMON_PRECISION,
    COMMON_FIELDS
};
/** A layer that has them all, to compare headings with. */
const struct layer_schema *common_layer(void);

struct survey_column {
    const char *name; /* of one line */
    struct heading heading;
    struct heading_match match; /* field: enum common_field or SCHEMA_NO_FIELD */
    enum position_word position;
    const char *wish;   /* a field of its own that a person named; NULL */
    bool is_personal;   /* by its heading */
    bool is_row_number; /* 序号, FID */
    bool is_key_like;   /* 编号, uid, EntityHandle */
    bool is_position;   /* or says which system positions are in */
    uint64_t n_filled;
    uint64_t n_integer;
    uint64_t n_number;  /* integers too */
    uint64_t n_fitting; /* of `match`: its type can hold the value */
    uint64_t n_angle;   /* could be half of a position */
    uint64_t n_pair;
    uint64_t n_wkt[GEOM_AREA + 1]; /* by kind */
    uint64_t n_personal;           /* numbers of persons */
    uint64_t n_long;               /* too long for a key */
    uint64_t n_distinct;           /* values; no more than were remembered */
    uint64_t *hashes;              /* open addressing, of values */
    size_t hash_cap;
    char *codes[SURVEY_MAX_CODES]; /* the first different values */
    size_t n_codes;                /* SURVEY_MAX_CODES + 1: more than those */
};

struct survey {
    struct survey_column *columns;
    size_t n_columns;
    uint64_t n_rows;                      /* that are data */
    uint64_t n_geometries[GEOM_AREA + 1]; /* by kind; points of several parts too */
    uint64_t n_multipoints;
    bool has_geometry;
};

/** Reads the source to its end. Texts in `arena`. */
IM_CHECKED enum im_code survey_read(struct source *source,
                                    const struct import_options *options,
                                    struct im_arena *arena,
                                    struct survey *out,
                                    struct im_error *err);
void survey_release(struct survey *survey);

/** Share of the filled cells, 0..1; 0 when none is. */
static inline double survey_share(const struct survey_column *c, uint64_t n)
{
    return c->n_filled ? (double)n / (double)c->n_filled : 0;
}

#endif
