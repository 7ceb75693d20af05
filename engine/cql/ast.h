/* SPDX-License-Identifier: Apache-2.0 */
/* An expression of CQL2 (OGC 21-065r2) as it was written, of no layer yet. */
#ifndef ENGINE_CQL_AST_H
#define ENGINE_CQL_AST_H

#include <engine/cql.h>

#include "geom/read.h"

enum cql_op {
    /* literals and references: no argument but those of intervals and arrays */
    CQL_STRING,
    CQL_NUMBER,
    CQL_BOOLEAN,
    CQL_DATE,
    CQL_TIMESTAMP,
    CQL_UNBOUNDED, /* '..' of an interval */
    CQL_INTERVAL,
    CQL_GEOMETRY,
    CQL_BBOX,
    CQL_ARRAY,
    CQL_PROPERTY,
    /* what has a name and arguments: cql_op_name */
    CQL_AND,
    CQL_OR,
    CQL_NOT,
    CQL_EQ,
    CQL_NE,
    CQL_LT,
    CQL_GT,
    CQL_LE,
    CQL_GE,
    CQL_LIKE,
    CQL_BETWEEN,
    CQL_IN, /* the second argument is an array */
    CQL_IS_NULL,
    CQL_S_INTERSECTS,
    CQL_S_EQUALS,
    CQL_S_DISJOINT,
    CQL_S_TOUCHES,
    CQL_S_WITHIN,
    CQL_S_OVERLAPS,
    CQL_S_CROSSES,
    CQL_S_CONTAINS,
    CQL_T_AFTER,
    CQL_T_BEFORE,
    CQL_T_CONTAINS,
    CQL_T_DISJOINT,
    CQL_T_DURING,
    CQL_T_EQUALS,
    CQL_T_FINISHEDBY,
    CQL_T_FINISHES,
    CQL_T_INTERSECTS,
    CQL_T_MEETS,
    CQL_T_METBY,
    CQL_T_OVERLAPPEDBY,
    CQL_T_OVERLAPS,
    CQL_T_STARTEDBY,
    CQL_T_STARTS,
    CQL_A_EQUALS,
    CQL_A_CONTAINS,
    CQL_A_CONTAINEDBY,
    CQL_A_OVERLAPS,
    CQL_ADD,
    CQL_SUB,
    CQL_MUL,
    CQL_DIV,
    CQL_POW,
    CQL_MOD,
    CQL_INTDIV,
    CQL_CASEI,
    CQL_ACCENTI,
    CQL_FUNCTION
};

/** Microseconds since 1970 UTC, both ends belong: a timestamp is one of them, a date
 *  all of its day. */
struct cql_span {
    int64_t from;
    int64_t to;
};

struct cql_node {
    enum cql_op op;
    unsigned height; /* of the tree below, itself included */
    uint32_t n_args;
    const struct cql_node *const *args;
    struct im_bytes text; /* string; name of a property or function */
    double number;
    int64_t integer; /* the number exactly, where it is one */
    bool is_integer;
    bool truth;
    struct cql_span span;   /* date, timestamp */
    struct geom_item *item; /* geometry */
    double bbox[6];
    unsigned n_bbox;  /* 4 or 6 */
    size_t position;  /* in characters from 1; 0 unknown */
    const char *path; /* of JSON; "" for text */
};

/** Name in JSON ("s_intersects", "t_finishedBy", "<="); NULL for literals and for
 *  functions. */
const char *cql_op_name(enum cql_op op);
/** By name in any case; functions that are not of the standard: CQL_FUNCTION. */
enum cql_op cql_op_find(struct im_bytes name);
static inline bool
cql_op_is_between(enum cql_op op, enum cql_op first, enum cql_op last)
{
    return op >= first && op <= last;
}
static inline bool cql_op_is_spatial(enum cql_op op)
{
    return cql_op_is_between(op, CQL_S_INTERSECTS, CQL_S_CONTAINS);
}
static inline bool cql_op_is_temporal(enum cql_op op)
{
    return cql_op_is_between(op, CQL_T_AFTER, CQL_T_STARTS);
}
static inline bool cql_op_is_array(enum cql_op op)
{
    return cql_op_is_between(op, CQL_A_EQUALS, CQL_A_OVERLAPS);
}
static inline bool cql_op_is_arithmetic(enum cql_op op)
{
    return cql_op_is_between(op, CQL_ADD, CQL_INTDIV);
}
static inline bool cql_op_is_comparison(enum cql_op op)
{
    return cql_op_is_between(op, CQL_EQ, CQL_GE);
}
/** Does it stand between its arguments or behind them, so that it needs brackets? */
static inline bool cql_op_is_predicate(enum cql_op op)
{
    return cql_op_is_between(op, CQL_AND, CQL_IS_NULL);
}

/** What both readers share: the arena, the count of nodes, the first fault. */
struct cql_reader {
    struct im_arena *arena;
    struct im_error *err;
    struct cql_fault *fault; /* never NULL */
    enum im_code rc;
    size_t n_nodes;
    struct geom_budget budget; /* of all geometries together */
};

/** Where something stands. */
struct cql_where {
    size_t position;
    const char *path;
};
static inline struct cql_where cql_where_of(const struct cql_node *node)
{
    return (struct cql_where){node->position, node->path};
}

/**
 * Say what is wrong: "WHAT 'value' at 14; HINT". `value` may be empty, the hints may
 * be NULL. Returns `code`.
 */
enum im_code cql_refuse(struct cql_fault *fault,
                        struct im_error *err,
                        enum im_code code,
                        struct cql_where where,
                        struct im_bytes value,
                        const char *zh,
                        const char *en,
                        const char *hint_zh,
                        const char *hint_en);
enum im_code cql_no_memory(struct im_error *err);

/** A node without arguments; NULL (and r->rc) over a limit or without memory. */
struct cql_node *cql_new(struct cql_reader *r, enum cql_op op, struct cql_where where);
/** Give a node its arguments, which are copied. NULL over the depth. */
struct cql_node *cql_set_args(struct cql_reader *r,
                              struct cql_node *node,
                              const struct cql_node *const *args,
                              size_t n);
/** AND and OR of what is below, in one level. */
struct cql_node *cql_set_flat_args(struct cql_reader *r,
                                   struct cql_node *node,
                                   const struct cql_node *const *args,
                                   size_t n);
/** Texts of a node: copied, NFC (Unicode 15.1, 3.11). False: r->rc. */
bool cql_set_text(struct cql_reader *r, struct cql_node *node, struct im_bytes text);
void cql_set_number(struct cql_node *node, double number);
/** A date or timestamp literal; false when it is neither. */
bool cql_set_instant(struct cql_node *node, struct im_bytes text);

IM_CHECKED enum im_code
cql_parse_text(struct cql_reader *r, struct im_bytes text, const struct cql_node **out);
IM_CHECKED enum im_code
cql_parse_json(struct cql_reader *r, struct im_bytes text, const struct cql_node **out);

/** Can text have a function of this name: an identifier that means nothing else? */
bool cql_is_function_name(struct im_bytes name);

/* ---- time ---- */

enum cql_granularity { CQL_NO_INSTANT, CQL_IS_DATE, CQL_IS_TIMESTAMP };
#define CQL_DAY_US INT64_C(86400000000)
/** RFC 3339 full-date or date-time; a time without zone is UTC. */
enum cql_granularity cql_read_instant(struct im_bytes text, struct cql_span *out);
/** All days of a year 0..9999. */
struct cql_span cql_year_span(int64_t year);
int64_t cql_year_of(int64_t us);
/** "2022-04-16" or "2022-04-16T10:13:19.5Z". */
void cql_write_instant(enum cql_granularity what, int64_t us, struct im_buf *out);

#endif
