/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: libmicrohttpd event threads, render workers, the current atlas. */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <engine/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Texts are copied; zero-initialise and set what differs. */
struct server_options {
    const char *db_path;
    const char *address;          /* numeric; NULL: "127.0.0.1" */
    uint16_t port;                /* 0: any free one */
    const char *viewer_directory; /* built viewer; NULL: API and tiles only */
    const char *font_directory;   /* NULL: the Debian package */
    const char *grids_directory;  /* tile matrix sets; NULL: WebMercatorQuad alone */
    const char *styles_directory; /* stylesheets; NULL: none */
    const char *sprites_path;     /* without suffix; NULL: no icons, no patterns */
    const char *tianditu_prefix; /* "/path" before the addresses of the 天地图 alias */
    const char *review_number;   /* 审图号, NULL or "": 无审图号 */
    bool is_public;              /* the public profile */
    unsigned workers;   /* that draw, and as many that answer; 0: one per core */
    size_t cache_bytes; /* 0: 256 MiB; cache off with no_cache */
    size_t map_bytes;   /* of what is kept ready to draw maps; 0: 256 MiB */
    bool no_cache;
    const char *tile_cache_directory; /* tiles kept on a disk; NULL: none */
    uint64_t tile_cache_disk_bytes;   /* 0: 1 GiB */
    bool access_log;                  /* one line for each answer */
    unsigned header_seconds; /* for a request to arrive, but for its body; 0: 10 */
    unsigned body_seconds;   /* for its body; 0: 30 */
    unsigned stream_seconds; /* for a long answer to be taken; 0: 600 */
    unsigned question_ms;    /* for a question, from its arrival; 0: 5,000 */
    unsigned tile_ms;        /* for drawing one picture; 0: 20,000 */
};

struct server;
/** Start listening; returns when requests are answered. Errors: IM_EENV port in use,
 *  font or viewer missing (each with the next step), others of store_open. */
IM_CHECKED enum im_code server_start(const struct server_options *options,
                                     struct server **out,
                                     struct im_error *err);
uint16_t server_port(const struct server *server);
/** What is served now, for the lines a person sees at the start. */
struct server_summary {
    uint64_t data_version;
    size_t n_layers;
    uint64_t n_features;
    size_t n_problems; /* layers that could not be read */
};
struct server_summary server_summary(struct server *server);
/** Stop accepting, finish running requests (at most 10 s), free everything. */
void server_stop(struct server *server);

#endif
