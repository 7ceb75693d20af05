/* SPDX-License-Identifier: Apache-2.0 */
/* CQL2 text (OGC 21-065r2, Annex B) by recursive descent. From weak to strong:
 *
 *   or        and { OR and }
 *   and       not { AND not }
 *   not       NOT not | predicate
 *   predicate sum [ (= <> < > <= >=) sum | [NOT] LIKE sum | [NOT] ILIKE sum
 *                 | [NOT] BETWEEN sum AND sum | [NOT] IN ( or , ... )
 *                 | IS [NOT] NULL ]
 *   sum       product { (+ -) product }
 *   product   power { (* / % DIV) power }
 *   power     primary [ ^ power ]
 *   primary   literal | property | name ( arguments ) | ( or ) | - power
 *
 * Types are none of its business: `a + b` may stand where a predicate is needed. */
#include "cql/parse_text.h"

typedef const struct cql_node *parse_fn(struct parser *p);
static const struct cql_node *parse_or(struct parser *p);

/* ---- lists of arguments while they are read ---- */

struct list {
    struct im_buf nodes;
};

static struct list list_of(void)
{
    return (struct list){{.max = SIZE_MAX / 2}};
}

static bool list_add(struct parser *p, struct list *list, const struct cql_node *node)
{
    if (!node)
        return false;
    im_buf_append(&list->nodes, &node, sizeof(node));
    if (list->nodes.failed && p->r->rc == IM_OK)
        p->r->rc = cql_no_memory(p->r->err);
    return !list->nodes.failed;
}

static const struct cql_node *
list_end(struct parser *p, struct list *list, enum cql_op op, struct cql_where where)
{
    const struct cql_node *const *nodes =
        (const struct cql_node *const *)(void *)list->nodes.data;
    size_t n = list->nodes.len / sizeof(*nodes);
    struct cql_node *node = NULL;

    if (p->r->rc == IM_OK) {
        node = cql_new(p->r, op, where);
        node = op == CQL_AND || op == CQL_OR ? cql_set_flat_args(p->r, node, nodes, n)
                                             : cql_set_args(p->r, node, nodes, n);
    }
    im_buf_release(&list->nodes);
    return node;
}

static const struct cql_node *negate(struct parser *p,
                                     bool is_not,
                                     struct cql_where where,
                                     const struct cql_node *node)
{
    return is_not ? cql_make(p, CQL_NOT, where, node, NULL) : node;
}

/* ---- arrays ---- */

static const struct cql_node *parse_array(struct parser *p);

/* In an array, brackets around one element make it an array: (('a'), ('b', 'c')). */
static const struct cql_node *parse_element(struct parser *p)
{
    struct cql_where where = p->token.where;
    const struct cql_node *node;
    bool is_bracket = cql_is_symbol(&p->token, "(");

    p->group = NULL;
    node = parse_or(p);
    if (node && is_bracket && node == p->group && node->op != CQL_ARRAY)
        return cql_make(p, CQL_ARRAY, where, node, NULL);
    return node;
}

static const struct cql_node *too_deep(struct parser *p)
{
    if (p->r->rc == IM_OK)
        p->r->rc =
            cql_refuse(p->r->fault, p->r->err, IM_ELIMIT, p->token.where,
                       (struct im_bytes){0}, "嵌套超过 64 层",
                       "nested deeper than 64 levels", "请简化", "please simplify it");
    return NULL;
}

/* ( a, b ) or [ a, b ], also empty; `first` is one that has been read already. */
static const struct cql_node *parse_rest_of_array(struct parser *p,
                                                  struct cql_where where,
                                                  const struct cql_node *first,
                                                  const char *close,
                                                  parse_fn *element)
{
    struct list list = list_of();
    bool good = !first || list_add(p, &list, first);

    if (good && (first || !cql_is_symbol(&p->token, close)))
        do {
            if (first) {
                first = NULL;
                continue;
            }
            good = list_add(p, &list, element(p));
        } while (good && cql_take_symbol(p, ","));
    if (good)
        good = cql_need_symbol(p, close, "应为 , 或数组的结尾",
                               "expected ',' or the end of the array");
    if (!good) {
        im_buf_release(&list.nodes);
        return NULL;
    }
    return list_end(p, &list, CQL_ARRAY, where);
}

static const struct cql_node *parse_list(struct parser *p, parse_fn *element)
{
    struct cql_where where = p->token.where;
    const char *close = cql_is_symbol(&p->token, "[") ? "]" : ")";
    const struct cql_node *node;

    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    cql_advance(p);
    node = parse_rest_of_array(p, where, NULL, close, element);
    p->depth--;
    return node;
}

static const struct cql_node *parse_array(struct parser *p)
{
    return parse_list(p, parse_element);
}

/* ( expression ), or an array when a comma or nothing follows. */
static const struct cql_node *parse_group(struct parser *p)
{
    struct cql_where where = p->token.where;
    const struct cql_node *node;

    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    cql_advance(p);
    if (cql_is_symbol(&p->token, ")")) {
        node = parse_rest_of_array(p, where, NULL, ")", parse_element);
    } else {
        struct cql_where element = p->token.where;
        bool is_bracket = cql_is_symbol(&p->token, "(");

        p->group = NULL;
        node = parse_or(p);
        if (node && cql_is_symbol(&p->token, ",")) {
            if (is_bracket && node == p->group && node->op != CQL_ARRAY)
                node = cql_make(p, CQL_ARRAY, element, node, NULL);
            if (node)
                node = parse_rest_of_array(p, where, node, ")", parse_element);
        } else if (node && !cql_need_close(p)) {
            node = NULL;
        }
    }
    p->depth--;
    p->group = node;
    return node;
}

/* ---- operands ---- */

static const struct cql_node *parse_argument(struct parser *p, enum cql_op op)
{
    /* A_CONTAINS(a, ('x')): one element in brackets is an array here */
    if (cql_op_is_array(op) &&
        (cql_is_symbol(&p->token, "(") || cql_is_symbol(&p->token, "[")))
        return parse_array(p);
    return parse_or(p);
}

static unsigned arity(enum cql_op op)
{
    return op == CQL_CASEI || op == CQL_ACCENTI ? 1 : 2;
}

static bool is_callable(enum cql_op op)
{
    return cql_op_is_spatial(op) || cql_op_is_temporal(op) || cql_op_is_array(op) ||
           op == CQL_CASEI || op == CQL_ACCENTI || op == CQL_FUNCTION;
}

static const struct cql_node *
finish_call(struct parser *p, enum cql_op op, struct token name, struct list *args)
{
    size_t n = args->nodes.len / sizeof(struct cql_node *);
    struct cql_node *node;

    if (op != CQL_FUNCTION && n != arity(op)) {
        p->token = name;
        cql_refuse_token(p, arity(op) == 1 ? "需要一个参数" : "需要两个参数",
                         arity(op) == 1 ? "takes one argument" : "takes two arguments");
        im_buf_release(&args->nodes);
        return NULL;
    }
    node = cql_new(p->r, op, name.where);
    if (node && (op != CQL_FUNCTION || cql_set_text(p->r, node, name.text)))
        node = cql_set_args(
            p->r, node, (const struct cql_node *const *)(void *)args->nodes.data, n);
    im_buf_release(&args->nodes);
    return p->r->rc == IM_OK ? node : NULL;
}

static const struct cql_node *parse_call(struct parser *p)
{
    struct token name = p->token;
    enum cql_op op = cql_op_find(name.text);
    struct list args = list_of();
    bool good = true;

    if (!is_callable(op))
        op = CQL_FUNCTION;
    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    cql_advance(p); /* the name */
    cql_advance(p); /* ( */
    if (!cql_is_symbol(&p->token, ")"))
        do
            good = list_add(p, &args, parse_argument(p, op));
        while (good && cql_take_symbol(p, ","));
    p->depth--;
    if (!good || !cql_need_close(p)) {
        im_buf_release(&args.nodes);
        return NULL;
    }
    return finish_call(p, op, name, &args);
}

static const struct cql_node *parse_name(struct parser *p)
{
    bool is_call = cql_is_open_next(p);

    if (cql_is_word(&p->token, "TRUE") || cql_is_word(&p->token, "FALSE"))
        return cql_parse_truth(p, cql_is_word(&p->token, "TRUE"));
    if (is_call && cql_is_word(&p->token, "DATE"))
        return cql_parse_tagged_instant(p, CQL_DATE);
    if (is_call && cql_is_word(&p->token, "TIMESTAMP"))
        return cql_parse_tagged_instant(p, CQL_TIMESTAMP);
    if (is_call && cql_is_word(&p->token, "INTERVAL"))
        return cql_parse_interval(p);
    if (is_call &&
        (cql_is_word(&p->token, "BBOX") || cql_is_word(&p->token, "ENVELOPE")))
        return cql_parse_bbox(p);
    if (cql_is_geometry(p))
        return cql_parse_geometry(p);
    if (cql_is_reserved(&p->token)) {
        cql_refuse_token(p, "应为值或属性", "expected a value or property");
        return NULL;
    }
    return is_call ? parse_call(p) : cql_parse_property(p);
}

static const struct cql_node *parse_power(struct parser *p);

/* -x is -1 * x; a sign right before digits belongs to the number. */
static const struct cql_node *parse_minus(struct parser *p)
{
    struct cql_where where = p->token.where;
    struct cql_node *minus;
    const struct cql_node *operand;

    if (cql_is_digit(cql_byte_at(p, p->pos)) || cql_byte_at(p, p->pos) == '.') {
        cql_advance(p);
        return cql_parse_number(p, true, where);
    }
    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    cql_advance(p);
    operand = parse_power(p);
    p->depth--;
    minus = cql_new(p->r, CQL_NUMBER, where);
    if (!operand || !minus)
        return NULL;
    cql_set_number(minus, -1);
    return cql_make(p, CQL_MUL, where, minus, operand);
}

static const struct cql_node *parse_primary(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_STRING:
        return cql_parse_string(p, CQL_STRING);
    case TOKEN_QUOTED:
        return cql_parse_string(p, CQL_PROPERTY);
    case TOKEN_NUMBER:
        return cql_parse_number(p, false, p->token.where);
    case TOKEN_NAME:
        return parse_name(p);
    case TOKEN_SYMBOL:
        if (cql_is_symbol(&p->token, "("))
            return parse_group(p);
        if (cql_is_symbol(&p->token, "["))
            return parse_array(p);
        if (cql_is_symbol(&p->token, "-"))
            return parse_minus(p);
        if (cql_take_symbol(p, "+"))
            return parse_primary(p);
        break;
    case TOKEN_END:
        cql_refuse_token(p, "应为值或属性", "expected a value or property");
        return NULL;
    case TOKEN_BROKEN:
        return NULL;
    }
    cql_refuse_token(p, "应为值或属性", "expected a value or property");
    return NULL;
}

static const struct cql_node *parse_power(struct parser *p)
{
    const struct cql_node *base = parse_primary(p);
    struct cql_where where = p->token.where;
    const struct cql_node *exponent;

    if (!base || !cql_is_symbol(&p->token, "^"))
        return base;
    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    cql_advance(p);
    exponent = parse_power(p); /* to the right */
    p->depth--;
    return exponent ? cql_make(p, CQL_POW, where, base, exponent) : NULL;
}

static bool take_factor_op(struct parser *p, enum cql_op *op)
{
    *op = CQL_INTDIV;
    if (cql_take_word(p, "DIV"))
        return true;
    *op = cql_is_symbol(&p->token, "*")   ? CQL_MUL
          : cql_is_symbol(&p->token, "/") ? CQL_DIV
                                          : CQL_MOD;
    return cql_take_symbol(p, cql_op_name(*op));
}

static const struct cql_node *parse_product(struct parser *p)
{
    const struct cql_node *left = parse_power(p);
    struct cql_where where = p->token.where;
    enum cql_op op;

    while (left && take_factor_op(p, &op)) {
        const struct cql_node *right = parse_power(p);

        left = right ? cql_make(p, op, where, left, right) : NULL;
        where = p->token.where;
    }
    return left;
}

const struct cql_node *cql_parse_sum(struct parser *p)
{
    const struct cql_node *left = parse_product(p);

    while (left && (cql_is_symbol(&p->token, "+") || cql_is_symbol(&p->token, "-"))) {
        enum cql_op op = cql_is_symbol(&p->token, "+") ? CQL_ADD : CQL_SUB;
        struct cql_where where = p->token.where;
        const struct cql_node *right;

        cql_advance(p);
        right = parse_product(p);
        left = right ? cql_make(p, op, where, left, right) : NULL;
    }
    return left;
}

/* ---- predicates ---- */

static const struct cql_node *
parse_like(struct parser *p, const struct cql_node *left, struct cql_where where)
{
    bool any_case = cql_is_word(&p->token, "ILIKE");
    const struct cql_node *pattern;

    cql_advance(p);
    pattern = cql_parse_sum(p);
    if (any_case && pattern) {
        left = cql_make(p, CQL_CASEI, where, left, NULL);
        pattern = cql_make(p, CQL_CASEI, where, pattern, NULL);
    }
    return pattern ? cql_make(p, CQL_LIKE, where, left, pattern) : NULL;
}

static const struct cql_node *
parse_between(struct parser *p, const struct cql_node *left, struct cql_where where)
{
    const struct cql_node *args[3] = {left, NULL, NULL};

    cql_advance(p);
    args[1] = cql_parse_sum(p);
    if (!args[1])
        return NULL;
    if (!cql_take_word(p, "AND")) {
        cql_refuse_token(p, "BETWEEN 需要 AND", "BETWEEN needs AND");
        return NULL;
    }
    args[2] = cql_parse_sum(p);
    return args[2] ? cql_set_args(p->r, cql_new(p->r, CQL_BETWEEN, where), args, 3)
                   : NULL;
}

static const struct cql_node *
parse_in(struct parser *p, const struct cql_node *left, struct cql_where where)
{
    const struct cql_node *list;

    cql_advance(p);
    if (!cql_is_symbol(&p->token, "(")) {
        cql_need_open(p);
        return NULL;
    }
    list = parse_list(p, parse_or);
    return list ? cql_make(p, CQL_IN, where, left, list) : NULL;
}

static const struct cql_node *
parse_is_null(struct parser *p, const struct cql_node *left, struct cql_where where)
{
    bool is_not;

    cql_advance(p);
    is_not = cql_take_word(p, "NOT");
    if (!cql_take_word(p, "NULL")) {
        cql_refuse_token(p, "IS 之后应为 NULL 或 NOT NULL",
                         "IS needs NULL or NOT NULL");
        return NULL;
    }
    return negate(p, is_not, where, cql_make(p, CQL_IS_NULL, where, left, NULL));
}

static bool comparison_of(const struct token *token, enum cql_op *op)
{
    *op = CQL_NE;
    if (cql_is_symbol(token, "!="))
        return true;
    *op = token->kind == TOKEN_SYMBOL ? cql_op_find(token->text) : CQL_FUNCTION;
    return cql_op_is_comparison(*op);
}

static const struct cql_node *parse_predicate(struct parser *p)
{
    const struct cql_node *left = cql_parse_sum(p);
    struct cql_where where = p->token.where;
    const struct cql_node *node;
    enum cql_op op;
    bool is_not;

    if (!left)
        return NULL;
    if (comparison_of(&p->token, &op)) {
        cql_advance(p);
        node = cql_parse_sum(p);
        return node ? cql_make(p, op, where, left, node) : NULL;
    }
    if (cql_is_word(&p->token, "IS"))
        return parse_is_null(p, left, where);
    is_not = cql_take_word(p, "NOT");
    if (cql_is_word(&p->token, "LIKE") || cql_is_word(&p->token, "ILIKE"))
        node = parse_like(p, left, where);
    else if (cql_is_word(&p->token, "BETWEEN"))
        node = parse_between(p, left, where);
    else if (cql_is_word(&p->token, "IN"))
        node = parse_in(p, left, where);
    else if (is_not) {
        cql_refuse_token(p, "NOT 之后应为 LIKE、BETWEEN 或 IN",
                         "NOT needs LIKE, BETWEEN or IN");
        node = NULL;
    } else
        node = left;
    return node ? negate(p, is_not, where, node) : NULL;
}

static const struct cql_node *parse_not(struct parser *p)
{
    struct cql_where where = p->token.where;
    const struct cql_node *node;

    if (!cql_is_word(&p->token, "NOT"))
        return parse_predicate(p);
    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    cql_advance(p);
    node = parse_not(p);
    p->depth--;
    return node ? cql_make(p, CQL_NOT, where, node, NULL) : NULL;
}

static const struct cql_node *
parse_chain(struct parser *p, const char *word, enum cql_op op, parse_fn *one)
{
    struct cql_where where = p->token.where;
    const struct cql_node *first = one(p);
    struct list list = list_of();
    bool good;

    if (!first || !cql_is_word(&p->token, word))
        return first;
    good = list_add(p, &list, first);
    while (good && cql_take_word(p, word))
        good = list_add(p, &list, one(p));
    if (good)
        return list_end(p, &list, op, where);
    im_buf_release(&list.nodes);
    return NULL;
}

static const struct cql_node *parse_and(struct parser *p)
{
    return parse_chain(p, "AND", CQL_AND, parse_not);
}

static const struct cql_node *parse_or(struct parser *p)
{
    return parse_chain(p, "OR", CQL_OR, parse_and);
}

enum im_code
cql_parse_text(struct cql_reader *r, struct im_bytes text, const struct cql_node **out)
{
    struct parser p = {.r = r, .text = text};
    const struct cql_node *node;

    cql_advance(&p);
    node = parse_or(&p);
    if (node && p.token.kind != TOKEN_END)
        cql_refuse_token(&p, "多余的内容", "something follows the expression:");
    if (r->rc == IM_OK && !node)
        r->rc = cql_no_memory(r->err);
    if (r->rc == IM_OK)
        *out = node;
    return r->rc;
}
