/* SPDX-License-Identifier: Apache-2.0 */
/* Start and stop of the server. */
#include "route_sprites.h"
#include "server_state.h"

#include <tiles/raster.h>

#include <microhttpd.h>
#include <xxhash.h>

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char *copy_text(const char *text, const char *fallback)
{
    return strdup(text && *text ? text : fallback);
}

/* Each connection is a descriptor; 1,024 is a common soft limit, far under the hard
 * one.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur < MAX_CONNECTIONS + 200) {
        limit.rlim_cur = limit.rlim_max < MAX_CONNECTIONS + 200 ? limit.rlim_max
                                                                : MAX_CONNECTIONS + 200;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* fewer connections then */
    }
}

static enum im_code cannot_listen(const struct server *s,
                                  const struct server_options *options,
                                  struct im_error *err)
{
    int why = errno;

    if (why == EADDRINUSE) {
        im_fail(err, IM_EENV,
                "port %u on %s is in use by another program; choose another one with "
                "--port, or stop that program",
                options->port, s->address);
        return im_zh(
            err, IM_EENV,
            "%s 的端口 %u 已被其他程序占用；请用 --port 换一个端口，或停止该程序",
            s->address, options->port);
    }
    if (why == EACCES) {
        im_fail(err, IM_EENV,
                "port %u may not be used by this account; choose one from 1024 to "
                "65535 with --port",
                options->port);
        return im_zh(err, IM_EENV,
                     "当前用户无权使用端口 %u；请用 --port 选择 1024 至 65535 的端口",
                     options->port);
    }
    im_fail(err, IM_EENV, "cannot listen on %s port %u: %s", s->address, options->port,
            strerror(why));
    return im_zh(err, IM_EENV, "无法监听 %s 端口 %u：%s", s->address, options->port,
                 strerror(why));
}

static enum im_code bad_address(const struct server *s, struct im_error *err)
{
    im_fail(err, IM_EARG,
            "'%s' is not a numeric address; allowed are for example 127.0.0.1, 0.0.0.0 "
            "and ::1",
            s->address);
    return im_zh(err, IM_EARG, "“%s” 不是数字地址；例如 127.0.0.1、0.0.0.0、::1",
                 s->address);
}

/* The socket is ours, so that what goes wrong can be told apart. */
static enum im_code
listen_at(struct server *s, const struct server_options *options, struct im_error *err)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    char port[8];
    int one = 1;
    enum im_code rc = IM_OK;

    snprintf(port, sizeof port, "%u", options->port);
    if (getaddrinfo(s->address, port, &hints, &found) != 0)
        return bad_address(s, err);
    s->listen_fd =
        socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listen_fd < 0 ||
        setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(s->listen_fd, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(s->listen_fd, SOMAXCONN) != 0 ||
        getsockname(s->listen_fd, (struct sockaddr *)&bound, &len) != 0) {
        rc = cannot_listen(s, options, err);
    } else if (getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof port,
                           NI_NUMERICSERV) == 0) {
        int64_t number = options->port;

        (void)im_parse_int64(im_bytes_of(port), &number);
        s->port = (uint16_t)number;
    }
    freeaddrinfo(found);
    return rc;
}

static enum im_code make_empty(struct picture_writer *writer,
                               const struct raster *raster,
                               enum picture_format format,
                               const char *type,
                               struct body **out,
                               struct im_error *err)
{
    struct raster_encoding encoding = {.format = format, .level = 1};
    struct im_buf buf = {.max = 1 << 20};
    enum im_code rc = raster_write(writer, raster, &encoding, &buf, err);

    if (rc == IM_OK) {
        *out = body_new(im_buf_bytes(&buf), type, NULL);
        if (!*out)
            rc = im_fail(err, IM_ENOMEM, "out of memory");
    }
    im_buf_release(&buf);
    return rc;
}

/* Of each size that tiles have: 1, 2 and 3 times 256 and 512. */
static enum im_code make_empty_pictures(struct server *s, struct im_error *err)
{
    struct picture_writer *writer = picture_writer_new();
    enum im_code rc = writer ? IM_OK : im_fail(err, IM_ENOMEM, "out of memory");

    for (unsigned i = 0; i < EMPTY_SIDES && rc == IM_OK; i++) {
        struct raster raster = {0};

        if (i == 4)
            continue;
        rc = raster_init(&raster, 256 * (i + 1), 256 * (i + 1), err);
        if (rc == IM_OK)
            rc = make_empty(writer, &raster, PICTURE_PNG, "image/png", &s->empty_png[i],
                            err);
        if (rc == IM_OK)
            rc = make_empty(writer, &raster, PICTURE_WEBP, "image/webp",
                            &s->empty_webp[i], err);
        raster_release(&raster);
    }
    picture_writer_free(writer);
    return rc;
}

static enum im_code start_connections(struct server *s,
                                      const struct server_options *options,
                                      struct im_error *err)
{
    enum im_code rc;

    s->connections.metrics = &s->metrics;
    s->connections.header_ms =
        1000 * (options->header_seconds ? options->header_seconds : HEADER_SECONDS);
    s->connections.body_ms =
        1000 * (options->body_seconds ? options->body_seconds : BODY_SECONDS);
    s->connections.stream_ms =
        1000 * (options->stream_seconds ? options->stream_seconds : STREAM_SECONDS);
    s->connections.idle_ms = 1000 * IDLE_SECONDS;
    rc = connections_start(&s->connections, err);
    s->connections_started = rc == IM_OK;
    return rc;
}

static enum im_code start_workers(struct server *s,
                                  const struct server_options *options,
                                  struct im_error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct work_options work = {
        .n_workers = options->workers ? options->workers
                     : cores > 0      ? (unsigned)cores
                                      : 1,
        .draws = true,
        .max_queued = MAX_QUEUED,
        /* whoever lets questions take longer means it */
        .max_wait_ms = s->question_ms > MAX_WAIT_MS ? s->question_ms : MAX_WAIT_MS,
        .max_run_ms = options->tile_ms ? options->tile_ms : TILE_MS,
        .font_directory = options->font_directory};

    enum im_code rc = work_start(&work, &s->drawing, err);

    work.draws = false;
    return rc == IM_OK ? work_start(&work, &s->questions, err) : rc;
}

static uint64_t hash_file(const char *path, uint64_t hash)
{
    struct stat info;
    uint64_t facts[3] = {hash, 0, 0};

    if (stat(path, &info) == 0) {
        facts[1] = (uint64_t)info.st_size;
        facts[2] =
            (uint64_t)info.st_mtim.tv_sec * 1000000000 + (uint64_t)info.st_mtim.tv_nsec;
    }
    return XXH3_64bits(facts, sizeof facts);
}

/* What bytes of tiles depend on besides what their keys say: this very program and the
 * fonts. Another one of them finds nothing on the disk. */
static uint64_t salt_of(const struct server_options *options)
{
    const char *fonts = options->font_directory ? options->font_directory
                                                : "/usr/share/fonts/opentype/noto";
    static const char *const names[] = {"NotoSansCJK-Regular.ttc",
                                        "NotoSansCJK-Bold.ttc"};
    uint64_t hash = hash_file("/proc/self/exe", 1);
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", fonts, names[i]);
        hash = hash_file(path, hash);
    }
    return hash;
}

static enum im_code start_disk_cache(struct server *s,
                                     const struct server_options *options,
                                     struct im_error *err)
{
    if (!options->tile_cache_directory || options->no_cache)
        return IM_OK;
    return disk_cache_open(options->tile_cache_directory,
                           options->tile_cache_disk_bytes
                               ? options->tile_cache_disk_bytes
                               : DISK_CACHE_BYTES,
                           salt_of(options), &s->disk, err);
}

static enum im_code
start_all(struct server *s, const struct server_options *options, struct im_error *err)
{
    /* what can fail for reasons a person has to mend comes first, the dear work later
     */
    enum im_code rc = listen_at(s, options, err);

    if (rc == IM_OK && options->viewer_directory)
        rc = assets_load(options->viewer_directory, &s->assets, err);
    if (rc == IM_OK)
        rc = stylesheet_set_open(options->styles_directory, &s->styles, err);
    if (rc == IM_OK && options->sprites_path)
        rc = sprite_files_open(s, options->sprites_path, err);
    if (rc == IM_OK)
        rc = grid_set_open(options->grids_directory, &s->grids, err);
    if (rc == IM_OK)
        rc = start_disk_cache(s, options, err);
    if (rc == IM_OK)
        rc = start_workers(s, options, err);
    if (rc == IM_OK)
        rc = make_empty_pictures(s, err);
    if (rc == IM_OK)
        rc = current_open(options->db_path, server_leaves_out_unreviewed(s),
                          &s->snapshots, &s->current, err);
    if (rc == IM_OK)
        rc = start_connections(s, options, err);
    if (rc == IM_OK)
        rc = daemon_start(s, err);
    return rc;
}

enum im_code server_start(const struct server_options *options,
                          struct server **out,
                          struct im_error *err)
{
    struct server *s = calloc(1, sizeof *s);
    enum im_code rc = IM_OK;

    if (!s)
        return im_fail(err, IM_ENOMEM, "out of memory for the server");
    pthread_mutex_init(&s->mutex, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->quiet, &attr);
    pthread_condattr_destroy(&attr);
    compressors_init(&s->compressors);
    s->listen_fd = -1;
    s->address = copy_text(options->address, "127.0.0.1");
    s->review_number = copy_text(options->review_number, "");
    s->db_path = copy_text(options->db_path, "");
    s->tianditu_prefix = copy_text(options->tianditu_prefix, "");
    s->is_public = options->is_public;
    s->access_log = options->access_log;
    s->snapshots.max_map_bytes = options->map_bytes ? options->map_bytes : MAP_BYTES;
    s->question_ms = options->question_ms ? options->question_ms : QUESTION_MS;
    if (!options->no_cache)
        s->cache =
            body_cache_new(options->cache_bytes ? options->cache_bytes : CACHE_BYTES);
    if (!options->no_cache)
        s->documents = body_cache_new(DOCUMENTS_BYTES);
    if (options->font_directory)
        s->font_directory = strdup(options->font_directory);
    if (!s->address || !s->review_number || !s->db_path || !s->tianditu_prefix ||
        (options->font_directory && !s->font_directory) ||
        (!options->no_cache && (!s->cache || !s->documents)))
        rc = im_fail(err, IM_ENOMEM, "out of memory for the server");
    raise_descriptor_limit();
    if (rc == IM_OK)
        rc = start_all(s, options, err);
    if (rc == IM_OK)
        *out = s;
    else
        server_stop(s);
    return rc;
}

uint16_t server_port(const struct server *server)
{
    return server->port;
}

struct server_summary server_summary(struct server *server)
{
    struct snapshot *snapshot = current_get(server->current);
    const struct atlas *atlas = snapshot_atlas(snapshot);
    struct server_summary sum = {.data_version = atlas_version(atlas),
                                 .n_layers = atlas_layer_count(atlas),
                                 .n_problems = atlas_problem_count(atlas)};

    for (size_t i = 0; i < sum.n_layers; i++)
        sum.n_features += atlas_layer_size(atlas_layer_at(atlas, i));
    snapshot_unref(snapshot);
    return sum;
}

static void wait_until_quiet(struct server *s)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_SECONDS;
    pthread_mutex_lock(&s->mutex);
    while (rc == 0 && atomic_load(&s->metrics.in_flight) > 0)
        rc = pthread_cond_timedwait(&s->quiet, &s->mutex, &until);
    pthread_mutex_unlock(&s->mutex);
}

static void stop_daemon(struct server *s)
{
    /* MHD_quiesce_daemon takes the socket away from event threads that may be doing so
     * themselves, and aborts when one was faster: nobody is let in instead */
    atomic_store(&s->stopping, true);
    wait_until_quiet(s);
    /* whoever still sleeps is woken: MHD_stop_daemon aborts on suspended connections */
    work_stop(s->drawing);
    work_stop(s->questions);
    MHD_stop_daemon(s->daemon);
    s->listen_fd = -1; /* it has closed that */
}

void server_stop(struct server *s)
{
    if (!s)
        return;
    if (s->daemon)
        stop_daemon(s);
    if (s->connections_started)
        connections_stop(&s->connections);
    work_free(s->drawing);
    work_free(s->questions);
    current_close(s->current);
    sprite_files_close(s);
    grid_set_close(s->grids);
    stylesheet_set_close(s->styles); /* the maps of the current snapshot used them */
    body_cache_free(s->cache);
    disk_cache_close(s->disk);
    body_cache_free(s->documents);
    assets_free(s->assets);
    compressors_release(&s->compressors);
    for (unsigned i = 0; i < EMPTY_SIDES; i++) {
        body_unref(s->empty_png[i]);
        body_unref(s->empty_webp[i]);
    }
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    for (unsigned i = 0; i < FONTS * FONT_RANGES; i++)
        body_unref((struct body *)atomic_load(&s->glyphs[i]));
    free(s->font_directory);
    free(s->address);
    free(s->review_number);
    free(s->db_path);
    free(s->tianditu_prefix);
    pthread_cond_destroy(&s->quiet);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}
