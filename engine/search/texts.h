/* SPDX-License-Identifier: Apache-2.0 */
/* Which texts of a layer are searched, and how they come out of its columns. */
#ifndef ENGINE_SEARCH_TEXTS_H
#define ENGINE_SEARCH_TEXTS_H

#include "atlas/layer.h"

/** Fields that are searched. Names are looked at row by row, all of a row together;
 *  the others value by value, each different value once. The key is none of them: it
 *  is asked for as a whole. */
struct search_fields {
    int names[4];
    size_t n_names;
    int others[SCHEMA_MAX_FIELDS];
    size_t n_others;
};

void search_fields_of(const struct layer_schema *schema, struct search_fields *out);

/** Is a field's text also found by its pinyin? Cities and districts are. */
bool search_is_read(const struct layer_schema *schema, int field);

/** Append all names of a feature as they are searched, each ended by a newline. */
void search_names_of(const struct atlas_layer *layer,
                     const struct search_fields *fields,
                     uint32_t feature,
                     struct im_buf *out);
/** Append one name field of a feature in the same way. */
void search_name_field_of(const struct atlas_layer *layer,
                          int field,
                          uint32_t feature,
                          struct im_buf *out);
/** The same for one value of another text field: it, or of its codes the titles and
 *  synonyms. */
void search_value_of(const struct atlas_layer *layer,
                     int field,
                     uint32_t code,
                     struct im_buf *out);

/** The next part of a list ("BIO;IC"), without spaces around; false at the end. */
bool search_next_part(struct im_bytes *rest, struct im_bytes *part);
/** A field's code; NULL when it is none. */
const struct schema_code *search_code(const struct schema_field *field,
                                      struct im_bytes code);

#endif
