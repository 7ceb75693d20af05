/* SPDX-License-Identifier: Apache-2.0 */
/* The parsed query as a list of parameters, always in one order. */
#include "ask/decide.h"

/* As ARCHITECTURE.md describes them: what, of which reference, where, how, how much. */
static const char *const order[] = {
    "layer",         "filter", "lon",          "lat",       "near",
    "radius_km",     "in",     "corridor",     "from",      "to",
    "half_width_km", "other",  "other_filter", "max_km",    "across",
    "show",          "by",     "areas",        "measure",   "per",
    "indicator",     "level",  "origin",       "host",      "mutual",
    "outside",       "q",      "datetime",     "precision", "k",
    "each",          "sortby", "min_count",    "limit",     "f"};

static size_t rank_of(const char *name)
{
    size_t i = 0;

    while (i < sizeof order / sizeof order[0] && strcmp(order[i], name) != 0)
        i++;
    return i;
}

void part_add(struct draft *d,
              const char *name,
              const char *value,
              struct schema_title title,
              size_t start,
              size_t end)
{
    struct ask_parse *out = d->out;
    size_t i = out->n_parts;

    if (i == ASK_MAX_PARTS)
        return;
    while (i > 0 && rank_of(out->parts[i - 1].name) > rank_of(name)) {
        out->parts[i] = out->parts[i - 1];
        i--;
    }
    out->parts[i] = (struct ask_part){.name = name,
                                      .value = value,
                                      .title = title,
                                      .start = start,
                                      .length = end - start};
    out->n_parts++;
}

void part_of_term(struct draft *d,
                  const char *name,
                  const char *value,
                  struct schema_title title,
                  size_t i)
{
    struct term *t = &d->r->terms[i];

    t->used = true;
    part_add(d, name, value, title, t->start, t->end);
}

void part_default(struct draft *d,
                  const char *name,
                  const char *value,
                  struct schema_title title)
{
    part_add(d, name, value, title, 0, 0);
}

struct schema_title title_in_both(const char *text)
{
    return (struct schema_title){text, text};
}

bool understood(struct draft *d, const char *operation)
{
    d->out->operation = operation;
    return true;
}

/* As much is escaped as keeps the line one question: its own marks and what ends it. */
static bool is_escaped(uint8_t c)
{
    return c <= ' ' ? c != ' '
                    : c == '%' || c == '&' || c == '+' || c == '#' || c == 0x7F;
}

void ask_write_line(const struct ask_parse *parse, struct im_buf *out)
{
    if (!parse->operation)
        return;
    im_buf_text(out, parse->operation);
    for (size_t i = 0; i < parse->n_parts; i++) {
        im_buf_printf(out, "%c%s=", i ? '&' : '?', parse->parts[i].name);
        for (const char *c = parse->parts[i].value; *c; c++)
            if (is_escaped((uint8_t)*c))
                im_buf_printf(out, "%%%02X", (unsigned)(uint8_t)*c);
            else
                im_buf_byte(out, (uint8_t)*c);
    }
}
