/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions: names, limits, faults. */
#include "cql/ast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

static const char *const NAMES[] = {
    [CQL_AND] = "and",
    [CQL_OR] = "or",
    [CQL_NOT] = "not",
    [CQL_EQ] = "=",
    [CQL_NE] = "<>",
    [CQL_LT] = "<",
    [CQL_GT] = ">",
    [CQL_LE] = "<=",
    [CQL_GE] = ">=",
    [CQL_LIKE] = "like",
    [CQL_BETWEEN] = "between",
    [CQL_IN] = "in",
    [CQL_IS_NULL] = "isNull",
    [CQL_S_INTERSECTS] = "s_intersects",
    [CQL_S_EQUALS] = "s_equals",
    [CQL_S_DISJOINT] = "s_disjoint",
    [CQL_S_TOUCHES] = "s_touches",
    [CQL_S_WITHIN] = "s_within",
    [CQL_S_OVERLAPS] = "s_overlaps",
    [CQL_S_CROSSES] = "s_crosses",
    [CQL_S_CONTAINS] = "s_contains",
    [CQL_T_AFTER] = "t_after",
    [CQL_T_BEFORE] = "t_before",
    [CQL_T_CONTAINS] = "t_contains",
    [CQL_T_DISJOINT] = "t_disjoint",
    [CQL_T_DURING] = "t_during",
    [CQL_T_EQUALS] = "t_equals",
    [CQL_T_FINISHEDBY] = "t_finishedBy",
    [CQL_T_FINISHES] = "t_finishes",
    [CQL_T_INTERSECTS] = "t_intersects",
    [CQL_T_MEETS] = "t_meets",
    [CQL_T_METBY] = "t_metBy",
    [CQL_T_OVERLAPPEDBY] = "t_overlappedBy",
    [CQL_T_OVERLAPS] = "t_overlaps",
    [CQL_T_STARTEDBY] = "t_startedBy",
    [CQL_T_STARTS] = "t_starts",
    [CQL_A_EQUALS] = "a_equals",
    [CQL_A_CONTAINS] = "a_contains",
    [CQL_A_CONTAINEDBY] = "a_containedBy",
    [CQL_A_OVERLAPS] = "a_overlaps",
    [CQL_ADD] = "+",
    [CQL_SUB] = "-",
    [CQL_MUL] = "*",
    [CQL_DIV] = "/",
    [CQL_POW] = "^",
    [CQL_MOD] = "%",
    [CQL_INTDIV] = "div",
    [CQL_CASEI] = "casei",
    [CQL_ACCENTI] = "accenti",
    [CQL_FUNCTION] = NULL,
};

const char *cql_op_name(enum cql_op op)
{
    return NAMES[op];
}

static bool is_alike(struct im_bytes a, const char *b)
{
    if (a.len != strlen(b))
        return false;
    for (size_t i = 0; i < a.len; i++) {
        uint8_t x = a.data[i];
        uint8_t y = (uint8_t)b[i];

        if (x >= 'A' && x <= 'Z')
            x |= 32;
        if (y >= 'A' && y <= 'Z')
            y |= 32;
        if (x != y)
            return false;
    }
    return true;
}

enum cql_op cql_op_find(struct im_bytes name)
{
    for (int op = CQL_AND; op < CQL_FUNCTION; op++)
        if (is_alike(name, NAMES[op]))
            return (enum cql_op)op;
    return CQL_FUNCTION;
}

/* ---- faults ---- */

enum im_code cql_refuse(struct cql_fault *fault,
                        struct im_error *err,
                        enum im_code code,
                        struct cql_where where,
                        struct im_bytes value,
                        const char *zh,
                        const char *en,
                        const char *hint_zh,
                        const char *hint_en)
{
    char at[sizeof fault->path + 8] = "";
    char at_zh[sizeof fault->path + 32] = "";
    size_t cut;

    *fault = (struct cql_fault){.position = where.position};
    if (value.len)
        snprintf(fault->value, sizeof fault->value, "%.*s", (int)value.len, value.data);
    cut = im_utf8_cut(fault->value, 60);
    fault->value[cut] = '\0';
    if (where.path)
        snprintf(fault->path, sizeof fault->path, "%s", where.path);
    if (fault->path[0]) {
        snprintf(at, sizeof at, " at %s", fault->path);
        snprintf(at_zh, sizeof at_zh, "%s 处", fault->path);
    } else if (where.position) {
        snprintf(at, sizeof at, " at %zu", where.position);
        snprintf(at_zh, sizeof at_zh, "第 %zu 个字符处", where.position);
    }
    im_fail(err, code, "filter: %s%s%s%s%s%s%s", en, value.len ? " '" : "",
            fault->value, value.len ? "'" : "", at, hint_en ? "; " : "",
            hint_en ? hint_en : "");
    im_about(err, "filter");
    return im_zh(err, code, "筛选条件%s：%s%s%s%s%s%s", at_zh, zh, value.len ? "“" : "",
                 fault->value, value.len ? "”" : "", hint_zh ? "；" : "",
                 hint_zh ? hint_zh : "");
}

enum im_code cql_no_memory(struct im_error *err)
{
    im_fail(err, IM_ENOMEM, "filter: out of memory");
    return im_zh(err, IM_ENOMEM, "筛选条件：内存不足");
}

static void *no_memory(struct cql_reader *r)
{
    if (r->rc == IM_OK)
        r->rc = cql_no_memory(r->err);
    return NULL;
}

/* ---- nodes ---- */

struct cql_node *cql_new(struct cql_reader *r, enum cql_op op, struct cql_where where)
{
    struct cql_node *node;

    if (r->rc != IM_OK)
        return NULL;
    if (++r->n_nodes > CQL_MAX_NODES) {
        r->rc = cql_refuse(r->fault, r->err, IM_ELIMIT, where, (struct im_bytes){0},
                           "超过 20000 个节点", "more than 20000 parts", "请拆分或简化",
                           "please simplify it");
        return NULL;
    }
    node = im_arena_calloc(r->arena, 1, sizeof *node);
    if (!node)
        return no_memory(r);
    node->op = op;
    node->height = 1;
    node->position = where.position;
    node->path = where.path ? where.path : "";
    return node;
}

static struct cql_node *too_deep(struct cql_reader *r, struct cql_where where)
{
    r->rc = cql_refuse(r->fault, r->err, IM_ELIMIT, where, (struct im_bytes){0},
                       "嵌套超过 64 层", "nested deeper than 64 levels", "请简化",
                       "please simplify it");
    return NULL;
}

struct cql_node *cql_set_args(struct cql_reader *r,
                              struct cql_node *node,
                              const struct cql_node *const *args,
                              size_t n)
{
    const struct cql_node **copy;

    if (!node)
        return NULL;
    copy = im_arena_calloc(r->arena, n, sizeof(*copy));
    if (!copy)
        return no_memory(r);
    for (size_t i = 0; i < n; i++) {
        copy[i] = args[i];
        if (args[i]->height + 1 > node->height)
            node->height = args[i]->height + 1;
    }
    if (node->height > CQL_MAX_DEPTH)
        return too_deep(r, cql_where_of(node));
    node->args = copy;
    node->n_args = (uint32_t)n;
    return node;
}

struct cql_node *cql_set_flat_args(struct cql_reader *r,
                                   struct cql_node *node,
                                   const struct cql_node *const *args,
                                   size_t n)
{
    struct im_buf all = {.max = SIZE_MAX / 2};

    if (!node)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (args[i]->op == node->op)
            im_buf_append(&all, args[i]->args, args[i]->n_args * sizeof(*args));
        else
            im_buf_append(&all, &args[i], sizeof(*args));
    }
    if (all.failed)
        node = no_memory(r);
    else
        node = cql_set_args(r, node, (const struct cql_node *const *)(void *)all.data,
                            all.len / sizeof(*args));
    im_buf_release(&all);
    return node;
}

bool cql_set_text(struct cql_reader *r, struct cql_node *node, struct im_bytes text)
{
    utf8proc_uint8_t *composed = NULL;
    utf8proc_ssize_t len = 0;
    bool is_plain = true;
    char *copy;

    if (!node)
        return false;
    for (size_t i = 0; i < text.len; i++)
        is_plain &= text.data[i] < 0x80;
    if (!is_plain)
        len = utf8proc_map(text.data, (utf8proc_ssize_t)text.len, &composed,
                           UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (composed && len >= 0)
        text = (struct im_bytes){composed, (size_t)len};
    copy = im_arena_strdup(r->arena, text);
    if (copy)
        node->text = (struct im_bytes){(const uint8_t *)copy, text.len};
    else
        no_memory(r);
    free(composed);
    return copy != NULL;
}

void cql_set_number(struct cql_node *node, double number)
{
    node->number = number;
    node->is_integer = fabs(number) < 9007199254740992.0 && number == floor(number);
    node->integer = node->is_integer ? (int64_t)number : 0;
    if (node->is_integer)
        node->number = (double)node->integer; /* no negative zero */
}

bool cql_set_instant(struct cql_node *node, struct im_bytes text)
{
    enum cql_granularity what = cql_read_instant(text, &node->span);

    node->op = what == CQL_IS_DATE ? CQL_DATE : CQL_TIMESTAMP;
    return what != CQL_NO_INSTANT;
}

/* ---- doors ---- */

enum im_code cql_parse(struct im_bytes text,
                       enum cql_encoding encoding,
                       struct im_arena *arena,
                       const struct cql_node **out,
                       struct cql_fault *fault,
                       struct im_error *err)
{
    struct cql_fault unused;
    struct cql_reader r = {.arena = arena,
                           .err = err,
                           .fault = fault ? fault : &unused,
                           .budget = geom_budget_full()};

    *r.fault = (struct cql_fault){0};
    if (text.len > CQL_MAX_BYTES) {
        im_fail(err, IM_ELIMIT, "filter: %zu bytes, allowed are %d", text.len,
                CQL_MAX_BYTES);
        return im_zh(err, IM_ELIMIT, "筛选条件有 %zu 字节，至多 %d", text.len,
                     CQL_MAX_BYTES);
    }
    if (!im_utf8_valid(text) || (text.len && memchr(text.data, 0, text.len))) {
        im_fail(err, IM_EARG, "filter: not UTF-8");
        return im_zh(err, IM_EARG, "筛选条件不是 UTF-8");
    }
    return encoding == CQL_JSON ? cql_parse_json(&r, text, out)
                                : cql_parse_text(&r, text, out);
}

const struct cql_node *
cql_and(const struct cql_node *a, const struct cql_node *b, struct im_arena *arena)
{
    struct im_error err;
    struct cql_fault fault;
    struct cql_reader r = {.arena = arena, .err = &err, .fault = &fault};
    const struct cql_node *both[2] = {a, b};

    if (!a || !b)
        return a ? a : b;
    return cql_set_flat_args(&r, cql_new(&r, CQL_AND, cql_where_of(a)), both, 2);
}
