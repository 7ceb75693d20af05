/* SPDX-License-Identifier: Apache-2.0 */
/* Titles in a language, and one line of attribution for several layers. */
#include <engine/query.h>

const char *query_title(struct schema_title title, enum lang lang)
{
    const char *asked = lang == LANG_EN ? title.en : title.zh;

    return *asked ? asked : lang == LANG_EN ? title.zh : title.en;
}

/* Length of the separator that `text` begins with: "; ", ";" or the full-width one. */
static size_t separator(struct im_bytes text)
{
    static const char *const forms[] = {"; ", ";", "；"};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct im_bytes form = im_bytes_of(forms[i]);

        if (text.len >= form.len && memcmp(text.data, form.data, form.len) == 0)
            return form.len;
    }
    return 0;
}

/* Cut the first part off the front of *text. */
static struct im_bytes next_part(struct im_bytes *text)
{
    struct im_bytes rest = *text;
    size_t gap = 0;

    while (rest.len && (gap = separator(rest)) == 0) {
        rest.data++;
        rest.len--;
    }
    struct im_bytes part = {text->data, text->len - rest.len};
    *text = (struct im_bytes){rest.data + gap, rest.len - gap};
    return part;
}

static bool names(struct im_bytes line, struct im_bytes part)
{
    while (line.len)
        if (im_bytes_equal(next_part(&line), part))
            return true;
    return false;
}

void query_add_attribution(struct im_buf *line,
                           const struct atlas_layer *layer,
                           enum lang lang)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);
    struct im_bytes text = im_bytes_of(query_title(schema->attribution, lang));

    while (text.len) {
        struct im_bytes part = next_part(&text);

        if (part.len == 0 || names(im_buf_bytes(line), part))
            continue;
        if (line->len)
            im_buf_text(line, lang == LANG_EN ? "; " : "；");
        im_buf_append(line, part.data, part.len);
    }
}
