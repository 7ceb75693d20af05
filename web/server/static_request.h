/* SPDX-License-Identifier: Apache-2.0 */
/* What a static map shows, as it is written in URLs and on the command line. */
#ifndef WEB_STATIC_REQUEST_H
#define WEB_STATIC_REQUEST_H

#include <tiles/static_map.h>

struct static_request {
    struct static_map picture;
    struct static_marker markers[STATIC_MAX_MARKERS];
    uint32_t n_markers;
    bool is_box;
    struct bbox box;
};

/* Errors: IM_EARG with the value and what is allowed. Texts are not copied. */
/** "lon,lat,zoom" or "minlon,minlat,maxlon,maxlat" */
IM_CHECKED enum im_code static_request_where(struct static_request *request,
                                             struct im_bytes text,
                                             struct im_error *err);
/** "800x600", "800x600@2x", with ".png", ".jpg" or ".webp" where `has_format` */
IM_CHECKED enum im_code static_request_size(struct static_request *request,
                                            struct im_bytes text,
                                            bool has_format,
                                            struct im_error *err);
/** "lon,lat[,label][,color]": the last part is the colour when it is one. */
IM_CHECKED enum im_code static_request_marker(struct static_request *request,
                                              struct im_bytes text,
                                              struct im_error *err);
/** ".png", ".jpg", ".jpeg", ".webp" at the end of a name; false: none of them. */
bool static_request_format(struct im_bytes name, enum picture_format *out);
#define STATIC_LEGEND_NAMES "true, false, inside, right, below"
/** One of STATIC_LEGEND_NAMES; "true" leaves its place to us. False: none of them. */
bool static_request_legend(struct im_bytes text, enum static_legend *out);
/** When all is read. */
IM_CHECKED enum im_code static_request_finish(struct static_request *request,
                                              struct im_error *err);

#endif
