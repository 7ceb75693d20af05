/* SPDX-License-Identifier: Apache-2.0 */
/* Literals of CQL2 text: characters, numbers, times, geometries. */
#include "cql/parse_text.h"

const struct cql_node *cql_make(struct parser *p,
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
        cql_advance(p);
    return good;
}

const struct cql_node *cql_parse_string(struct parser *p, enum cql_op op)
{
    struct cql_node *node = cql_new(p->r, op, p->token.where);

    return node && unquote(p, node) ? node : NULL;
}

const struct cql_node *cql_parse_property(struct parser *p)
{
    struct cql_node *node = cql_new(p->r, CQL_PROPERTY, p->token.where);

    if (!node || !cql_set_text(p->r, node, p->token.text))
        return NULL;
    cql_advance(p);
    return node;
}

const struct cql_node *
cql_parse_number(struct parser *p, bool is_negative, struct cql_where where)
{
    struct cql_node *node = cql_new(p->r, CQL_NUMBER, where);
    double value;

    if (!node)
        return NULL;
    if (!im_parse_double(p->token.text, &value)) {
        cql_refuse_token(p, "不是可用的数", "not a number that can be used");
        return NULL;
    }
    cql_set_number(node, is_negative ? -value : value);
    /* beyond 2^53 a double is not exact, an integer is */
    if (im_parse_int64(p->token.text, &node->integer)) {
        node->is_integer = true;
        node->integer = is_negative ? -node->integer : node->integer;
    }
    cql_advance(p);
    return node;
}

const struct cql_node *cql_parse_truth(struct parser *p, bool truth)
{
    struct cql_node *node = cql_new(p->r, CQL_BOOLEAN, p->token.where);

    if (node)
        node->truth = truth;
    cql_advance(p);
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
        cql_refuse_token(p, "应为 'YYYY-MM-DD' 或 'YYYY-MM-DDThh:mm:ssZ'",
                         "expected 'YYYY-MM-DD' or 'YYYY-MM-DDThh:mm:ssZ'");
        return NULL;
    }
    cql_advance(p);
    return node;
}

/* DATE('...'), TIMESTAMP('...') */
const struct cql_node *cql_parse_tagged_instant(struct parser *p, enum cql_op op)
{
    struct token literal;
    const struct cql_node *node;

    cql_advance(p);
    if (!cql_need_open(p))
        return NULL;
    literal = p->token;
    node = parse_instant(p, false);
    if (node && node->op != op) {
        p->token = literal;
        cql_refuse_token(p,
                         op == CQL_DATE ? "DATE 应为 'YYYY-MM-DD'"
                                        : "TIMESTAMP 应为 'YYYY-MM-DDThh:mm:ssZ'",
                         op == CQL_DATE ? "DATE takes 'YYYY-MM-DD'"
                                        : "TIMESTAMP takes 'YYYY-MM-DDThh:mm:ssZ'");
        return NULL;
    }
    return node && cql_need_close(p) ? node : NULL;
}

static const struct cql_node *parse_interval_end(struct parser *p)
{
    return p->token.kind == TOKEN_STRING ? parse_instant(p, true) : cql_parse_sum(p);
}

const struct cql_node *cql_parse_interval(struct parser *p)
{
    struct cql_where where = p->token.where;
    const struct cql_node *from;
    const struct cql_node *to;

    cql_advance(p);
    from = cql_need_open(p) ? parse_interval_end(p) : NULL;
    if (!from || !cql_need_symbol(p, ",", "INTERVAL 需要两个时间，应为 , ",
                                  "INTERVAL takes two instants, expected ','"))
        return NULL;
    to = parse_interval_end(p);
    return to && cql_need_close(p) ? cql_make(p, CQL_INTERVAL, where, from, to) : NULL;
}

static bool parse_signed(struct parser *p, double *out)
{
    bool is_negative = cql_is_symbol(&p->token, "-");

    if (is_negative || cql_is_symbol(&p->token, "+"))
        cql_advance(p);
    if (p->token.kind != TOKEN_NUMBER || !im_parse_double(p->token.text, out))
        return cql_refuse_token(p, "应为数", "expected a number");
    *out = is_negative ? -*out : *out;
    cql_advance(p);
    return true;
}

/* BBOX(w, s, e, n) or BBOX(w, s, low, e, n, high) */
const struct cql_node *cql_parse_bbox(struct parser *p)
{
    struct cql_node *node = cql_new(p->r, CQL_BBOX, p->token.where);

    cql_advance(p);
    if (!node || !cql_need_open(p))
        return NULL;
    do {
        if (node->n_bbox == 6) {
            cql_refuse_token(p, "BBOX 需要 4 或 6 个数，多余",
                             "BBOX takes 4 or 6 numbers");
            return NULL;
        }
        if (!parse_signed(p, &node->bbox[node->n_bbox++]))
            return NULL;
    } while (cql_take_symbol(p, ","));
    if (node->n_bbox != 4 && node->n_bbox != 6) {
        cql_refuse_token(p, "BBOX 需要 4 或 6 个数", "BBOX takes 4 or 6 numbers");
        return NULL;
    }
    return cql_need_close(p) ? node : NULL;
}

/* POINT(, POINT Z (: the name alone may be a property. */
bool cql_is_geometry(const struct parser *p)
{
    struct parser ahead = *p;

    for (int i = GEOM_TYPE_POINT; i <= GEOM_TYPE_COLLECTION; i++) {
        if (!cql_is_type(&p->token, (enum geom_type)i))
            continue;
        if (cql_is_open_next(p))
            return true;
        cql_advance(&ahead);
        return (cql_is_word(&ahead.token, "Z") || cql_is_word(&ahead.token, "M") ||
                cql_is_word(&ahead.token, "ZM")) &&
               cql_is_open_next(&ahead);
    }
    return false;
}

const struct cql_node *cql_parse_geometry(struct parser *p)
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
    cql_advance(p);
    if (rc == IM_EDATA) {
        p->r->rc = IM_OK; /* of a token that is no CQL2, such as a lone # */
        cql_refuse_token(p, wkt.zh, wkt.en);
        return NULL;
    }
    if (rc != IM_OK)
        p->r->rc = rc;
    return rc == IM_OK ? node : NULL;
}
