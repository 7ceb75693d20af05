/* SPDX-License-Identifier: Apache-2.0 */
/* CQL2 JSON (OGC 21-065r2, Annex C): {"op": ..., "args": [...]}. The forms of the
 * drafts that are still met are taken as well: {"function": {"name", "args"}},
 * {"casei": ...}, {"accenti": ...} and "isNull" with its argument outside of an array.
 */
#include "cql/ast.h"

#include <jansson.h>

enum {
    MAX_JSON_DEPTH = 2 * CQL_MAX_DEPTH + 16, /* an object and an array a level */
    MAX_VALUES = 5 * GEOM_READ_MAX_POINTS
};

static const struct cql_node *
parse_any(struct cql_reader *r, const json_t *value, const struct json_at *at);

static struct cql_where where_is(struct cql_reader *r, const struct json_at *at)
{
    char path[sizeof r->fault->path];
    size_t len = json_at_write(at, path, sizeof path);
    const char *copy =
        im_arena_strdup(r->arena, (struct im_bytes){(const uint8_t *)path, len});

    return (struct cql_where){0, copy ? copy : ""};
}

static struct cql_node *refuse(struct cql_reader *r,
                               const struct json_at *at,
                               const char *value,
                               const char *zh,
                               const char *en)
{
    if (r->rc == IM_OK)
        r->rc = cql_refuse(r->fault, r->err, IM_EARG, where_is(r, at),
                           im_bytes_of(value), zh, en, NULL, NULL);
    return NULL;
}

static struct cql_node *
start(struct cql_reader *r, enum cql_op op, const struct json_at *at)
{
    return r->rc == IM_OK ? cql_new(r, op, where_is(r, at)) : NULL;
}

/* ---- literals ---- */

static struct im_bytes bytes_of(const json_t *string)
{
    return (struct im_bytes){(const uint8_t *)json_string_value(string),
                             json_string_length(string)};
}

static const struct cql_node *with_text(struct cql_reader *r,
                                        enum cql_op op,
                                        const json_t *value,
                                        const struct json_at *at)
{
    struct cql_node *node;

    if (!json_is_string(value))
        return refuse(r, at, NULL, "应为文本", "must be a text");
    node = start(r, op, at);
    return node && cql_set_text(r, node, bytes_of(value)) ? node : NULL;
}

static const struct cql_node *
parse_number(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    struct cql_node *node = start(r, CQL_NUMBER, at);

    if (!node)
        return NULL;
    cql_set_number(node, json_number_value(value));
    if (json_is_integer(value)) {
        node->is_integer = true;
        node->integer = json_integer_value(value);
    }
    return node;
}

static const struct cql_node *
parse_truth(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    struct cql_node *node = start(r, CQL_BOOLEAN, at);

    if (node)
        node->truth = json_is_true(value);
    return node;
}

/* op CQL_INTERVAL: whichever it is */
static const struct cql_node *parse_instant(struct cql_reader *r,
                                            enum cql_op op,
                                            const json_t *value,
                                            const struct json_at *at)
{
    struct cql_node *node = start(r, CQL_DATE, at);

    if (!node)
        return NULL;
    if (json_is_string(value) && cql_set_instant(node, bytes_of(value)) &&
        (op == CQL_INTERVAL || op == node->op))
        return node;
    return refuse(r, at, json_string_value(value),
                  "应为 YYYY-MM-DD 或 YYYY-MM-DDThh:mm:ssZ",
                  "must be YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
}

static const struct cql_node *
parse_interval_end(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    const char *text = json_string_value(value);

    if (text && strcmp(text, "..") == 0)
        return start(r, CQL_UNBOUNDED, at);
    return text ? parse_instant(r, CQL_INTERVAL, value, at) : parse_any(r, value, at);
}

static const struct cql_node *
parse_interval(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    const struct cql_node *ends[2];

    if (json_array_size(value) != 2)
        return refuse(r, at, NULL, "应为 [开始, 结束]", "must be [start, end]");
    for (size_t i = 0; i < 2; i++) {
        struct json_at element = {at, NULL, i};

        ends[i] = parse_interval_end(r, json_array_get(value, i), &element);
        if (!ends[i])
            return NULL;
    }
    return cql_set_args(r, start(r, CQL_INTERVAL, at), ends, 2);
}

static const struct cql_node *
parse_bbox(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    struct cql_node *node = start(r, CQL_BBOX, at);
    size_t n = json_array_size(value);

    if (!node)
        return NULL;
    for (size_t i = 0; (n == 4 || n == 6) && i < n; i++) {
        const json_t *number = json_array_get(value, i);

        if (json_is_number(number))
            node->bbox[node->n_bbox++] = json_number_value(number);
    }
    if (node->n_bbox != 4 && node->n_bbox != 6)
        return refuse(r, at, NULL, "应为 4 或 6 个数", "must be 4 or 6 numbers");
    return node;
}

static const struct cql_node *
parse_geometry(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    struct cql_node *node = start(r, CQL_GEOMETRY, at);
    struct im_error why = {0};
    enum im_code rc;

    if (!node)
        return NULL;
    node->item = im_arena_calloc(r->arena, 1, sizeof *node->item);
    if (!node->item) {
        r->rc = cql_no_memory(r->err);
        return NULL;
    }
    rc = geom_scan_json(value, at, &r->budget, r->arena, node->item, &why);
    if (rc == IM_OK)
        return node;
    *r->fault = (struct cql_fault){0};
    json_at_write(at, r->fault->path, sizeof r->fault->path);
    r->rc = rc == IM_EDATA ? IM_EARG : rc;
    im_fail(r->err, r->rc, "filter: %s", why.msg);
    im_zh(r->err, r->rc, "筛选条件：%s", why.msg_zh);
    return NULL;
}

/* ---- what has arguments ---- */

static const struct cql_node *
parse_array(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    size_t n = json_array_size(value);
    const struct cql_node **nodes = NULL;
    struct cql_node *node = start(r, CQL_ARRAY, at);

    if (!node)
        return NULL;
    nodes = im_arena_calloc(r->arena, n, sizeof(*nodes));
    if (!nodes) {
        r->rc = cql_no_memory(r->err);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        struct json_at element = {at, NULL, i};

        nodes[i] = parse_any(r, json_array_get(value, i), &element);
        if (!nodes[i])
            return NULL;
    }
    return cql_set_args(r, node, nodes, n);
}

/* How many arguments: SIZE_MAX is any number. */
static void arity(enum cql_op op, size_t *least, size_t *most)
{
    *least = *most = 2;
    if (op == CQL_AND || op == CQL_OR) {
        *most = SIZE_MAX;
    } else if (op == CQL_NOT || op == CQL_IS_NULL || op == CQL_CASEI ||
               op == CQL_ACCENTI) {
        *least = *most = 1;
    } else if (op == CQL_BETWEEN) {
        *least = *most = 3;
    } else if (op == CQL_FUNCTION) {
        *least = 0;
        *most = SIZE_MAX;
    }
}

static bool check_arity(struct cql_reader *r,
                        const struct cql_node *args,
                        enum cql_op op,
                        const struct json_at *at)
{
    char zh[80];
    char en[80];
    size_t least;
    size_t most;

    arity(op, &least, &most);
    if (args->n_args >= least && args->n_args <= most)
        return true;
    snprintf(zh, sizeof zh, "%s 需要 %zu 个参数%s", cql_op_name(op), least,
             most > least ? "或更多" : "");
    snprintf(en, sizeof en, "%s takes %zu arguments%s", cql_op_name(op), least,
             most > least ? " or more" : "");
    refuse(r, at, NULL, zh, en);
    return false;
}

static const struct cql_node *make(struct cql_reader *r,
                                   enum cql_op op,
                                   const json_t *name,
                                   const struct cql_node *args,
                                   const struct json_at *at)
{
    struct cql_node *node;

    if (!args || !check_arity(r, args, op, at))
        return NULL;
    if (op == CQL_IN && args->args[1]->op != CQL_ARRAY)
        return refuse(r, at, NULL, "in 的第二个参数应为数组",
                      "the second argument of in must be an array");
    node = start(r, op, at);
    if (node && op == CQL_FUNCTION && !cql_set_text(r, node, bytes_of(name)))
        return NULL;
    return op == CQL_AND || op == CQL_OR
               ? cql_set_flat_args(r, node, args->args, args->n_args)
               : cql_set_args(r, node, args->args, args->n_args);
}

/* `alone`: one argument may stand outside of an array. */
static const struct cql_node *parse_args(struct cql_reader *r,
                                         const json_t *args,
                                         bool alone,
                                         const struct json_at *at)
{
    const struct cql_node *one;

    if (json_is_array(args))
        return parse_array(r, args, at);
    if (!alone || !args)
        return refuse(r, at, NULL, "应为数组 [ ]", "must be an array [ ]");
    one = parse_any(r, args, at);
    return one ? cql_set_args(r, start(r, CQL_ARRAY, at), &one, 1) : NULL;
}

static const struct cql_node *
parse_op(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    const json_t *name = json_object_get(value, "op");
    struct json_at op_at = {at, "op", 0};
    struct json_at args_at = {at, "args", 0};
    enum cql_op op;

    if (!json_is_string(name))
        return refuse(r, &op_at, NULL, "应为文本", "must be a text");
    op = cql_op_find(bytes_of(name));
    if (op == CQL_FUNCTION && !cql_is_function_name(bytes_of(name)))
        return refuse(r, &op_at, json_string_value(name), "没有这种运算",
                      "there is no operator");
    return make(
        r, op, name,
        parse_args(r, json_object_get(value, "args"), op == CQL_IS_NULL, &args_at), at);
}

static const struct cql_node *
parse_function(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    const json_t *name = json_object_get(value, "name");
    const json_t *args = json_object_get(value, "args");
    struct json_at name_at = {at, "name", 0};
    struct json_at args_at = {at, "args", 0};

    if (!json_is_string(name) || !cql_is_function_name(bytes_of(name)))
        return refuse(r, &name_at, json_string_value(name), "应为函数名",
                      "must be the name of a function");
    return make(r, CQL_FUNCTION, name,
                args ? parse_args(r, args, false, &args_at)
                     : cql_set_args(r, start(r, CQL_ARRAY, at), NULL, 0),
                at);
}

static const struct cql_node *parse_fold(struct cql_reader *r,
                                         enum cql_op op,
                                         const json_t *value,
                                         const struct json_at *at)
{
    return make(r, op, NULL, parse_args(r, value, true, at), at);
}

static const struct cql_node *
parse_object(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    static const char *const names[] = {"op",       "property", "date",     "timestamp",
                                        "interval", "bbox",     "function", "casei",
                                        "accenti",  "type"};
    size_t n = sizeof names / sizeof *names;
    size_t i = 0;

    while (i < n && !json_object_get(value, names[i]))
        i++;
    if (i == n)
        return refuse(
            r, at, NULL,
            "应含 op、property、date、timestamp、interval、bbox 或图形的 type",
            "must have op, property, date, timestamp, interval, bbox or the "
            "type of a geometry");
    struct json_at member = {at, names[i], 0};
    const json_t *inner = json_object_get(value, names[i]);
    switch (i) {
    case 0:
        return parse_op(r, value, at);
    case 1:
        return with_text(r, CQL_PROPERTY, inner, &member);
    case 2:
        return parse_instant(r, CQL_DATE, inner, &member);
    case 3:
        return parse_instant(r, CQL_TIMESTAMP, inner, &member);
    case 4:
        return parse_interval(r, inner, &member);
    case 5:
        /* a geometry may have a bbox too */
        return json_object_get(value, "type") ? parse_geometry(r, value, at)
                                              : parse_bbox(r, inner, &member);
    case 6:
        return parse_function(r, inner, &member);
    case 7:
        return parse_fold(r, CQL_CASEI, inner, &member);
    case 8:
        return parse_fold(r, CQL_ACCENTI, inner, &member);
    default:
        return parse_geometry(r, value, at);
    }
}

static const struct cql_node *
parse_any(struct cql_reader *r, const json_t *value, const struct json_at *at)
{
    if (r->rc != IM_OK)
        return NULL;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return parse_object(r, value, at);
    case JSON_ARRAY:
        return parse_array(r, value, at);
    case JSON_STRING:
        return with_text(r, CQL_STRING, value, at);
    case JSON_INTEGER:
    case JSON_REAL:
        return parse_number(r, value, at);
    case JSON_TRUE:
    case JSON_FALSE:
        return parse_truth(r, value, at);
    case JSON_NULL:
        break;
    }
    return refuse(r, at, NULL, "不能为 null，请用 isNull",
                  "must not be null, please use isNull");
}

/* jansson says how many bytes it has read when it stops; people count characters. */
static size_t characters(struct im_bytes text, int bytes)
{
    size_t at = 0;
    size_t n = 0;

    while (at < text.len && at < (size_t)(bytes > 0 ? bytes : 0)) {
        im_utf8_next(text, &at);
        n++;
    }
    return n ? n : 1;
}

static enum im_code load(struct cql_reader *r, struct im_bytes text, json_t **out)
{
    json_error_t fault;

    if (json_is_too_deep(text, MAX_JSON_DEPTH) || json_is_too_long(text, MAX_VALUES)) {
        im_fail(r->err, IM_ELIMIT, "filter: nested deeper than %d levels, or too long",
                CQL_MAX_DEPTH);
        return im_zh(r->err, IM_ELIMIT, "筛选条件嵌套超过 %d 层，或过长",
                     CQL_MAX_DEPTH);
    }
    *out = json_loadb((const char *)text.data, text.len,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (*out)
        return IM_OK;
    r->fault->position = characters(text, fault.position);
    im_fail(r->err, IM_EARG, "filter: not JSON at %zu: %s", r->fault->position,
            fault.text);
    return im_zh(r->err, IM_EARG, "筛选条件第 %zu 个字符处不是合法的 JSON：%s",
                 r->fault->position, fault.text);
}

enum im_code
cql_parse_json(struct cql_reader *r, struct im_bytes text, const struct cql_node **out)
{
    struct json_at at = {NULL, NULL, 0};
    const struct cql_node *node;
    json_t *root = NULL;

    r->rc = load(r, text, &root);
    if (r->rc != IM_OK)
        return r->rc;
    node = parse_any(r, root, &at);
    json_decref(root);
    if (r->rc == IM_OK && !node)
        r->rc = cql_no_memory(r->err);
    if (r->rc == IM_OK)
        *out = node;
    return r->rc;
}
