/* SPDX-License-Identifier: Apache-2.0 */
/* For those who run the server: alive, ready, counters. */
#include "routes.h"
#include "server_state.h"

#include <malloc.h>

enum { METRICS_MAX_BYTES = 256 * 1024 };

static enum im_code reply_text(struct exchange *x,
                               struct im_buf *buf,
                               const char *type,
                               struct im_error *err)
{
    enum im_code rc = exchange_reply(x, buf, type, NULL, &x->body, err);

    x->keep = KEEP_NOT;
    im_buf_release(buf);
    return rc;
}

enum im_code route_healthz(struct exchange *x, struct im_error *err)
{
    struct im_buf buf = {.max = 256};

    im_buf_text(&buf, "ok\n");
    return reply_text(x, &buf, "text/plain; charset=utf-8", err);
}

enum im_code route_readyz(struct exchange *x, struct im_error *err)
{
    struct im_buf buf = {.max = 1024};
    struct snapshot *snapshot = exchange_snapshot(x);

    if (atomic_load(&x->server->stopping)) {
        im_fail(err, IM_ESTOPPED, "the server is stopping");
        return im_zh(err, IM_ESTOPPED, "服务器正在停止");
    }
    im_buf_printf(&buf, "ready data_version=%llu database=%s\n",
                  (unsigned long long)atlas_version(snapshot_atlas(snapshot)),
                  current_is_healthy(x->server->current) ? "ok" : "unreadable");
    return reply_text(x, &buf, "text/plain; charset=utf-8", err);
}

static const char *route_name(unsigned route)
{
    return route < n_routes ? routes[route].pattern : NULL;
}

static void write_cache(struct body_cache *cache, struct im_buf *out)
{
    struct body_cache_counts n = body_cache_count(cache);

    metrics_write_value(out, "innomap_cache_hits_total", "counter",
                        "Answers found in the cache.", n.hits);
    metrics_write_value(out, "innomap_cache_misses_total", "counter",
                        "Answers looked for in the cache and not found.", n.misses);
    metrics_write_value(out, "innomap_cache_evicted_total", "counter",
                        "Answers dropped to make room.", n.evicted);
    metrics_write_value(out, "innomap_cache_admitted_total", "counter",
                        "New answers that were worth what had to go for them.",
                        n.admitted);
    metrics_write_value(out, "innomap_cache_rejected_total", "counter",
                        "New answers that were not.", n.rejected);
    metrics_write_value(out, "innomap_cache_kept_total", "counter",
                        "Answers found again after a change of data that did not "
                        "concern them.",
                        n.kept);
    metrics_write_value(out, "innomap_cache_dropped_total", "counter",
                        "Answers replaced after a change of data.", n.dropped);
    metrics_write_value(out, "innomap_cache_shared_total", "counter",
                        "New answers with the bytes of one that was there.", n.shared);
    metrics_write_value(out, "innomap_cache_entries", "gauge", "Answers kept.",
                        n.entries);
    metrics_write_value(out, "innomap_cache_bytes", "gauge", "Bytes kept.", n.bytes);
    metrics_write_value(out, "innomap_cache_max_bytes", "gauge",
                        "Bytes that may be kept.", n.max_bytes);
}

static void write_disk(struct disk_cache *disk, struct im_buf *out)
{
    struct disk_cache_counts n = disk_cache_count(disk);

    metrics_write_value(out, "innomap_disk_cache_hits_total", "counter",
                        "Tiles found on the disk.", n.hits);
    metrics_write_value(out, "innomap_disk_cache_misses_total", "counter",
                        "Tiles looked for on the disk and not found.", n.misses);
    metrics_write_value(out, "innomap_disk_cache_written_total", "counter",
                        "Tiles written to the disk.", n.written);
    metrics_write_value(out, "innomap_disk_cache_evicted_total", "counter",
                        "Files removed to stay under the limit.", n.evicted);
    metrics_write_value(out, "innomap_disk_cache_healed_total", "counter",
                        "Damaged or foreign files removed.", n.healed);
    metrics_write_value(out, "innomap_disk_cache_bytes", "gauge", "Bytes on the disk.",
                        n.bytes);
    metrics_write_value(out, "innomap_disk_cache_max_bytes", "gauge",
                        "Bytes that may be on the disk.", n.max_bytes);
    metrics_write_value(out, "innomap_disk_cache_off", "gauge",
                        "1 when the disk was full or not writable: see the log.",
                        n.is_off);
}

static void
write_memory(struct server *server, struct snapshot *snapshot, struct im_buf *out)
{
    struct snapshot_maps maps = snapshot_maps(snapshot);

    metrics_write_value(out, "innomap_snapshots", "gauge",
                        "Snapshots that somebody holds: one, two for a moment after an "
                        "import.",
                        atomic_load(&server->snapshots.alive));
    metrics_write_value(out, "innomap_maps", "gauge",
                        "Sets of layers, look, language, grid and filter kept ready.",
                        maps.n);
    metrics_write_value(out, "innomap_map_bytes", "gauge",
                        "Memory of those maps: styles, label plans.", maps.bytes);
    metrics_write_value(out, "innomap_map_max_bytes", "gauge",
                        "Bytes from which on the least recently used map goes.",
                        server->snapshots.max_map_bytes);
    struct mallinfo2 heap = mallinfo2();

    metrics_write_value(out, "innomap_heap_used_bytes", "gauge",
                        "Memory that was asked for and not freed.",
                        heap.uordblks + heap.hblkhd);
    metrics_write_value(out, "innomap_heap_free_bytes", "gauge",
                        "Freed memory between what is used; given back to the system "
                        "where pages are free.",
                        heap.fordblks);
    if (server->documents) {
        struct body_cache_counts n = body_cache_count(server->documents);

        metrics_write_value(out, "innomap_document_bytes", "gauge",
                            "Bytes of documents kept: TileJSON, styles, capabilities.",
                            n.bytes);
        metrics_write_value(out, "innomap_document_max_bytes", "gauge",
                            "Bytes of documents that may be kept.", n.max_bytes);
    }
}

enum im_code route_metrics(struct exchange *x, struct im_error *err)
{
    struct im_buf buf = {.max = METRICS_MAX_BYTES};
    const struct atlas *atlas = snapshot_atlas(exchange_snapshot(x));

    metrics_write(&x->server->metrics, route_name, &buf);
    if (x->server->cache)
        write_cache(x->server->cache, &buf);
    if (x->server->disk)
        write_disk(x->server->disk, &buf);
    metrics_write_queues(&buf, "innomap_queue_length", "gauge",
                         "Jobs that no worker has begun.",
                         (const uint64_t[METRICS_QUEUES]){
                             [METRICS_DRAWING] = work_queued(x->server->drawing),
                             [METRICS_QUESTIONS] = work_queued(x->server->questions)});
    metrics_write_value(&buf, "innomap_upload_bytes", "gauge",
                        "Memory of request bodies.",
                        atomic_load(&x->server->uploads.bytes));
    metrics_write_value(&buf, "innomap_streams", "gauge",
                        "Long answers being sent piece by piece.",
                        atomic_load(&x->server->streams.n));
    metrics_write_value(&buf, "innomap_data_version", "gauge",
                        "Version of the data that is served.", atlas_version(atlas));
    metrics_write_value(&buf, "innomap_atlas_bytes", "gauge",
                        "Memory of the snapshot that is served.",
                        atlas_memory_bytes(atlas));
    write_memory(x->server, exchange_snapshot(x), &buf);
    metrics_write_value(&buf, "innomap_layers_left_out", "gauge",
                        "Layers that could not be read.", atlas_problem_count(atlas));
    metrics_write_value(&buf, "innomap_database_readable", "gauge",
                        "1 when the last look at the database went well.",
                        current_is_healthy(x->server->current));
    return reply_text(x, &buf, "text/plain; version=0.0.4; charset=utf-8", err);
}
