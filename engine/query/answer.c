/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as JSON: the shape is in ARCHITECTURE.md, "Answers". */
#include "atlas/layer.h"

#include <engine/json_writer.h>

#include <math.h>

static double rounding_step_m(double uncertainty_m)
{
    return uncertainty_m >= 5000  ? 1000
           : uncertainty_m >= 500 ? 100
           : uncertainty_m >= 50  ? 10
                                  : 1;
}

double query_honest_m(double distance_m, double uncertainty_m)
{
    double step = rounding_step_m(uncertainty_m);

    return floor(distance_m / step + 0.5) * step;
}

/* Metres below a kilometre, kilometres with the decimals that the step allows above. */
static void write_length(struct im_buf *out, double metres, double step)
{
    char digits[IM_NUMBER_MAX];
    int decimals = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3;
    bool in_km = metres >= 1000 || step >= 1000;

    im_buf_append(
        out, digits,
        im_format_double(digits, in_km ? metres / 1000 : metres, in_km ? decimals : 0));
    im_buf_text(out, in_km ? " km" : " m");
}

void query_distance_text(char out[QUERY_DISTANCE_TEXT],
                         double distance_m,
                         double uncertainty_m,
                         enum lang lang)
{
    double step = rounding_step_m(uncertainty_m);
    double honest_m = query_honest_m(distance_m, uncertainty_m);
    /* "about 0 km" says less than "under 1 km" */
    bool under = honest_m == 0 && (distance_m > 0 || uncertainty_m > 0);
    bool zh = lang == LANG_ZH;
    /* one byte stays for the end */
    struct im_buf text = {.data = (uint8_t *)out,
                          .cap = QUERY_DISTANCE_TEXT - 1,
                          .max = QUERY_DISTANCE_TEXT - 1};

    if (under)
        im_buf_text(&text, zh ? "不到 " : "under ");
    else if (uncertainty_m > 0)
        im_buf_text(&text, zh ? "约 " : "about ");
    write_length(&text, under ? step : honest_m, step);
    if (uncertainty_m > 0) { /* rounded upwards, to two digits at most */
        im_buf_text(&text, zh ? "（±" : " (±");
        write_length(&text,
                     uncertainty_m >= 1000 ? ceil(uncertainty_m / 100) * 100
                                           : ceil(uncertainty_m),
                     100);
        im_buf_text(&text, zh ? "）" : ")");
    }
    out[text.len] = '\0';
}

static void
write_id(struct im_json *w, const struct atlas_layer *layer, uint32_t feature)
{
    char number[IM_NUMBER_MAX];
    struct im_bytes key;

    atlas_key(layer, feature, number, &key);
    im_json_string(w, key);
}

void query_write_distance(struct im_json *w,
                          double distance_m,
                          double uncertainty_m,
                          enum lang lang)
{
    char text[QUERY_DISTANCE_TEXT];

    query_distance_text(text, distance_m, uncertainty_m, lang);
    im_json_key(w, "distance_m");
    im_json_number(w, query_honest_m(distance_m, uncertainty_m), 0);
    im_json_key(w, "uncertainty_m");
    im_json_number(w, uncertainty_m, 0);
    im_json_key(w, "distance_text");
    im_json_text(w, text);
}

static void
write_place_members(struct im_json *w, const struct query_place *place, enum lang lang)
{
    im_json_key(w, "name");
    im_json_string(w, query_name(place->layer, place->feature, lang));
    im_json_key(w, "layer");
    im_json_text(w, place->layer->schema->id);
    im_json_key(w, "id");
    write_id(w, place->layer, place->feature);
    im_json_key(w, "precision");
    im_json_text(w, precision_name(place->precision));
    im_json_key(w, "in");
    im_json_text(w, lang == LANG_EN && *place->in_en ? place->in_en : place->in_zh);
}

void query_write_place(struct im_json *w,
                       const struct query_place *place,
                       enum lang lang)
{
    char number[IM_NUMBER_MAX];
    struct im_bytes key;
    struct im_buf near = {.max = 4096};

    atlas_key(place->layer, place->feature, number, &key);
    im_buf_text(&near, place->layer->schema->id);
    im_buf_byte(&near, ':');
    im_buf_append(&near, key.data, key.len);
    im_json_object(w);
    write_place_members(w, place, lang);
    im_json_key(w, "lon");
    im_json_number(w, place->lon, 7);
    im_json_key(w, "lat");
    im_json_number(w, place->lat, 7);
    im_json_key(w, "near");
    im_json_string(w, im_buf_bytes(&near));
    im_json_object_end(w);
    im_buf_release(&near);
}

static void write_origin(struct im_json *w, const struct query_answer_context *c)
{
    static const char *const matches[] = {"exact", "alias", "prefix", "inside"};

    im_json_key(w, "origin");
    im_json_object(w);
    im_json_key(w, "lon");
    im_json_number(w, c->request->lon, 7);
    im_json_key(w, "lat");
    im_json_number(w, c->request->lat, 7);
    im_json_key(w, "uncertainty_m");
    im_json_number(w, c->request->origin_uncertainty_m, 0);
    im_json_key(w, "measured_from");
    im_json_text(w, c->request->outline_layer ? "edge" : "point");
    if (c->near && c->near->n) {
        im_json_key(w, "place");
        im_json_object(w);
        write_place_members(w, &c->near->places[0], c->lang);
        im_json_key(w, "match");
        im_json_text(w, matches[c->near->places[0].match]);
        im_json_object_end(w);
        im_json_key(w, "alternatives");
        im_json_array(w);
        for (size_t i = 1; i < c->near->n; i++)
            query_write_place(w, &c->near->places[i], c->lang);
        im_json_array_end(w);
    }
    im_json_object_end(w);
}

void query_write_request(struct im_json *w, const struct query_answer_context *c)
{
    const struct query_request *q = c->request;

    im_json_key(w, "layers");
    im_json_array(w);
    for (size_t i = 0; i < q->n_layers; i++)
        im_json_text(w, q->layers[i]->schema->id);
    im_json_array_end(w);
    if (q->k) {
        im_json_key(w, "k");
        im_json_int(w, q->k);
    }
    im_json_key(w, "max_km");
    im_json_number(w, q->max_m / 1000, 3); /* none: not finite, written as null */
    im_json_key(w, "precision");
    im_json_text(w, precision_name(q->coarsest));
    if (q->has_origin)
        write_origin(w, c);
    if (c->query_members.len)
        im_json_raw(w, c->query_members);
}

static const char *apart_note(bool has_origin, enum precision coarsest, enum lang lang)
{
    if (!has_origin)
        return lang == LANG_ZH
                   ? "这些条目的位置比所要求的粗略，未计入。"
                   : "The positions of these entries are coarser than asked for; they "
                     "are not counted in.";
    if (coarsest == PRECISION_DISTRICT)
        return lang == LANG_ZH ? "这些条目只知道所在城市，不参与距离排序。"
                               : "Only the city of these entries is known; they take "
                                 "no part in the "
                                 "order by distance.";
    if (coarsest == PRECISION_TOWN)
        return lang == LANG_ZH ? "这些条目只知道所在区县或城市，不参与距离排序。"
                               : "Only the district or city of these entries is known; "
                                 "they take no "
                                 "part in the order by distance.";
    return lang == LANG_ZH
               ? "这些条目的位置比所要求的粗略，不参与距离排序。"
               : "The positions of these entries are coarser than asked for; they take "
                 "no part in the order by distance.";
}

/* Without distances: a distance to a seat that stands for a whole city misleads. */
static void write_apart(struct im_json *w,
                        const struct query_answer *answer,
                        const struct query_answer_context *c)
{
    im_json_key(w, "apart");
    im_json_object(w);
    im_json_key(w, "numberMatched");
    im_json_int(w, (int64_t)answer->n_apart_matched);
    im_json_key(w, "note");
    im_json_text(w, apart_note(c->request->has_origin, c->request->coarsest, c->lang));
    im_json_key(w, "features");
    im_json_array(w);
    for (size_t i = 0; i < answer->n_apart; i++)
        query_write_feature(w, answer->apart[i].layer, answer->apart[i].feature, NULL,
                            c);
    im_json_array_end(w);
    im_json_object_end(w);
}

static void write_completeness(struct im_json *w, const struct query_answer_context *c)
{
    im_json_key(w, "completeness");
    im_json_array(w);
    for (size_t i = 0; i < c->request->n_layers; i++) {
        const struct layer_schema *s = c->request->layers[i]->schema;
        const char *note = query_title(s->completeness, c->lang);

        if (!*note)
            continue;
        im_json_object(w);
        im_json_key(w, "layer");
        im_json_text(w, s->id);
        im_json_key(w, "note");
        im_json_text(w, note);
        im_json_object_end(w);
    }
    im_json_array_end(w);
}

static void write_attribution(struct im_json *w, const struct query_answer_context *c)
{
    struct im_buf text = {.max = 16384};

    for (size_t i = 0; i < c->request->n_layers; i++)
        query_add_attribution(&text, c->request->layers[i], c->lang);
    im_json_key(w, "attribution");
    im_json_string(w, im_buf_bytes(&text));
    im_buf_release(&text);
}

void query_write_about(struct im_json *w, const struct query_answer_context *context)
{
    write_completeness(w, context);
    write_attribution(w, context);
    if (context->notice) {
        im_json_key(w, "notice");
        im_json_text(w, context->notice);
    }
    if (context->review_number) {
        im_json_key(w, "review_number");
        im_json_text(w, context->review_number);
    }
}

/* Rows of an answer lie anywhere in the columns: their codes, then where their texts
 * begin, then the texts are asked of the memory some rows before they are written. */
enum { AHEAD_CODES = 6, AHEAD_STARTS = 4, AHEAD_TEXTS = 2 };

static void look_ahead(const struct query_answer *answer, size_t i, int how_far)
{
    const struct atlas_layer *layer;
    uint32_t row;

    if (i >= answer->n_hits)
        return;
    layer = answer->hits[i].layer;
    row = answer->hits[i].feature;
    for (size_t f = 0; f < layer->schema->n_fields; f++) {
        const struct column *c = &layer->columns[f];

        if (how_far == AHEAD_CODES)
            __builtin_prefetch(c->type == FIELD_TEXT ? (const void *)&c->codes[row]
                               : c->type == FIELD_INTEGER
                                   ? (const void *)&c->integers[row]
                                   : (const void *)&c->reals[row]);
        else if (c->type == FIELD_TEXT && c->codes[row] != ATLAS_NULL_CODE)
            __builtin_prefetch(
                how_far == AHEAD_STARTS
                    ? (const void *)&c->starts[c->codes[row]]
                    : (const void *)(c->blob + c->starts[c->codes[row]]));
    }
}

size_t query_write_answer_hits(struct im_json *w,
                               const struct query_answer *answer,
                               size_t from,
                               size_t full,
                               const struct query_answer_context *context)
{
    size_t i = from;

    for (size_t k = 0; k < AHEAD_CODES; k++)
        look_ahead(answer, from + k, AHEAD_CODES);
    for (size_t k = 0; k < AHEAD_STARTS; k++)
        look_ahead(answer, from + k, AHEAD_STARTS);
    while (i < answer->n_hits && !w->out->failed && (i == from || w->out->len < full)) {
        look_ahead(answer, i + AHEAD_CODES, AHEAD_CODES);
        look_ahead(answer, i + AHEAD_STARTS, AHEAD_STARTS);
        look_ahead(answer, i + AHEAD_TEXTS, AHEAD_TEXTS);
        query_write_feature(w, answer->hits[i].layer, answer->hits[i].feature,
                            &answer->hits[i], context);
        i++;
    }
    return i;
}

void query_write_answer_begin(struct im_json *w,
                              const struct query_answer_context *context)
{
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, "FeatureCollection");
    im_json_key(w, "query");
    im_json_object(w);
    query_write_request(w, context);
    im_json_object_end(w);
    im_json_key(w, "features");
    im_json_array(w);
}

void query_write_answer_end(struct im_json *w,
                            const struct query_answer *answer,
                            const struct query_answer_context *context)
{
    im_json_array_end(w);
    im_json_key(w, "numberMatched");
    im_json_int(w, (int64_t)answer->n_matched);
    im_json_key(w, "numberReturned");
    im_json_int(w, (int64_t)answer->n_hits);
    write_apart(w, answer, context);
    im_json_key(w, "unplaced");
    im_json_int(w, (int64_t)answer->n_unplaced);
    if (context->members.len)
        im_json_raw(w, context->members);
    query_write_about(w, context);
    im_json_object_end(w);
}
