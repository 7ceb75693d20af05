/* SPDX-License-Identifier: Apache-2.0 */
/* The fifteen temporal relations (OGC 21-065r2, 7.7; Allen 1983). */
#include "cql/program.h"

int cql_compare_spans(struct cql_span a, struct cql_span b)
{
    return a.to < b.from ? -1 : a.from > b.to ? 1 : 0;
}

static bool holds(enum cql_op op, const struct cql_value *a, const struct cql_value *b)
{
    int starts = cql_compare_spans(a->start, b->start);
    int ends = cql_compare_spans(a->end, b->end);
    int start_end = cql_compare_spans(a->start, b->end);
    int end_start = cql_compare_spans(a->end, b->start);

    switch (op) {
    case CQL_T_AFTER:
        return start_end > 0;
    case CQL_T_BEFORE:
        return end_start < 0;
    case CQL_T_CONTAINS:
        return starts < 0 && ends > 0;
    case CQL_T_DISJOINT:
        return start_end > 0 || end_start < 0;
    case CQL_T_DURING:
        return starts > 0 && ends < 0;
    case CQL_T_EQUALS:
        return starts == 0 && ends == 0;
    case CQL_T_FINISHEDBY:
        return starts < 0 && ends == 0;
    case CQL_T_FINISHES:
        return starts > 0 && ends == 0;
    case CQL_T_INTERSECTS:
        return start_end <= 0 && end_start >= 0;
    case CQL_T_MEETS:
        return end_start == 0;
    case CQL_T_METBY:
        return start_end == 0;
    case CQL_T_OVERLAPPEDBY:
        return starts > 0 && start_end < 0 && ends > 0;
    case CQL_T_OVERLAPS:
        return starts < 0 && end_start > 0 && ends < 0;
    case CQL_T_STARTEDBY:
        return starts == 0 && ends > 0;
    default: /* CQL_T_STARTS */
        return starts == 0 && ends < 0;
    }
}

enum cql_truth
cql_relate_time(enum cql_op op, const struct cql_value *a, const struct cql_value *b)
{
    if (a->is_null || b->is_null)
        return CQL_UNKNOWN;
    return holds(op, a, b) ? CQL_YES : CQL_NO;
}
