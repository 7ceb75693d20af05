/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that count and compare: aggregate, join, coverage, chain, flows. All take
 * query_requests (which rows), so filters, areas, words and times work everywhere. */
#ifndef ENGINE_ANALYSIS_H
#define ENGINE_ANALYSIS_H

#include <engine/query.h>

/* ---- divisions ---- */

enum division_level { DIVISION_PROVINCE, DIVISION_CITY, DIVISION_DISTRICT };

/**
 * The division a feature lies in, as the row of the layer of divisions, by the rule of
 * struct query_area: points by the outline of that level around their position, where
 * one is known, else by their adcode (as it reads today); rows of precision district or
 * city, lines and areas by their adcode. False: unknown at that level (a row of
 * precision city has no district). For one row: all of a layer are faster aggregated.
 */
bool analysis_division_of(const struct atlas *atlas,
                          const struct atlas_layer *layer,
                          uint32_t feature,
                          enum division_level level,
                          const struct atlas_layer **divisions,
                          uint32_t *division);

/* ---- counting ---- */

enum aggregate_by {
    AGGREGATE_TOTAL,
    AGGREGATE_DIVISION, /* `level` */
    AGGREGATE_AREAS,    /* rows of `areas`, e.g. a corridor's members or parks */
    AGGREGATE_FIELD,    /* codes of `field`; each of a list's; numbers by value;
                           "year": of the role `time`, where no field is called so */
    AGGREGATE_LAYER     /* kind of place */
};
enum aggregate_measure { AGGREGATE_COUNT, AGGREGATE_SUM, AGGREGATE_MEAN };

struct aggregate_request {
    const struct query_request *rows;
    enum aggregate_by by;
    enum division_level level;
    const struct atlas_layer *areas;
    struct im_bytes field;
    enum aggregate_measure measure;
    struct im_bytes measure_field; /* of SUM and MEAN */
    struct im_bytes indicator;     /* beside each group: a code of the layer
                                      city_indicators ("gdp", "rd_intensity"); "" none */
    bool per_area;                 /* per 100 km2 of the group's outline */
    bool per_indicator;            /* per unit of `indicator` */
    bool with_empty;               /* groups without any row too */
    uint32_t min_count;            /* groups with fewer rows are left out */
    uint32_t limit;                /* largest first; 0: all, by their own order */
};

struct aggregate_group {
    struct im_bytes code; /* adcode, code, value, layer id; "" unknown */
    struct schema_title title;
    const struct atlas_layer *outline_layer; /* NULL: no outline is known */
    uint32_t outline;
    uint64_t count;
    uint64_t n_values; /* rows that had a value to measure */
    double value;      /* count, sum or mean; NaN: nothing to measure */
    double area_km2;   /* NaN unknown */
    double per_100km2;
    double indicator; /* NaN: not in the data */
    int indicator_year;
    const char *indicator_qualifier; /* "exact", "more_than", ...; NULL: none */
    double per_indicator;
};

struct aggregate_answer {
    struct aggregate_group *groups;
    size_t n_groups;
    size_t n_groups_matched; /* before `limit` */
    uint64_t total;          /* rows that are in a group, and those of n_unknown */
    uint64_t n_unknown;  /* rows whose group is not known (district unknown, null) */
    uint64_t n_apart;    /* rows coarser than rows->coarsest, not counted */
    bool counts_overlap; /* a row may be in several groups (list fields, areas) */
    struct schema_title missing; /* what the data lack for this question; "" nothing */
    struct schema_title indicator_title; /* "" without one */
    struct schema_title indicator_unit;
};
/** Order: divisions by code, areas by row, declared codes as declared, then numbers and
 *  texts by value, layers as in lists. With `limit` largest first: by
 *  per_indicator or per_100km2 where they are asked for, else by value.
 *  Errors: IM_EARG by name; IM_ELIMIT too many groups; those of query_each. */
IM_CHECKED enum im_code analysis_aggregate(const struct aggregate_request *request,
                                           struct im_arena *arena,
                                           struct aggregate_answer *out,
                                           struct cql_fault *fault,
                                           struct im_error *err);

/* ---- for each A its nearest B; which A have no B; which have all ---- */

struct join_request {
    const struct query_request *rows;          /* A */
    const struct query_request *const *others; /* B; chain: B, C, D, ... */
    size_t n_others;                           /* join and coverage: 1; at most 8 */
    double max_m;       /* HUGE_VAL: any distance; coverage and chain: the reach */
    bool by_membership; /* coverage of divisions: a B inside, not within a distance */
    enum division_level across; /* with is_across: A and B in different ones */
    bool is_across;
    bool show_covered; /* coverage: the pairs are those that have a B, nearest first */
    uint32_t limit;    /* 0: all */
};

struct join_pair {
    struct query_hit row;    /* A: layer and feature only */
    struct query_hit *other; /* n_others; feature UINT32_MAX: none within reach */
    uint64_t *count;         /* n_others: how many within max_m (or inside); without
                                max_m: 1 or 0 */
    bool is_uncertain; /* positions are too coarse to be sure that it is (not) within */
};

struct join_answer {
    struct join_pair *pairs; /* join: nearest first; coverage: the gaps, farthest first;
                                chain: complete ones first */
    size_t n_pairs;
    size_t n_matched;  /* pairs before `limit` */
    uint64_t n_rows;   /* A that were asked */
    uint64_t n_within; /* A with a B (chain: with all) within reach */
    uint64_t n_unsure; /* of n_rows: the positions leave it open */
    uint64_t n_apart;  /* A and B too coarse, or without position, to take part */
};
/* A of the layer of divisions are measured from their outlines, where those are known,
 * and then are not too coarse. No row is its own B. Across divisions two A that are each
 * other's nearest B are one pair. In a chain `rows` without layers
 * and with an origin asks about that one place: pairs[0].row.layer is NULL.
 * By membership a gap is uncertain when a B is known only to lie in the city or
 * province around; the nearest B of a gap is told where the precisions allow it.
 * Errors: IM_EARG by name; IM_ESTOPPED; IM_ENOMEM; those of query_each. */
IM_CHECKED enum im_code analysis_join(const struct join_request *request,
                                      struct im_arena *arena,
                                      struct join_answer *out,
                                      struct cql_fault *fault,
                                      struct im_error *err);
IM_CHECKED enum im_code analysis_coverage(const struct join_request *request,
                                          struct im_arena *arena,
                                          struct join_answer *out,
                                          struct cql_fault *fault,
                                          struct im_error *err);
IM_CHECKED enum im_code analysis_chain(const struct join_request *request,
                                       struct im_arena *arena,
                                       struct join_answer *out,
                                       struct cql_fault *fault,
                                       struct im_error *err);

/* ---- flows: enclaves from origin to host ---- */

struct flows_request {
    const struct query_request *rows; /* a layer with origin_adcode and host_adcode */
    enum division_level level;        /* city or province */
    struct im_bytes origin;           /* adcode; "" any */
    struct im_bytes host;
    bool mutual;       /* only pairs with flows both ways */
    bool outside_only; /* leave out flows inside of one division */
};
struct flow {
    struct im_bytes origin; /* adcode */
    struct im_bytes host;
    struct schema_title origin_title;
    struct schema_title host_title;
    double origin_lonlat[2]; /* NaN unknown */
    double host_lonlat[2];
    uint64_t count;
    const uint32_t *features; /* of the layer, `count` of them */
};
struct flows_answer {
    struct flow *flows; /* largest first */
    size_t n_flows;
    uint64_t total;
    uint64_t n_unknown; /* rows without origin or host */
};
IM_CHECKED enum im_code analysis_flows(const struct flows_request *request,
                                       struct im_arena *arena,
                                       struct flows_answer *out,
                                       struct cql_fault *fault,
                                       struct im_error *err);

#endif
