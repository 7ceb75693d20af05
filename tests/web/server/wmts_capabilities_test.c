/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities of a WMTS of hundreds of layers: all are there, in the order of
 * elements that the schemas of OGC 07-057r7 and OWS Common want, each with its own
 * limits, of a size that clients take, and GDAL opens any of them. */
#include <test.h>

#include "route_tiles.h"
#include "routes.h"
#include "server_state.h"

#include <support/memory_source.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_minixml.h>
#include <gdal.h>
#include <libdeflate.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LAYERS = 301, BYTES_A_LAYER = 20000 };

struct fixture {
    struct memory_source *source;
    struct server server;
    struct snapshot *snapshot;
    struct body *body;
    CPLXMLNode *root;
};

/* The south-western corner of a layer; the other one is 0.3 degrees away. */
static double west_of(int i)
{
    return 115 + i % 20 * 0.4;
}

static double south_of(int i)
{
    return 27 + i / 20 * 0.5;
}

static void add_layer(struct memory_source *source, int i)
{
    char json[500];
    char wkt[80];

    snprintf(json, sizeof json,
             "{\"id\":\"many_%03d\",\"title\":{\"zh\":\"许多 <%d>\",\"en\":\"Many &\"},"
             "\"geometry\":\"point\",\"key\":\"id\",\"in_map\":true,\"order\":%d,"
             "\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"号\"},\"type\":\"text\"}"
             "]}",
             i, i, i);
    memory_source_layer(source, json, "", 1);
    snprintf(wkt, sizeof wkt, "POINT(%.1f %.1f)", west_of(i), south_of(i));
    memory_source_row(source, wkt, "a");
    snprintf(wkt, sizeof wkt, "POINT(%.1f %.1f)", west_of(i) + 0.3, south_of(i) + 0.3);
    memory_source_row(source, wkt, "b");
}

static struct body *capabilities_of(struct fixture *f)
{
    struct exchange *x = calloc(1, sizeof *x);
    struct worker worker = {.compressor = libdeflate_alloc_compressor(6)};
    struct body *body = NULL;
    struct im_error err;

    assert_non_null(x);
    x->server = &f->server;
    x->snapshot = f->snapshot;
    x->host = "maps.example";
    x->captures[0] = im_bytes_of("WMTSCapabilities.xml");
    for (size_t i = 0; i < n_routes; i++)
        if (routes[i].answer == route_wmts_document)
            x->route = &routes[i];
    assert_int_equal(x->route->answer(x, &err), IM_OK);
    assert_int_equal(x->waiter.run(&x->waiter, &worker, &body, &err), IM_OK);
    libdeflate_free_compressor(worker.compressor);
    im_arena_free(x->arena);
    free(x);
    return body;
}

static int set_up(void **state)
{
    static struct fixture f;
    static char nothing[] = "";
    const struct atlas *atlas;
    struct im_error err;
    char *text;

    f.source = memory_source_new();
    for (int i = 0; i < LAYERS; i++)
        add_layer(f.source, i);
    atlas = memory_source_atlas(f.source);
    f.snapshot = snapshot_new(atlas, 1, false, &f.server.snapshots);
    atlas_unref(atlas);
    f.server.review_number = nothing;
    assert_int_equal(
        grid_set_open(TEST_SOURCE_DIR "/tiles/grids", &f.server.grids, &err), IM_OK);
    assert_int_equal(stylesheet_set_open(TEST_SOURCE_DIR "/tiles/styles/themes",
                                         &f.server.styles, &err),
                     IM_OK);
    f.body = capabilities_of(&f);
    text = calloc(f.body->plain.len + 1, 1);
    assert_non_null(text);
    memcpy(text, f.body->plain.data, f.body->plain.len);
    f.root = CPLParseXMLString(text);
    free(text);
    *state = &f;
    return f.root ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    CPLDestroyXMLNode(f->root);
    body_unref(f->body);
    snapshot_unref(f->snapshot);
    stylesheet_set_close(f->server.styles);
    grid_set_close(f->server.grids);
    memory_source_free(f->source);
    return 0;
}

/* The layer of that number, -1 the map. */
static CPLXMLNode *layer_of(const struct fixture *f, int i)
{
    CPLXMLNode *contents = CPLGetXMLNode(f->root, "=Capabilities.Contents");

    for (CPLXMLNode *n = contents->psChild; n; n = n->psNext)
        if (n->eType == CXT_Element && !strcmp(n->pszValue, "Layer") && i-- == -1)
            return n;
    return NULL;
}

/* ---- the rules ---- */

static int rank_of(const char *name)
{
    static const char *const order[] = {"ows:Title",
                                        "ows:Abstract",
                                        "ows:WGS84BoundingBox",
                                        "ows:Identifier",
                                        "ows:BoundingBox",
                                        "Style",
                                        "Format",
                                        "InfoFormat",
                                        "TileMatrixSetLink",
                                        "ResourceURL",
                                        NULL};
    int i = 0;

    while (order[i] && strcmp(order[i], name) != 0)
        i++;
    if (!order[i])
        fail_msg("%s does not belong into a Layer", name);
    return i;
}

TEST(all_layers_are_there_and_built_by_the_rules)
{
    struct fixture *f = *state;

    for (int i = 0; i < LAYERS; i++) {
        CPLXMLNode *layer = layer_of(f, i);
        unsigned seen = 0;
        int before = 0;
        char id[20];

        assert_non_null(layer);
        snprintf(id, sizeof id, "many_%03d", i);
        assert_string_equal(CPLGetXMLValue(layer, "ows:Identifier", ""), id);
        for (CPLXMLNode *n = layer->psChild; n; n = n->psNext) {
            int rank = rank_of(n->pszValue);

            assert_true(rank >= before);
            before = rank;
            seen |= 1u << rank;
        }
        assert_int_equal(seen, (1u << 10) - 1);
    }
    assert_null(layer_of(f, LAYERS));
}

/* ---- limits ---- */

static int col_of(double lon, int z)
{
    return (int)floor((lon + 180) / 360 * (1 << z));
}

static int row_of(double lat, int z)
{
    double y = asinh(tan(lat * 3.14159265358979 / 180)) / 3.14159265358979;

    return (int)floor((1 - y) / 2 * (1 << z));
}

static int number_in(CPLXMLNode *limits, const char *name)
{
    int64_t value = -1;

    assert_true(im_parse_int64(im_bytes_of(CPLGetXMLValue(limits, name, "")), &value));
    return (int)value;
}

static CPLXMLNode *limits_of(CPLXMLNode *layer, const char *set, int z)
{
    for (CPLXMLNode *n = layer->psChild; n; n = n->psNext) {
        if (strcmp(n->pszValue, "TileMatrixSetLink") != 0 ||
            strcmp(CPLGetXMLValue(n, "TileMatrixSet", ""), set) != 0)
            continue;
        for (CPLXMLNode *m = CPLGetXMLNode(n, "TileMatrixSetLimits")->psChild; m;
             m = m->psNext)
            if (number_in(m, "TileMatrix") == z)
                return m;
    }
    fail_msg("no limits of %s at %d", set, z);
    return NULL;
}

static int within(int value, int z)
{
    return value < 0 ? 0 : value > (1 << z) - 1 ? (1 << z) - 1 : value;
}

/* All of a layer lies within, and a tile on each side for its names. */
TEST(the_limits_are_those_of_each_layer)
{
    struct fixture *f = *state;

    for (int i = 0; i < LAYERS; i++)
        for (int z = 0; z <= 14; z += 7) {
            CPLXMLNode *m = limits_of(layer_of(f, i), "WebMercatorQuad", z);
            double west = west_of(i);
            double south = south_of(i);

            assert_int_equal(number_in(m, "MinTileCol"),
                             within(col_of(west, z) - 1, z));
            assert_int_equal(number_in(m, "MaxTileCol"),
                             within(col_of(west + 0.3, z) + 1, z));
            assert_int_equal(number_in(m, "MinTileRow"),
                             within(row_of(south + 0.3, z) - 1, z));
            assert_int_equal(number_in(m, "MaxTileRow"),
                             within(row_of(south, z) + 1, z));
        }
}

/* ---- clients ---- */

TEST(it_is_of_a_size_that_clients_take)
{
    struct fixture *f = *state;

    assert_true(f->body->plain.len < (size_t)LAYERS * BYTES_A_LAYER);
    assert_true(f->body->gzip.len > 0 && f->body->gzip.len * 10 < f->body->plain.len);
}

TEST(gdal_opens_any_of_them)
{
    struct fixture *f = *state;
    char path[] = "/tmp/innomap-wmts-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, f->body->plain.data, f->body->plain.len),
                     f->body->plain.len);
    close(fd);
    GDALAllRegister();
    for (int i = 0; i < LAYERS; i += LAYERS - 1) {
        char name[120];
        double at[6];
        GDALDatasetH data;

        snprintf(name, sizeof name,
                 "WMTS:%s,layer=many_%03d,tilematrixset=CGCS2000Quad,style=default",
                 path, i);
        data = GDALOpenEx(name, GDAL_OF_RASTER, NULL, NULL, NULL);
        if (!data)
            fail_msg("%s", CPLGetLastErrorMsg());
        assert_int_equal(GDALGetGeoTransform(data, at), CE_None);
        assert_true(fabs(at[0] - west_of(i)) < 1e-6);
        assert_true(fabs(at[3] - south_of(i) - 0.3) < 1e-6);
        GDALClose(data);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_layers_are_there_and_built_by_the_rules),
        cmocka_unit_test(the_limits_are_those_of_each_layer),
        cmocka_unit_test(it_is_of_a_size_that_clients_take),
        cmocka_unit_test(gdal_opens_any_of_them)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
