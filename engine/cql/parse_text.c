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
#include "cql/ast.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,   /* identifier or keyword */
    TOKEN_QUOTED, /* "identifier" */
    TOKEN_STRING, /* 'text' */
    TOKEN_NUMBER,
    TOKEN_SYMBOL, /* one of <= >= <> != and single characters */
    TOKEN_BROKEN
};

struct token {
    enum token_kind kind;
    struct im_bytes text; /* as written, with quotes */
    struct cql_where where;
};

struct parser {
    struct cql_reader *r;
    struct im_bytes text;
    size_t pos;        /* behind the token */
    size_t counted;    /* characters are counted up to here ... */
    size_t characters; /* ... and are that many */
    struct token token;
    unsigned depth;
    const struct cql_node *group; /* the newest expression in brackets of its own */
};

/* ---- tokens ---- */

static bool is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_within(uint32_t c, const uint32_t (*ranges)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

/* The grammar's identifierStart */
static bool starts_name(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {':', ':'},       {'_', '_'},       {'A', 'Z'},       {'a', 'z'},
        {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},
        {0x37F, 0x1FFE},  {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
        {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF}};

    return is_within(c, ranges, sizeof ranges / sizeof *ranges);
}

static bool continues_name(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {'.', '.'}, {'0', '9'}, {0x300, 0x36F}, {0x203F, 0x2040}};

    return starts_name(c) || is_within(c, ranges, sizeof ranges / sizeof *ranges);
}

static int byte_at(const struct parser *p, size_t at)
{
    return at < p->text.len ? p->text.data[at] : -1;
}

static size_t end_of_name(const struct parser *p, size_t at)
{
    while (at < p->text.len) {
        size_t next = at;

        if (!continues_name(im_utf8_next(p->text, &next)))
            break;
        at = next;
    }
    return at;
}

static size_t end_of_number(const struct parser *p, size_t at)
{
    while (is_digit(byte_at(p, at)))
        at++;
    if (byte_at(p, at) == '.')
        at++;
    while (is_digit(byte_at(p, at)))
        at++;
    if ((byte_at(p, at) | 32) == 'e') {
        size_t sign = byte_at(p, at + 1) == '+' || byte_at(p, at + 1) == '-';

        if (!is_digit(byte_at(p, at + 1 + sign)))
            return at;
        at += 1 + sign;
        while (is_digit(byte_at(p, at)))
            at++;
    }
    return at;
}

/* Behind the closing quote; 0 when there is none. A doubled quote is one of the text.
 */
static size_t end_of_quotes(const struct parser *p, size_t at)
{
    int quote = byte_at(p, at);

    for (at++; at < p->text.len; at++) {
        if (byte_at(p, at) != quote)
            continue;
        if (byte_at(p, at + 1) != quote)
            return at + 1;
        at++;
    }
    return 0;
}

static size_t end_of_symbol(const struct parser *p, size_t at)
{
    int a = byte_at(p, at);
    int b = byte_at(p, at + 1);

    return at + ((a == '<' && (b == '=' || b == '>')) || (a == '>' && b == '=') ||
                         (a == '!' && b == '=')
                     ? 2
                     : 1);
}

static struct cql_where where_is(struct parser *p, size_t at)
{
    while (p->counted < at) {
        im_utf8_next(p->text, &p->counted);
        p->characters++;
    }
    return (struct cql_where){p->characters + 1, ""};
}

static enum token_kind scan(struct parser *p, size_t at, size_t *end)
{
    int c = byte_at(p, at);
    size_t next = at;

    *end = at;
    if (c < 0)
        return TOKEN_END;
    if (is_digit(c) || (c == '.' && is_digit(byte_at(p, at + 1)))) {
        *end = end_of_number(p, at);
        return TOKEN_NUMBER;
    }
    if (c == '\'' || c == '"') {
        *end = end_of_quotes(p, at);
        return *end == 0 ? TOKEN_BROKEN : c == '"' ? TOKEN_QUOTED : TOKEN_STRING;
    }
    if (starts_name(im_utf8_next(p->text, &next))) {
        *end = end_of_name(p, at);
        return TOKEN_NAME;
    }
    if (strchr("()[],<>=!+-*/%^", c)) {
        *end = end_of_symbol(p, at);
        return TOKEN_SYMBOL;
    }
    *end = next;
    return TOKEN_BROKEN;
}

static bool refuse(struct parser *p, const char *zh, const char *en)
{
    bool is_end = p->token.kind == TOKEN_END;

    if (p->r->rc == IM_OK)
        p->r->rc = cql_refuse(p->r->fault, p->r->err, IM_EARG, p->token.where,
                              p->token.text, zh, en, is_end ? "条件到此结束" : NULL,
                              is_end ? "the filter ends there" : NULL);
    return false;
}

static void advance(struct parser *p)
{
    size_t at = p->pos;
    size_t end;

    while (is_space(byte_at(p, at)))
        at++;
    p->token.kind = scan(p, at, &end);
    p->token.where = where_is(p, at);
    p->token.text = (struct im_bytes){p->text.data + at, end > at ? end - at : 0};
    p->pos = end > at ? end : at;
    if (p->token.kind == TOKEN_BROKEN && end > at)
        refuse(p, "不认识的字符", "unknown character");
    else if (p->token.kind == TOKEN_BROKEN)
        refuse(p, "引号没有闭合", "a quote is not closed");
}

static bool is_word(const struct token *token, const char *word)
{
    if (token->kind != TOKEN_NAME || token->text.len != strlen(word))
        return false;
    for (size_t i = 0; word[i]; i++)
        if ((token->text.data[i] & ~32) != word[i])
            return false;
    return true;
}

static bool is_symbol(const struct token *token, const char *symbol)
{
    return token->kind == TOKEN_SYMBOL &&
           im_bytes_equal(token->text, im_bytes_of(symbol));
}

static bool take_word(struct parser *p, const char *word)
{
    if (!is_word(&p->token, word))
        return false;
    advance(p);
    return true;
}

static bool take_symbol(struct parser *p, const char *symbol)
{
    if (!is_symbol(&p->token, symbol))
        return false;
    advance(p);
    return true;
}

static bool
need_symbol(struct parser *p, const char *symbol, const char *zh, const char *en)
{
    return take_symbol(p, symbol) || refuse(p, zh, en);
}

static bool need_close(struct parser *p)
{
    return need_symbol(p, ")", "应为 , 或 )，括号没有闭合",
                       "expected ',' or ')' to close the bracket");
}

static bool need_open(struct parser *p)
{
    return need_symbol(p, "(", "应为 (", "expected '('");
}

static bool is_open_next(const struct parser *p)
{
    size_t at = p->pos;

    while (is_space(byte_at(p, at)))
        at++;
    return byte_at(p, at) == '(';
}

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

static const struct cql_node *make(struct parser *p,
                                   enum cql_op op,
                                   struct cql_where where,
                                   const struct cql_node *a,
                                   const struct cql_node *b)
{
    const struct cql_node *both[2] = {a, b};

    if (!a || p->r->rc != IM_OK)
        return NULL;
    return cql_set_args(p->r, cql_new(p->r, op, where), both, b ? 2 : 1);
}

static const struct cql_node *negate(struct parser *p,
                                     bool is_not,
                                     struct cql_where where,
                                     const struct cql_node *node)
{
    return is_not ? make(p, CQL_NOT, where, node, NULL) : node;
}

/* ---- literals ---- */

typedef const struct cql_node *parse_fn(struct parser *p);
static const struct cql_node *parse_or(struct parser *p);
static const struct cql_node *parse_sum(struct parser *p);

/* The text between quotes, doubled ones halved. */
static bool unquote(struct parser *p, struct cql_node *node)
{
    struct im_bytes raw = p->token.text;
    struct im_buf text = {.max = CQL_MAX_BYTES};
    bool good;

    for (size_t i = 1; i + 1 < raw.len; i++) {
        im_buf_byte(&text, raw.data[i]);
        if (raw.data[i] == raw.data[0])
            i++;
    }
    if (text.failed && p->r->rc == IM_OK)
        p->r->rc = cql_no_memory(p->r->err);
    good = p->r->rc == IM_OK && cql_set_text(p->r, node, im_buf_bytes(&text));
    im_buf_release(&text);
    if (good)
        advance(p);
    return good;
}

static const struct cql_node *parse_string(struct parser *p, enum cql_op op)
{
    struct cql_node *node = cql_new(p->r, op, p->token.where);

    return node && unquote(p, node) ? node : NULL;
}

static const struct cql_node *parse_property(struct parser *p)
{
    struct cql_node *node = cql_new(p->r, CQL_PROPERTY, p->token.where);

    if (!node || !cql_set_text(p->r, node, p->token.text))
        return NULL;
    advance(p);
    return node;
}

static const struct cql_node *
parse_number(struct parser *p, bool is_negative, struct cql_where where)
{
    struct cql_node *node = cql_new(p->r, CQL_NUMBER, where);
    double value;

    if (!node)
        return NULL;
    if (!im_parse_double(p->token.text, &value)) {
        refuse(p, "不是可用的数", "not a number that can be used");
        return NULL;
    }
    cql_set_number(node, is_negative ? -value : value);
    /* beyond 2^53 a double is not exact, an integer is */
    if (im_parse_int64(p->token.text, &node->integer)) {
        node->is_integer = true;
        node->integer = is_negative ? -node->integer : node->integer;
    }
    advance(p);
    return node;
}

static const struct cql_node *parse_truth(struct parser *p, bool truth)
{
    struct cql_node *node = cql_new(p->r, CQL_BOOLEAN, p->token.where);

    if (node)
        node->truth = truth;
    advance(p);
    return node;
}

/* A quoted date or time, or '..' where an interval may be open. */
static const struct cql_node *parse_instant(struct parser *p, bool may_be_open)
{
    struct cql_node *node = cql_new(p->r, CQL_DATE, p->token.where);
    struct im_bytes raw = p->token.text;
    struct im_bytes text = {raw.data + 1, raw.len > 1 ? raw.len - 2 : 0};

    if (!node)
        return NULL;
    if (p->token.kind == TOKEN_STRING && may_be_open &&
        im_bytes_equal(text, im_bytes_of("..")))
        node->op = CQL_UNBOUNDED;
    else if (p->token.kind != TOKEN_STRING || !cql_set_instant(node, text)) {
        refuse(p, "应为 'YYYY-MM-DD' 或 'YYYY-MM-DDThh:mm:ssZ'",
               "expected 'YYYY-MM-DD' or 'YYYY-MM-DDThh:mm:ssZ'");
        return NULL;
    }
    advance(p);
    return node;
}

/* DATE('...'), TIMESTAMP('...') */
static const struct cql_node *parse_tagged_instant(struct parser *p, enum cql_op op)
{
    struct token literal;
    const struct cql_node *node;

    advance(p);
    if (!need_open(p))
        return NULL;
    literal = p->token;
    node = parse_instant(p, false);
    if (node && node->op != op) {
        p->token = literal;
        refuse(p,
               op == CQL_DATE ? "DATE 应为 'YYYY-MM-DD'"
                              : "TIMESTAMP 应为 'YYYY-MM-DDThh:mm:ssZ'",
               op == CQL_DATE ? "DATE takes 'YYYY-MM-DD'"
                              : "TIMESTAMP takes 'YYYY-MM-DDThh:mm:ssZ'");
        return NULL;
    }
    return node && need_close(p) ? node : NULL;
}

static const struct cql_node *parse_interval_end(struct parser *p)
{
    return p->token.kind == TOKEN_STRING ? parse_instant(p, true) : parse_sum(p);
}

static const struct cql_node *parse_interval(struct parser *p)
{
    struct cql_where where = p->token.where;
    const struct cql_node *from;
    const struct cql_node *to;

    advance(p);
    from = need_open(p) ? parse_interval_end(p) : NULL;
    if (!from || !need_symbol(p, ",", "INTERVAL 需要两个时间，应为 , ",
                              "INTERVAL takes two instants, expected ','"))
        return NULL;
    to = parse_interval_end(p);
    return to && need_close(p) ? make(p, CQL_INTERVAL, where, from, to) : NULL;
}

static bool parse_signed(struct parser *p, double *out)
{
    bool is_negative = is_symbol(&p->token, "-");

    if (is_negative || is_symbol(&p->token, "+"))
        advance(p);
    if (p->token.kind != TOKEN_NUMBER || !im_parse_double(p->token.text, out))
        return refuse(p, "应为数", "expected a number");
    *out = is_negative ? -*out : *out;
    advance(p);
    return true;
}

/* BBOX(w, s, e, n) or BBOX(w, s, low, e, n, high) */
static const struct cql_node *parse_bbox(struct parser *p)
{
    struct cql_node *node = cql_new(p->r, CQL_BBOX, p->token.where);

    advance(p);
    if (!node || !need_open(p))
        return NULL;
    do {
        if (node->n_bbox == 6) {
            refuse(p, "BBOX 需要 4 或 6 个数，多余", "BBOX takes 4 or 6 numbers");
            return NULL;
        }
        if (!parse_signed(p, &node->bbox[node->n_bbox++]))
            return NULL;
    } while (take_symbol(p, ","));
    if (node->n_bbox != 4 && node->n_bbox != 6) {
        refuse(p, "BBOX 需要 4 或 6 个数", "BBOX takes 4 or 6 numbers");
        return NULL;
    }
    return need_close(p) ? node : NULL;
}

static bool is_type(const struct token *token, enum geom_type type)
{
    char upper[24];
    const char *name = geom_type_name(type);
    size_t n = 0;

    for (; name[n]; n++)
        upper[n] = (char)(name[n] & ~32);
    upper[n] = '\0';
    return is_word(token, upper);
}

/* POINT(, POINT Z (: the name alone may be a property. */
static bool is_geometry(const struct parser *p)
{
    struct parser ahead = *p;

    for (int i = GEOM_TYPE_POINT; i <= GEOM_TYPE_COLLECTION; i++) {
        if (!is_type(&p->token, (enum geom_type)i))
            continue;
        if (is_open_next(p))
            return true;
        advance(&ahead);
        return (is_word(&ahead.token, "Z") || is_word(&ahead.token, "M") ||
                is_word(&ahead.token, "ZM")) &&
               is_open_next(&ahead);
    }
    return false;
}

static const struct cql_node *parse_geometry(struct parser *p)
{
    struct cql_node *node = cql_new(p->r, CQL_GEOMETRY, p->token.where);
    struct geom_wkt wkt = {.text = p->text,
                           .pos = (size_t)(p->token.text.data - p->text.data)};
    enum im_code rc;

    if (!node)
        return NULL;
    node->item = im_arena_calloc(p->r->arena, 1, sizeof *node->item);
    if (!node->item) {
        p->r->rc = cql_no_memory(p->r->err);
        return NULL;
    }
    rc = geom_scan_wkt(&wkt, &p->r->budget, p->r->arena, node->item, p->r->err);
    p->pos = wkt.pos;
    advance(p);
    if (rc == IM_EDATA) {
        p->r->rc = IM_OK; /* of a token that is no CQL2, such as a lone # */
        refuse(p, wkt.zh, wkt.en);
        return NULL;
    }
    if (rc != IM_OK)
        p->r->rc = rc;
    return rc == IM_OK ? node : NULL;
}

/* ---- arrays ---- */

static const struct cql_node *parse_array(struct parser *p);

/* In an array, brackets around one element make it an array: (('a'), ('b', 'c')). */
static const struct cql_node *parse_element(struct parser *p)
{
    struct cql_where where = p->token.where;
    const struct cql_node *node;
    bool is_bracket = is_symbol(&p->token, "(");

    p->group = NULL;
    node = parse_or(p);
    if (node && is_bracket && node == p->group && node->op != CQL_ARRAY)
        return make(p, CQL_ARRAY, where, node, NULL);
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

    if (good && (first || !is_symbol(&p->token, close)))
        do {
            if (first) {
                first = NULL;
                continue;
            }
            good = list_add(p, &list, element(p));
        } while (good && take_symbol(p, ","));
    if (good)
        good = need_symbol(p, close, "应为 , 或数组的结尾",
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
    const char *close = is_symbol(&p->token, "[") ? "]" : ")";
    const struct cql_node *node;

    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    advance(p);
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
    advance(p);
    if (is_symbol(&p->token, ")")) {
        node = parse_rest_of_array(p, where, NULL, ")", parse_element);
    } else {
        struct cql_where element = p->token.where;
        bool is_bracket = is_symbol(&p->token, "(");

        p->group = NULL;
        node = parse_or(p);
        if (node && is_symbol(&p->token, ",")) {
            if (is_bracket && node == p->group && node->op != CQL_ARRAY)
                node = make(p, CQL_ARRAY, element, node, NULL);
            if (node)
                node = parse_rest_of_array(p, where, node, ")", parse_element);
        } else if (node && !need_close(p)) {
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
    if (cql_op_is_array(op) && (is_symbol(&p->token, "(") || is_symbol(&p->token, "[")))
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
        refuse(p, arity(op) == 1 ? "需要一个参数" : "需要两个参数",
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
    advance(p); /* the name */
    advance(p); /* ( */
    if (!is_symbol(&p->token, ")"))
        do
            good = list_add(p, &args, parse_argument(p, op));
        while (good && take_symbol(p, ","));
    p->depth--;
    if (!good || !need_close(p)) {
        im_buf_release(&args.nodes);
        return NULL;
    }
    return finish_call(p, op, name, &args);
}

static bool is_reserved(const struct token *token)
{
    static const char *const words[] = {"AND",     "OR", "NOT", "LIKE", "ILIKE",
                                        "BETWEEN", "IN", "IS",  "NULL", "DIV"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(token, words[i]))
            return true;
    return false;
}

static const struct cql_node *parse_name(struct parser *p)
{
    bool is_call = is_open_next(p);

    if (is_word(&p->token, "TRUE") || is_word(&p->token, "FALSE"))
        return parse_truth(p, is_word(&p->token, "TRUE"));
    if (is_call && is_word(&p->token, "DATE"))
        return parse_tagged_instant(p, CQL_DATE);
    if (is_call && is_word(&p->token, "TIMESTAMP"))
        return parse_tagged_instant(p, CQL_TIMESTAMP);
    if (is_call && is_word(&p->token, "INTERVAL"))
        return parse_interval(p);
    if (is_call && (is_word(&p->token, "BBOX") || is_word(&p->token, "ENVELOPE")))
        return parse_bbox(p);
    if (is_geometry(p))
        return parse_geometry(p);
    if (is_reserved(&p->token)) {
        refuse(p, "应为值或属性", "expected a value or property");
        return NULL;
    }
    return is_call ? parse_call(p) : parse_property(p);
}

static const struct cql_node *parse_power(struct parser *p);

/* -x is -1 * x; a sign right before digits belongs to the number. */
static const struct cql_node *parse_minus(struct parser *p)
{
    struct cql_where where = p->token.where;
    struct cql_node *minus;
    const struct cql_node *operand;

    if (is_digit(byte_at(p, p->pos)) || byte_at(p, p->pos) == '.') {
        advance(p);
        return parse_number(p, true, where);
    }
    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    advance(p);
    operand = parse_power(p);
    p->depth--;
    minus = cql_new(p->r, CQL_NUMBER, where);
    if (!operand || !minus)
        return NULL;
    cql_set_number(minus, -1);
    return make(p, CQL_MUL, where, minus, operand);
}

static const struct cql_node *parse_primary(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_STRING:
        return parse_string(p, CQL_STRING);
    case TOKEN_QUOTED:
        return parse_string(p, CQL_PROPERTY);
    case TOKEN_NUMBER:
        return parse_number(p, false, p->token.where);
    case TOKEN_NAME:
        return parse_name(p);
    case TOKEN_SYMBOL:
        if (is_symbol(&p->token, "("))
            return parse_group(p);
        if (is_symbol(&p->token, "["))
            return parse_array(p);
        if (is_symbol(&p->token, "-"))
            return parse_minus(p);
        if (take_symbol(p, "+"))
            return parse_primary(p);
        break;
    case TOKEN_END:
        refuse(p, "应为值或属性", "expected a value or property");
        return NULL;
    case TOKEN_BROKEN:
        return NULL;
    }
    refuse(p, "应为值或属性", "expected a value or property");
    return NULL;
}

static const struct cql_node *parse_power(struct parser *p)
{
    const struct cql_node *base = parse_primary(p);
    struct cql_where where = p->token.where;
    const struct cql_node *exponent;

    if (!base || !is_symbol(&p->token, "^"))
        return base;
    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    advance(p);
    exponent = parse_power(p); /* to the right */
    p->depth--;
    return exponent ? make(p, CQL_POW, where, base, exponent) : NULL;
}

static bool take_factor_op(struct parser *p, enum cql_op *op)
{
    *op = CQL_INTDIV;
    if (take_word(p, "DIV"))
        return true;
    *op = is_symbol(&p->token, "*")   ? CQL_MUL
          : is_symbol(&p->token, "/") ? CQL_DIV
                                      : CQL_MOD;
    return take_symbol(p, cql_op_name(*op));
}

static const struct cql_node *parse_product(struct parser *p)
{
    const struct cql_node *left = parse_power(p);
    struct cql_where where = p->token.where;
    enum cql_op op;

    while (left && take_factor_op(p, &op)) {
        const struct cql_node *right = parse_power(p);

        left = right ? make(p, op, where, left, right) : NULL;
        where = p->token.where;
    }
    return left;
}

static const struct cql_node *parse_sum(struct parser *p)
{
    const struct cql_node *left = parse_product(p);

    while (left && (is_symbol(&p->token, "+") || is_symbol(&p->token, "-"))) {
        enum cql_op op = is_symbol(&p->token, "+") ? CQL_ADD : CQL_SUB;
        struct cql_where where = p->token.where;
        const struct cql_node *right;

        advance(p);
        right = parse_product(p);
        left = right ? make(p, op, where, left, right) : NULL;
    }
    return left;
}

/* ---- predicates ---- */

static const struct cql_node *
parse_like(struct parser *p, const struct cql_node *left, struct cql_where where)
{
    bool any_case = is_word(&p->token, "ILIKE");
    const struct cql_node *pattern;

    advance(p);
    pattern = parse_sum(p);
    if (any_case && pattern) {
        left = make(p, CQL_CASEI, where, left, NULL);
        pattern = make(p, CQL_CASEI, where, pattern, NULL);
    }
    return pattern ? make(p, CQL_LIKE, where, left, pattern) : NULL;
}

static const struct cql_node *
parse_between(struct parser *p, const struct cql_node *left, struct cql_where where)
{
    const struct cql_node *args[3] = {left, NULL, NULL};

    advance(p);
    args[1] = parse_sum(p);
    if (!args[1])
        return NULL;
    if (!take_word(p, "AND")) {
        refuse(p, "BETWEEN 需要 AND", "BETWEEN needs AND");
        return NULL;
    }
    args[2] = parse_sum(p);
    return args[2] ? cql_set_args(p->r, cql_new(p->r, CQL_BETWEEN, where), args, 3)
                   : NULL;
}

static const struct cql_node *
parse_in(struct parser *p, const struct cql_node *left, struct cql_where where)
{
    const struct cql_node *list;

    advance(p);
    if (!is_symbol(&p->token, "(")) {
        need_open(p);
        return NULL;
    }
    list = parse_list(p, parse_or);
    return list ? make(p, CQL_IN, where, left, list) : NULL;
}

static const struct cql_node *
parse_is_null(struct parser *p, const struct cql_node *left, struct cql_where where)
{
    bool is_not;

    advance(p);
    is_not = take_word(p, "NOT");
    if (!take_word(p, "NULL")) {
        refuse(p, "IS 之后应为 NULL 或 NOT NULL", "IS needs NULL or NOT NULL");
        return NULL;
    }
    return negate(p, is_not, where, make(p, CQL_IS_NULL, where, left, NULL));
}

static bool comparison_of(const struct token *token, enum cql_op *op)
{
    *op = CQL_NE;
    if (is_symbol(token, "!="))
        return true;
    *op = token->kind == TOKEN_SYMBOL ? cql_op_find(token->text) : CQL_FUNCTION;
    return cql_op_is_comparison(*op);
}

static const struct cql_node *parse_predicate(struct parser *p)
{
    const struct cql_node *left = parse_sum(p);
    struct cql_where where = p->token.where;
    const struct cql_node *node;
    enum cql_op op;
    bool is_not;

    if (!left)
        return NULL;
    if (comparison_of(&p->token, &op)) {
        advance(p);
        node = parse_sum(p);
        return node ? make(p, op, where, left, node) : NULL;
    }
    if (is_word(&p->token, "IS"))
        return parse_is_null(p, left, where);
    is_not = take_word(p, "NOT");
    if (is_word(&p->token, "LIKE") || is_word(&p->token, "ILIKE"))
        node = parse_like(p, left, where);
    else if (is_word(&p->token, "BETWEEN"))
        node = parse_between(p, left, where);
    else if (is_word(&p->token, "IN"))
        node = parse_in(p, left, where);
    else if (is_not) {
        refuse(p, "NOT 之后应为 LIKE、BETWEEN 或 IN", "NOT needs LIKE, BETWEEN or IN");
        node = NULL;
    } else
        node = left;
    return node ? negate(p, is_not, where, node) : NULL;
}

static const struct cql_node *parse_not(struct parser *p)
{
    struct cql_where where = p->token.where;
    const struct cql_node *node;

    if (!is_word(&p->token, "NOT"))
        return parse_predicate(p);
    if (++p->depth > CQL_MAX_DEPTH)
        return too_deep(p);
    advance(p);
    node = parse_not(p);
    p->depth--;
    return node ? make(p, CQL_NOT, where, node, NULL) : NULL;
}

static const struct cql_node *
parse_chain(struct parser *p, const char *word, enum cql_op op, parse_fn *one)
{
    struct cql_where where = p->token.where;
    const struct cql_node *first = one(p);
    struct list list = list_of();
    bool good;

    if (!first || !is_word(&p->token, word))
        return first;
    good = list_add(p, &list, first);
    while (good && take_word(p, word))
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

bool cql_is_function_name(struct im_bytes name)
{
    static const char *const taken[] = {"TRUE",     "FALSE", "DATE",    "TIMESTAMP",
                                        "INTERVAL", "BBOX",  "ENVELOPE"};
    struct parser p = {.text = name};
    struct token token = {TOKEN_NAME, name, {0, ""}};
    size_t next = 0;

    if (name.len == 0 || !starts_name(im_utf8_next(name, &next)) ||
        end_of_name(&p, 0) != name.len || is_reserved(&token))
        return false;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (is_word(&token, taken[i]))
            return false;
    for (int i = GEOM_TYPE_POINT; i <= GEOM_TYPE_COLLECTION; i++)
        if (is_type(&token, (enum geom_type)i))
            return false;
    return true;
}

enum im_code
cql_parse_text(struct cql_reader *r, struct im_bytes text, const struct cql_node **out)
{
    struct parser p = {.r = r, .text = text};
    const struct cql_node *node;

    advance(&p);
    node = parse_or(&p);
    if (node && p.token.kind != TOKEN_END)
        refuse(&p, "多余的内容", "something follows the expression:");
    if (r->rc == IM_OK && !node)
        r->rc = cql_no_memory(r->err);
    if (r->rc == IM_OK)
        *out = node;
    return r->rc;
}
