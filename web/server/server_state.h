/* SPDX-License-Identifier: Apache-2.0 */
/* What all parts of the running server share. */
#ifndef WEB_SERVER_STATE_H
#define WEB_SERVER_STATE_H

#include "api/notice.h"
#include "assets.h"
#include "compressors.h"
#include "connections.h"
#include "current.h"
#include "disk_cache.h"
#include "metrics.h"

#include <tiles/grid.h>
#include <tiles/sprites.h>
#include <tiles/stylesheet.h>

#include <web/server.h>

struct MHD_Daemon;

enum {
    IDLE_SECONDS = 15,
    HEADER_SECONDS = 10,
    STREAM_SECONDS = 600,
    BODY_SECONDS = 30, /* 3 MiB over a slow line */
    STOP_SECONDS = 10,
    MAX_CONNECTIONS = 4000,
    MAX_CONNECTIONS_PER_ADDRESS = 1000,
    CONNECTION_BYTES = 12 * 1024,
    MAX_QUEUED = 512,
    MAX_WAIT_MS = 10000,
    QUESTION_MS = 5000,
    TILE_MS = 20000,
    CACHE_BYTES = 256 * 1024 * 1024,
    DISK_CACHE_BYTES = 1024 * 1024 * 1024,
    MAP_BYTES = 256 * 1024 * 1024,
    DOCUMENTS_BYTES = 32 * 1024 * 1024,
    FONTS = 2,
    FONT_RANGES = 256,
    SPRITE_FILES = 6,
    EMPTY_SIDES = 6
};

struct server {
    char *address;
    char *review_number; /* never NULL */
    char *db_path;
    char *tianditu_prefix; /* "" or "/some/path" */
    bool is_public;
    bool access_log;
    unsigned question_ms;
    uint16_t port;
    int listen_fd;
    struct MHD_Daemon *daemon;
    struct snapshot_shared snapshots;
    struct current *current;
    struct work *drawing;     /* tiles and what belongs to them */
    struct work *questions;   /* of their own: slow ones must not hold up the map */
    struct body_cache *cache; /* NULL: off */
    struct disk_cache *disk;  /* NULL: off */
    /* What holds the host that the client named: apart, so that invented hosts push
     * nothing else out. NULL: off. */
    struct body_cache *documents;
    struct assets *assets; /* NULL: no viewer */
    /* transparent pictures of 256 px times i + 1, PNG and WebP; NULL: never asked for
     */
    struct body *empty_png[EMPTY_SIDES];
    struct body *empty_webp[EMPTY_SIDES];
    struct grid_set *grids;        /* never NULL once started */
    struct stylesheet_set *styles; /* never NULL once started */
    struct sprite_sheet *sprites;  /* NULL: none */
    struct body *sprite_files[SPRITE_FILES];
    char *font_directory; /* NULL: Debian's package */
    /* struct body *, made once and kept until the end; 0: not made yet */
    atomic_uintptr_t glyphs[FONTS * FONT_RANGES];
    struct connections connections;
    struct uploads uploads;
    struct streams streams;
    bool connections_started;
    struct compressors compressors;
    struct metrics metrics;
    atomic_bool stopping;
    atomic_uint_fast64_t request_ids;
    pthread_mutex_t mutex;
    pthread_cond_t quiet; /* in_flight has fallen to 0 */
};

/** Administrative outlines that nobody has reviewed are not shown (DESIGN, 5). */
static inline bool server_leaves_out_unreviewed(const struct server *server)
{
    return server->is_public && !server->review_number[0];
}

static inline const char *server_review_number(const struct server *server)
{
    return review_number_text(server->review_number);
}

/* daemon.c */
IM_CHECKED enum im_code daemon_start(struct server *server, struct im_error *err);

#endif
