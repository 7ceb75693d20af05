/* SPDX-License-Identifier: Apache-2.0 */
/* An open source, shared by locate.c, open.c and rows.c. */
#ifndef IMPORT_SOURCE_OPENED_H
#define IMPORT_SOURCE_OPENED_H

#include "internal.h"

enum { MAX_FOLDER_FILES = 10000 };

struct source {
    struct source_options options; /* with copied texts */
    struct source_input input;
    struct source_reader reader;
    struct im_arena *arena;
    struct archive archive;
    struct temp temp;
    struct address *address;
    const char *recoded; /* the encoding it was made UTF-8 from, NULL */
    uint8_t head[SOURCE_HEAD_BYTES];
    char extension[16];

    const char **numbers; /* names of the columns of a grid without header */
    size_t n_numbers;
    const char **names; /* behind the header; NULL: no header */
    size_t n_names;
    bool is_export;            /* the header ends with the mark, which is no column */
    struct source_value *bare; /* cells without their guards; NULL: there are none */
    uint64_t header_last;
};

/* ---- locate.c ---- */

/** From what a person named to the file that is read, unpacked where it has to be:
 *  `input` says which. IM_ENOTFOUND, IM_EENV, IM_EDATA, IM_ELIMIT. */
IM_CHECKED enum im_code
source_locate(struct source *source, const char *path, struct im_error *err);
/** From here on `path` is read, called `name`: its ending and first bytes. IM_EDATA: it
 *  is empty. */
IM_CHECKED enum im_code source_set_path(struct source *source,
                                        const char *path,
                                        const char *name,
                                        struct im_error *err);

/* ---- open.c ---- */

/** A copy that lives as long as the source; NULL without memory. */
const char *source_keep(struct source *source, const char *text);
/** Columns of a grid are called by their numbers until there is a header. */
IM_CHECKED enum im_code source_number_columns(struct source *source,
                                              struct im_error *err);
IM_CHECKED enum im_code source_no_memory(struct im_error *err);

#endif
