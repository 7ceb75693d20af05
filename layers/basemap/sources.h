/* SPDX-License-Identifier: Apache-2.0 */
/* The installed packages the base map is made from. */
#ifndef BASEMAP_SOURCES_H
#define BASEMAP_SOURCES_H

#include "build.h"

#include <engine/bytes.h>

enum source_id {
    SOURCE_COAST,
    SOURCE_OUTLINES,
    SOURCE_DISTRICTS,
    SOURCE_DCW,
    SOURCE_SHORES,
    SOURCE_RIVERS,
    N_SOURCES
};

enum { SOURCE_VERSION_BYTES = 32 };

/** What is known of a source before anything is built. */
struct source {
    const char *package; /* "npm echarts@4.9.0" */
    const char *layers;
    const char *licence;
    const char *attribution;
    const char *get;   /* the command that installs it */
    const char *lacks; /* what this source cannot give, zh / en; "" when nothing */
    char *path;        /* file or folder */
    char version[SOURCE_VERSION_BYTES]; /* of the npm package that is there, or "" */
    uint64_t bytes; /* size of what is there, 0 when it is missing */
    bool wanted;
    bool used;
};

struct sources {
    struct source item[N_SOURCES];
};

IM_CHECKED enum im_code sources_find(struct sources *s,
                                     const struct basemap_options *options,
                                     struct im_error *err);
void sources_release(struct sources *s);

/** Same text, same base map: builder version, packages and their sizes. */
void sources_fingerprint(const struct sources *s, struct im_buf *out);

/** The whole file, at most `max` bytes. Release it with im_buf_release. */
IM_CHECKED enum im_code sources_read_file(const char *path,
                                          size_t max,
                                          struct im_buf *out,
                                          struct im_error *err);

#endif
