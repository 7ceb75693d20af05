/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions in canonical form: what was written in one of several ways is written in
 * one. Reading it again gives the same expression. */
#include "cql/ast.h"

#include <inttypes.h>
#include <strings.h>

static bool is_plain_name(struct im_bytes name)
{
    static const char *const reserved[] = {
        "and",      "or",      "not",  "like", "ilike",    "between",
        "in",       "is",      "null", "div",  "true",     "false",
        "casei",    "accenti", "date", "bbox", "envelope", "timestamp",
        "interval", "z",       "m",    "zm",   NULL};

    if (name.len == 0)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              (i > 0 && c >= '0' && c <= '9')))
            return false;
    }
    for (size_t i = 0; reserved[i]; i++)
        if (name.len == strlen(reserved[i]) &&
            strncasecmp((const char *)name.data, reserved[i], name.len) == 0)
            return false;
    for (int i = GEOM_TYPE_POINT; i <= GEOM_TYPE_COLLECTION; i++) {
        const char *type = geom_type_name((enum geom_type)i);

        if (name.len == strlen(type) &&
            strncasecmp((const char *)name.data, type, name.len) == 0)
            return false;
    }
    return true;
}

static void write_quoted(struct im_bytes text, uint8_t quote, struct im_buf *out)
{
    im_buf_byte(out, quote);
    for (size_t i = 0; i < text.len; i++) {
        im_buf_byte(out, text.data[i]);
        if (text.data[i] == quote)
            im_buf_byte(out, quote);
    }
    im_buf_byte(out, quote);
}

void cql_quote(struct im_bytes text, struct im_buf *out)
{
    write_quoted(text, '\'', out);
}

static void write_number(double value, struct im_buf *out)
{
    char text[IM_NUMBER_MAX];

    im_buf_append(out, text, im_format_exact(text, value == 0 ? 0 : value));
}

static void write_literal_number(const struct cql_node *node, struct im_buf *out)
{
    if (node->is_integer)
        im_buf_printf(out, "%" PRId64, node->integer);
    else
        write_number(node->number, out);
}

/* ---- geometries, as they were written ---- */

static void wkt_position(const struct geom *g, size_t i, struct im_buf *out)
{
    write_number(g->lonlat[2 * i], out);
    im_buf_byte(out, ' ');
    write_number(g->lonlat[2 * i + 1], out);
}

static void wkt_part(const struct geom *g, uint32_t part, struct im_buf *out)
{
    uint32_t first = part ? g->part_end[part - 1] : 0;

    im_buf_byte(out, '(');
    for (uint32_t i = first; i < g->part_end[part]; i++) {
        im_buf_text(out, i > first ? "," : "");
        wkt_position(g, i, out);
    }
    im_buf_byte(out, ')');
}

static void wkt_area(const struct geom *g, uint32_t area, struct im_buf *out)
{
    uint32_t first = area ? g->area_end[area - 1] : 0;

    im_buf_byte(out, '(');
    for (uint32_t i = first; i < g->area_end[area]; i++) {
        im_buf_text(out, i > first ? "," : "");
        wkt_part(g, i, out);
    }
    im_buf_byte(out, ')');
}

static void wkt_point(const struct geom *g, uint32_t i, struct im_buf *out)
{
    im_buf_byte(out, '(');
    wkt_position(g, i, out);
    im_buf_byte(out, ')');
}

typedef void wkt_fn(const struct geom *g, uint32_t i, struct im_buf *out);

static void
wkt_several(const struct geom *g, uint32_t n, wkt_fn *one, struct im_buf *out)
{
    im_buf_byte(out, '(');
    for (uint32_t i = 0; i < n; i++) {
        im_buf_text(out, i ? "," : "");
        one(g, i, out);
    }
    im_buf_byte(out, ')');
}

static void write_wkt(const struct geom_item *item, struct im_buf *out)
{
    const struct geom *g = &item->g;

    for (const char *c = geom_type_name(item->type); *c; c++)
        im_buf_byte(out, (uint8_t)(*c & ~32));
    switch (item->type) {
    case GEOM_TYPE_POINT:
        wkt_point(g, 0, out);
        break;
    case GEOM_TYPE_LINESTRING:
        wkt_part(g, 0, out);
        break;
    case GEOM_TYPE_POLYGON:
        wkt_area(g, 0, out);
        break;
    case GEOM_TYPE_MULTIPOINT:
        wkt_several(g, g->n_points, wkt_point, out);
        break;
    case GEOM_TYPE_MULTILINESTRING:
        wkt_several(g, g->n_parts, wkt_part, out);
        break;
    case GEOM_TYPE_MULTIPOLYGON:
        wkt_several(g, g->n_areas, wkt_area, out);
        break;
    case GEOM_TYPE_COLLECTION:
        im_buf_byte(out, '(');
        for (size_t i = 0; i < item->n_items; i++) {
            im_buf_text(out, i ? "," : "");
            write_wkt(&item->items[i], out);
        }
        im_buf_byte(out, ')');
        break;
    }
}

/* ---- text ---- */

/* How strongly a node holds together; what is weaker than its surroundings gets
 * brackets. */
enum strength {
    HOLDS_OR,
    HOLDS_AND,
    HOLDS_NOT,
    HOLDS_PREDICATE,
    HOLDS_SUM,
    HOLDS_PRODUCT,
    HOLDS_POWER,
    HOLDS_PRIMARY
};

static enum strength strength_of(const struct cql_node *node)
{
    switch (node->op) {
    case CQL_OR:
        return HOLDS_OR;
    case CQL_AND:
        return HOLDS_AND;
    case CQL_NOT:
        return cql_op_is_between(node->args[0]->op, CQL_LIKE, CQL_IS_NULL)
                   ? HOLDS_PREDICATE
                   : HOLDS_NOT;
    case CQL_ADD:
    case CQL_SUB:
        return HOLDS_SUM;
    case CQL_MUL:
    case CQL_DIV:
    case CQL_MOD:
    case CQL_INTDIV:
        return HOLDS_PRODUCT;
    case CQL_POW:
        return HOLDS_POWER;
    default:
        return cql_op_is_predicate(node->op) ? HOLDS_PREDICATE : HOLDS_PRIMARY;
    }
}

static void write_text(const struct cql_node *node, struct im_buf *out);

static void
write_operand(const struct cql_node *node, enum strength least, struct im_buf *out)
{
    bool needs = strength_of(node) < least;

    im_buf_text(out, needs ? "(" : "");
    write_text(node, out);
    im_buf_text(out, needs ? ")" : "");
}

static void write_list(const struct cql_node *node,
                       const char *open,
                       const char *close,
                       struct im_buf *out)
{
    im_buf_text(out, open);
    for (uint32_t i = 0; i < node->n_args; i++) {
        im_buf_text(out, i ? "," : "");
        write_text(node->args[i], out);
    }
    im_buf_text(out, close);
}

static void write_chain(const struct cql_node *node,
                        const char *between,
                        enum strength least,
                        struct im_buf *out)
{
    for (uint32_t i = 0; i < node->n_args; i++) {
        im_buf_text(out, i ? between : "");
        write_operand(node->args[i], least, out);
    }
}

/* LIKE, BETWEEN, IN, IS NULL, each also with NOT in the middle */
static void write_test(const struct cql_node *node, bool is_not, struct im_buf *out)
{
    const char *not = is_not ? "NOT " : "";

    write_operand(node->args[0], HOLDS_SUM, out);
    switch (node->op) {
    case CQL_LIKE:
        im_buf_printf(out, " %sLIKE ", not );
        write_operand(node->args[1], HOLDS_SUM, out);
        break;
    case CQL_BETWEEN:
        im_buf_printf(out, " %sBETWEEN ", not );
        write_operand(node->args[1], HOLDS_SUM, out);
        im_buf_text(out, " AND ");
        write_operand(node->args[2], HOLDS_SUM, out);
        break;
    case CQL_IN:
        im_buf_printf(out, " %sIN ", not );
        write_list(node->args[1], "(", ")", out);
        break;
    default:
        im_buf_printf(out, " IS %sNULL", not );
        break;
    }
}

static void write_not(const struct cql_node *node, struct im_buf *out)
{
    const struct cql_node *inner = node->args[0];

    if (cql_op_is_between(inner->op, CQL_LIKE, CQL_IS_NULL)) {
        write_test(inner, true, out);
        return;
    }
    im_buf_text(out, "NOT ");
    write_operand(inner, HOLDS_NOT, out);
}

/* Left to right, so that a - (b - c) keeps its brackets; powers the other way. */
static void write_binary(const struct cql_node *node, struct im_buf *out)
{
    enum strength own = strength_of(node);
    bool is_power = node->op == CQL_POW;

    write_operand(node->args[0], is_power ? own + 1 : own, out);
    im_buf_printf(out, " %s ", cql_op_name(node->op));
    write_operand(node->args[1], is_power ? own : own + 1, out);
}

static void write_call(const struct cql_node *node, struct im_buf *out)
{
    for (const char *c = cql_op_name(node->op); *c; c++)
        im_buf_byte(out, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c & ~32 : *c));
    im_buf_byte(out, '(');
    for (uint32_t i = 0; i < node->n_args; i++) {
        im_buf_text(out, i ? "," : "");
        /* here they are an array */
        if (cql_op_is_array(node->op) && node->args[i]->op == CQL_ARRAY)
            write_list(node->args[i], "(", ")", out);
        else
            write_text(node->args[i], out);
    }
    im_buf_byte(out, ')');
}

static void write_interval_end(const struct cql_node *node, struct im_buf *out)
{
    if (node->op == CQL_DATE || node->op == CQL_TIMESTAMP) {
        im_buf_byte(out, '\'');
        cql_write_instant(node->op == CQL_DATE ? CQL_IS_DATE : CQL_IS_TIMESTAMP,
                          node->span.from, out);
        im_buf_byte(out, '\'');
    } else
        write_text(node, out);
}

static void write_leaf(const struct cql_node *node, struct im_buf *out)
{
    switch (node->op) {
    case CQL_STRING:
        cql_quote(node->text, out);
        break;
    case CQL_NUMBER:
        write_literal_number(node, out);
        break;
    case CQL_BOOLEAN:
        im_buf_text(out, node->truth ? "TRUE" : "FALSE");
        break;
    case CQL_DATE:
    case CQL_TIMESTAMP:
        im_buf_text(out, node->op == CQL_DATE ? "DATE(" : "TIMESTAMP(");
        write_interval_end(node, out);
        im_buf_byte(out, ')');
        break;
    case CQL_UNBOUNDED:
        im_buf_text(out, "'..'");
        break;
    case CQL_GEOMETRY:
        write_wkt(node->item, out);
        break;
    case CQL_BBOX:
        im_buf_text(out, "BBOX");
        for (unsigned i = 0; i < node->n_bbox; i++) {
            im_buf_byte(out, i ? ',' : '(');
            write_number(node->bbox[i], out);
        }
        im_buf_byte(out, ')');
        break;
    default: /* CQL_PROPERTY */
        if (is_plain_name(node->text))
            im_buf_append(out, node->text.data, node->text.len);
        else
            write_quoted(node->text, '"', out);
        break;
    }
}

static void write_text(const struct cql_node *node, struct im_buf *out)
{
    switch (node->op) {
    case CQL_INTERVAL:
        im_buf_text(out, "INTERVAL(");
        write_interval_end(node->args[0], out);
        im_buf_byte(out, ',');
        write_interval_end(node->args[1], out);
        im_buf_byte(out, ')');
        break;
    case CQL_ARRAY: /* brackets around one value are only brackets */
        write_list(node, node->n_args == 1 ? "[" : "(", node->n_args == 1 ? "]" : ")",
                   out);
        break;
    case CQL_FUNCTION:
        im_buf_append(out, node->text.data, node->text.len);
        write_list(node, "(", ")", out);
        break;
    case CQL_AND:
        write_chain(node, " AND ", HOLDS_AND + 1, out);
        break;
    case CQL_OR:
        write_chain(node, " OR ", HOLDS_OR + 1, out);
        break;
    case CQL_NOT:
        write_not(node, out);
        break;
    default:
        if (node->op <= CQL_PROPERTY)
            write_leaf(node, out);
        else if (cql_op_is_comparison(node->op)) {
            write_operand(node->args[0], HOLDS_SUM, out);
            im_buf_text(out, cql_op_name(node->op));
            write_operand(node->args[1], HOLDS_SUM, out);
        } else if (cql_op_is_between(node->op, CQL_LIKE, CQL_IS_NULL))
            write_test(node, false, out);
        else if (cql_op_is_arithmetic(node->op))
            write_binary(node, out);
        else
            write_call(node, out);
        break;
    }
}

void cql_write_text(const struct cql_node *node, struct im_buf *out)
{
    write_text(node, out);
}

/* ---- JSON ---- */

static void json_exact(double value, struct im_json *w)
{
    char text[IM_NUMBER_MAX];
    size_t len = im_format_exact(text, value == 0 ? 0 : value);

    im_json_raw(w, (struct im_bytes){(const uint8_t *)text, len});
}

static void json_position(const struct geom *g, size_t i, struct im_json *w)
{
    im_json_array(w);
    json_exact(g->lonlat[2 * i], w);
    json_exact(g->lonlat[2 * i + 1], w);
    im_json_array_end(w);
}

static void json_part(const struct geom *g, uint32_t part, struct im_json *w)
{
    im_json_array(w);
    for (uint32_t i = part ? g->part_end[part - 1] : 0; i < g->part_end[part]; i++)
        json_position(g, i, w);
    im_json_array_end(w);
}

static void json_area(const struct geom *g, uint32_t area, struct im_json *w)
{
    im_json_array(w);
    for (uint32_t i = area ? g->area_end[area - 1] : 0; i < g->area_end[area]; i++)
        json_part(g, i, w);
    im_json_array_end(w);
}

static void json_several(const struct geom_item *item, struct im_json *w)
{
    const struct geom *g = &item->g;

    im_json_array(w);
    for (uint32_t i = 0; item->type == GEOM_TYPE_MULTIPOINT && i < g->n_points; i++)
        json_position(g, i, w);
    for (uint32_t i = 0; item->type == GEOM_TYPE_MULTILINESTRING && i < g->n_parts; i++)
        json_part(g, i, w);
    for (uint32_t i = 0; item->type == GEOM_TYPE_MULTIPOLYGON && i < g->n_areas; i++)
        json_area(g, i, w);
    im_json_array_end(w);
}

static void json_geometry(const struct geom_item *item, struct im_json *w)
{
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, geom_type_name(item->type));
    im_json_key(w, item->type == GEOM_TYPE_COLLECTION ? "geometries" : "coordinates");
    if (item->type == GEOM_TYPE_COLLECTION) {
        im_json_array(w);
        for (size_t i = 0; i < item->n_items; i++)
            json_geometry(&item->items[i], w);
        im_json_array_end(w);
    } else if (item->type == GEOM_TYPE_POINT)
        json_position(&item->g, 0, w);
    else if (item->type == GEOM_TYPE_LINESTRING)
        json_part(&item->g, 0, w);
    else if (item->type == GEOM_TYPE_POLYGON)
        json_area(&item->g, 0, w);
    else
        json_several(item, w);
    im_json_object_end(w);
}

static void json_instant(const struct cql_node *node, struct im_json *w)
{
    struct im_buf text = {.max = 64};

    cql_write_instant(node->op == CQL_DATE ? CQL_IS_DATE : CQL_IS_TIMESTAMP,
                      node->span.from, &text);
    w->out->failed |= text.failed;
    im_json_string(w, im_buf_bytes(&text));
    im_buf_release(&text);
}

static void json_interval_end(const struct cql_node *node, struct im_json *w)
{
    if (node->op == CQL_DATE || node->op == CQL_TIMESTAMP)
        json_instant(node, w);
    else if (node->op == CQL_UNBOUNDED)
        im_json_text(w, "..");
    else
        cql_write_json(node, w);
}

static void json_args(const struct cql_node *node, struct im_json *w)
{
    im_json_array(w);
    for (uint32_t i = 0; i < node->n_args; i++)
        cql_write_json(node->args[i], w);
    im_json_array_end(w);
}

static void json_call(const struct cql_node *node, struct im_json *w)
{
    im_json_object(w);
    im_json_key(w, "op");
    if (node->op == CQL_FUNCTION)
        im_json_string(w, node->text);
    else
        im_json_text(w, cql_op_name(node->op));
    im_json_key(w, "args");
    json_args(node, w);
    im_json_object_end(w);
}

/* {"name": value} */
static void json_member(const struct cql_node *node, struct im_json *w)
{
    im_json_object(w);
    switch (node->op) {
    case CQL_DATE:
    case CQL_TIMESTAMP:
        im_json_key(w, node->op == CQL_DATE ? "date" : "timestamp");
        json_instant(node, w);
        break;
    case CQL_INTERVAL:
        im_json_key(w, "interval");
        im_json_array(w);
        json_interval_end(node->args[0], w);
        json_interval_end(node->args[1], w);
        im_json_array_end(w);
        break;
    case CQL_BBOX:
        im_json_key(w, "bbox");
        im_json_array(w);
        for (unsigned i = 0; i < node->n_bbox; i++)
            json_exact(node->bbox[i], w);
        im_json_array_end(w);
        break;
    default:
        im_json_key(w, "property");
        im_json_string(w, node->text);
        break;
    }
    im_json_object_end(w);
}

void cql_write_json(const struct cql_node *node, struct im_json *w)
{
    switch (node->op) {
    case CQL_STRING:
        im_json_string(w, node->text);
        break;
    case CQL_NUMBER:
        if (node->is_integer)
            im_json_int(w, node->integer);
        else
            json_exact(node->number, w);
        break;
    case CQL_BOOLEAN:
        im_json_bool(w, node->truth);
        break;
    case CQL_GEOMETRY:
        json_geometry(node->item, w);
        break;
    case CQL_ARRAY:
        json_args(node, w);
        break;
    case CQL_UNBOUNDED:
        im_json_text(w, "..");
        break;
    case CQL_DATE:
    case CQL_TIMESTAMP:
    case CQL_INTERVAL:
    case CQL_BBOX:
    case CQL_PROPERTY:
        json_member(node, w);
        break;
    default:
        json_call(node, w);
        break;
    }
}
