/* SPDX-License-Identifier: Apache-2.0 */
/* ask: a plain question, understood as one of the other operations and answered by it.
 */
#include "api/call.h"

#include "api/table.h"
#include "http_problem.h"
#include "http_status.h"

#include <time.h>

struct ask_answer {
    struct ask_parse parse;
    struct api_call *inner; /* NULL: nothing was asked of the data */
    enum im_code code;      /* of the inner call */
    struct im_error err;
};

static int this_year(void)
{
    time_t now = time(NULL);
    struct tm parts;

    return gmtime_r(&now, &parts) ? parts.tm_year + 1900 : 1970;
}

/* ---- understanding ---- */

static enum im_code run_inner(struct api_call *c, struct ask_answer *a)
{
    const struct ask_parse *parse = &a->parse;
    struct url_param pairs[ASK_MAX_PARTS + 1];
    struct api_call *inner = a->inner;
    size_t n = 0;
    enum im_code rc;

    for (size_t i = 0; i < parse->n_parts; i++)
        pairs[n++] = (struct url_param){im_bytes_of(parse->parts[i].name),
                                        im_bytes_of(parse->parts[i].value)};
    inner->atlas = c->atlas;
    inner->arena = c->arena;
    inner->lang = c->lang;
    inner->leave_out_unreviewed = c->leave_out_unreviewed;
    inner->review_number = c->review_number;
    inner->db_path = c->db_path;
    inner->deadline = c->deadline;
    rc = api_take(inner, pairs, n, &a->err);
    return rc == IM_OK ? inner->operation->run(inner, &a->err) : rc;
}

enum im_code api_ask_run(struct api_call *c, struct im_error *err)
{
    struct ask_answer *a = im_arena_calloc(c->arena, 1, sizeof *a);
    const struct api_operation *op;
    enum im_code rc;

    if (!a)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->other = a;
    if (!api_is_set(c, API_Q))
        return api_missing(c, API_Q, "请提出问题：q=离张江最近的概念验证中心",
                           "ask something: q=nearest incubator to Zhangjiang", err);
    rc = ask_parse(c->atlas, c->values[API_Q].text, this_year(), c->arena, &a->parse,
                   err);
    if (rc != IM_OK) {
        api_fault(c, API_Q, c->values[API_Q].text);
        return rc;
    }
    if (!api_is_set(c, API_LANG))
        c->lang = a->parse.lang;
    op =
        a->parse.operation ? api_operation_find(im_bytes_of(a->parse.operation)) : NULL;
    c->is_unanswered = !op || a->parse.needs;
    if (c->is_unanswered)
        return IM_OK;
    a->inner = im_arena_calloc(c->arena, 1, sizeof *a->inner);
    if (!a->inner)
        return im_fail(err, IM_ENOMEM, "out of memory");
    a->inner->operation = op;
    a->code = run_inner(c, a);
    c->is_unanswered = a->code != IM_OK;
    /* what is wrong with the question is part of the answer; what is wrong with us, or
     * takes too long, is not */
    if (http_status_of(a->code) >= 500) {
        *err = a->err;
        return a->code;
    }
    return IM_OK;
}

/* ---- JSON ---- */

static void
write_part(const struct api_call *c, const struct ask_part *part, struct im_json *w)
{
    const char *about = "";

    for (int p = 0; p < API_PARAMS; p++)
        if (strcmp(api_params[p].spec.name, part->name) == 0)
            about = query_title(api_params[p].about, c->lang);
    im_json_object(w);
    api_write_text(w, "name", part->name);
    api_write_text(w, "about", about);
    api_write_text(w, "value", part->value);
    api_write_text(w, "title", query_title(part->title, c->lang));
    api_write_int(w, "start", part->start);
    api_write_int(w, "length", part->length);
    im_json_object_end(w);
}

/* The same question as an address, also where it cannot be asked yet. */
static void
write_url(const struct api_call *c, const struct ask_parse *parse, struct im_json *w)
{
    struct im_buf url = {.max = 4 * URL_MAX_BYTES};

    im_buf_printf(&url, "/api/%s", parse->operation);
    for (size_t i = 0; i < parse->n_parts; i++) {
        im_buf_printf(&url, "%c%s=", i ? '&' : '?', parse->parts[i].name);
        url_encode(&url, im_bytes_of(parse->parts[i].value));
    }
    if (c->lang == LANG_EN)
        im_buf_printf(&url, "%clang=en", parse->n_parts ? '&' : '?');
    im_json_key(w, "url");
    im_json_string(w, im_buf_bytes(&url));
    im_buf_release(&url);
}

static void write_understood(const struct api_call *c,
                             const struct ask_parse *parse,
                             struct im_json *w)
{
    struct im_buf line = {.max = 64 * 1024};
    const struct api_operation *op;

    im_json_key(w, "understood");
    if (!parse->operation) {
        im_json_null(w);
        return;
    }
    op = api_operation_find(im_bytes_of(parse->operation));
    im_json_object(w);
    api_write_text(w, "operation", parse->operation);
    api_write_text(w, "about", op ? query_title(op->about, c->lang) : "");
    im_json_key(w, "parts");
    im_json_array(w);
    for (size_t i = 0; i < parse->n_parts; i++)
        write_part(c, &parse->parts[i], w);
    im_json_array_end(w);
    ask_write_line(parse, &line);
    im_json_key(w, "line");
    im_json_string(w, im_buf_bytes(&line));
    write_url(c, parse, w);
    im_json_object_end(w);
    im_buf_release(&line);
}

/* Characters `start` to `start + length` of a text. */
static struct im_bytes part_of(struct im_bytes text, struct ask_span span)
{
    size_t at = 0;
    size_t from;

    for (size_t i = 0; i < span.start && at < text.len; i++)
        (void)im_utf8_next(text, &at);
    from = at;
    for (size_t i = 0; i < span.length && at < text.len; i++)
        (void)im_utf8_next(text, &at);
    return (struct im_bytes){text.data + from, at - from};
}

static void write_unknown(const struct api_call *c,
                          const struct ask_parse *parse,
                          struct im_json *w)
{
    im_json_key(w, "unknown");
    im_json_array(w);
    for (size_t i = 0; i < parse->n_unknown; i++) {
        im_json_object(w);
        im_json_key(w, "text");
        im_json_string(w, part_of(c->values[API_Q].text, parse->unknown[i]));
        api_write_int(w, "start", parse->unknown[i].start);
        api_write_int(w, "length", parse->unknown[i].length);
        im_json_object_end(w);
    }
    im_json_array_end(w);
    im_json_key(w, "closest");
    im_json_array(w);
    for (size_t i = 0; i < parse->n_closest; i++)
        im_json_text(w, parse->closest[i]);
    im_json_array_end(w);
}

static void write_result(const struct api_call *c, struct im_json *w)
{
    const struct ask_answer *a = c->other;
    bool has_result = a->inner && a->code == IM_OK;

    im_json_key(w, "result");
    if (has_result)
        a->inner->operation->write(a->inner, w);
    else
        im_json_null(w);
    if (has_result || !a->inner)
        return;
    struct http_problem problem = {
        .status = http_status_of(a->code),
        .lang = c->lang,
        .err = &a->err,
        .fault = &a->inner->fault,
        .places = a->code == IM_EAMBIGUOUS ? &a->inner->choices : NULL};
    im_json_key(w, "problem");
    problem_write(&problem, w);
}

void api_ask_write(const struct api_call *c, struct im_json *w)
{
    const struct ask_answer *a = c->other;
    const char *missing = query_title(a->parse.missing, c->lang);

    im_json_object(w);
    im_json_key(w, "question");
    im_json_string(w, c->values[API_Q].text);
    api_write_text(w, "lang", c->lang == LANG_ZH ? "zh" : "en");
    write_understood(c, &a->parse, w);
    write_unknown(c, &a->parse, w);
    api_write_text(w, "missing", *missing ? missing : NULL);
    api_write_text(w, "needs", a->parse.needs);
    write_result(c, w);
    im_json_object_end(w);
}

/* ---- tables ---- */

static void lead(const struct api_call *c, struct api_table *t)
{
    const struct ask_answer *a = c->other;
    struct im_buf line = {.max = 1800};

    if (a->parse.operation) {
        ask_write_line(&a->parse, &line);
        table_lead(t, api_text(c, "理解为：%.*s", "Understood: %.*s"), (int)line.len,
                   line.len ? (const char *)line.data : "");
    }
    for (size_t i = 0; i < a->parse.n_unknown; i++) {
        struct im_bytes text = part_of(c->values[API_Q].text, a->parse.unknown[i]);

        table_lead(t, api_text(c, "没有理解：%.*s", "Not understood: %.*s"),
                   (int)text.len, (const char *)text.data);
    }
    im_buf_release(&line);
}

static void tail(const struct api_call *c, struct api_table *t)
{
    const struct ask_answer *a = c->other;
    const char *missing = query_title(a->parse.missing, c->lang);
    bool chinese = c->lang == LANG_ZH && a->err.msg_zh[0];

    if (*missing)
        table_note(t, "%s", missing);
    if (a->parse.needs)
        table_note(
            t, "%s",
            strcmp(a->parse.needs, "point") == 0
                ? api_text(c, "请给出位置：用 --lon 与 --lat，或在地图上点一下。",
                           "Give the position: --lon and --lat, or click on the "
                           "map.")
                : api_text(c, "请给出多边形：用 --polygon，或在地图上画出。",
                           "Give the polygon: --polygon, or draw it on the map."));
    if (a->inner && a->code != IM_OK)
        table_note(t, "%s", chinese ? a->err.msg_zh : a->err.msg);
    for (size_t i = 0; a->code == IM_EAMBIGUOUS && i < a->inner->choices.n; i++) {
        const struct query_place *place = &a->inner->choices.places[i];
        struct im_bytes name = query_name(place->layer, place->feature, c->lang);
        char number[IM_NUMBER_MAX];
        struct im_bytes key;

        atlas_key(place->layer, place->feature, number, &key);
        table_note(t, "  %s:%.*s  %.*s (%s)", atlas_layer_schema(place->layer)->id,
                   (int)key.len, (const char *)key.data, (int)name.len,
                   (const char *)name.data,
                   c->lang == LANG_ZH ? place->in_zh : place->in_en);
    }
    for (size_t i = 0; i < a->parse.n_closest; i++)
        table_note(t, api_text(c, "可以这样问：%s", "Could be asked: %s"),
                   a->parse.closest[i]);
}

void api_ask_tabulate(const struct api_call *c, struct api_table *t)
{
    const struct ask_answer *a = c->other;

    lead(c, t);
    if (a->inner && a->code == IM_OK)
        a->inner->operation->tabulate(a->inner, t);
    tail(c, t);
    if (!t->n_columns && !t->is_brief)
        table_column(t, api_text(c, "回答", "Answer"), "answer");
}
