/* SPDX-License-Identifier: Apache-2.0 */
/* A small world of divisions, corridors, places and enclaves:
 *
 *   Shanghai 310000 with outline, its districts 310115 and 310117 with outlines
 *   Hangzhou 330100 with outline; 330106, 330110 without
 *   Jiaxing 330400 without outline; 330402 is called 330411 in old files */
#ifndef TESTS_ENGINE_ANALYSIS_FIXTURE_H
#define TESTS_ENGINE_ANALYSIS_FIXTURE_H

#include <test.h>

#include <engine/analysis.h>
#include <support/memory_source.h>

#include <math.h>
#include <stdio.h>

#define TEXT(name)                                                                     \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\"},\"type\":\"text\"},"
#define NUMBER(name, type)                                                             \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\"},\"type\":\"" type "\"}"

static const char *const DIVISIONS =
    "{\"id\":\"divisions\",\"title\":{\"zh\":\"行政区\"},\"geometry\":\"point\","
    "\"names_places\":true,\"key\":\"adcode\",\"fields\":[" TEXT("adcode")
        TEXT("name_zh") TEXT("precision") TEXT("parent") TEXT("former_codes")
            NUMBER("rank", "real") "],\"roles\":{\"adcode\":\"adcode\","
                                   "\"name_zh\":\"name_zh\",\"precision\":"
                                   "\"precision\"}}";
static const char *const OUTLINES =
    "{\"id\":\"outlines\",\"title\":{\"zh\":\"轮廓\"},\"geometry\":\"area\","
    "\"group\":\"areas\",\"key\":\"adcode\",\"fields\":[" TEXT("adcode") TEXT("name_zh")
        NUMBER("area_km2", "real") "],\"roles\":{\"adcode\":\"adcode\","
                                   "\"name_zh\":\"name_zh\"}}";
static const char *const CORRIDOR =
    "{\"id\":\"g60\",\"title\":{\"zh\":\"走廊\"},\"geometry\":\"mixed\","
    "\"group\":\"areas\",\"key\":\"id\",\"fields\":[" TEXT("id") TEXT("name_zh")
        TEXT("adcode") TEXT("role")
            NUMBER("n", "integer") "],\"roles\":{\"adcode\":\"adcode\","
                                   "\"name_zh\":\"name_zh\"}}";
static const char *const PLACES =
    "{\"id\":\"places\",\"title\":{\"zh\":\"地点\",\"en\":\"Places\"},"
    "\"geometry\":\"point\",\"key\":\"id\",\"fields\":[" TEXT("id") TEXT("adcode")
        TEXT("precision") "{\"name\":\"level\",\"title\":{\"zh\":\"级别\"},\"type\":"
                          "\"text\",\"codes\":[{\"code\":\"national\",\"title\":"
                          "{\"zh\":\"国家级\"}},{\"code\":\"city\",\"title\":{"
                          "\"zh\":\"市级\"}},{\"code\":\"none\",\"title\":{\"zh\":"
                          "\"无\"}}]},"
                          "{\"name\":\"industry\",\"title\":{\"zh\":\"产业\"},"
                          "\"type\":\"text\",\"list\":true}," NUMBER(
                              "size",
                              "real") "," NUMBER("year",
                                                 "integer") "],\"roles\":{\"adcode\":"
                                                            "\"adcode\",\"precision\":"
                                                            "\"precision\",\"level\":"
                                                            "\"level\"}}";
static const char *const INDICATORS =
    "{\"id\":\"city_indicators\",\"title\":{\"zh\":\"指标\"},\"geometry\":\"none\","
    "\"group\":\"tables\",\"key\":\"id\",\"fields\":[" TEXT("id") TEXT(
        "adcode") "{\"name\":\"indicator\",\"title\":{\"zh\":\"指标\"},\"type\":"
                  "\"text\","
                  "\"codes\":[{\"code\":\"gdp\",\"title\":{\"zh\":\"生产总值\"}}]},"
                  "{\"name\":\"unit\",\"title\":{\"zh\":\"单位\"},\"type\":\"text\","
                  "\"codes\":[{\"code\":\"yi\",\"title\":{\"zh\":\"亿元\"}}]}," TEXT(
                      "qualifier")
                      NUMBER("value", "real") "," NUMBER(
                          "year", "integer") "],\"roles\":{\"adcode\":\"adcode\"}}";
static const char *const ENCLAVES =
    "{\"id\":\"enclaves\",\"title\":{\"zh\":\"飞地\"},\"geometry\":\"point\","
    "\"key\":\"id\",\"fields\":[" TEXT("id") TEXT("origin_adcode") TEXT("host_adcode")
        NUMBER("n", "integer") "],\"roles\":{\"adcode\":\"host_adcode\"}}";

static const char *const DATED =
    "{\"id\":\"dated\",\"title\":{\"zh\":\"有日期\"},\"geometry\":\"none\","
    "\"group\":\"tables\",\"key\":\"id\",\"fields\":[" TEXT(
        "id") "{\"name\":\"since\",\"title\":{\"zh\":\"起\"},\"type\":\"text\","
              "\"format\":\"date\"}],\"roles\":{\"time\":\"since\"}}";

/* Provinces of the base map, which come before the outlines and are not meant. */
static const char *const LAND =
    "{\"id\":\"land\",\"title\":{\"zh\":\"陆地\"},\"geometry\":\"area\","
    "\"group\":\"base\",\"order\":1,\"key\":\"adcode\",\"fields\":[" TEXT("adcode")
        NUMBER("n", "integer") "],\"roles\":{\"adcode\":\"adcode\"}}";

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *layer;
    struct im_arena *arena;
    struct query_request rows;
    struct im_error err;
};

static void add_world(struct memory_source *ms)
{
    memory_source_layer(ms, DIVISIONS, "", 1);
    memory_source_row(ms, "POINT(121.5 31.5)", "310000|上海市|city|||");
    memory_source_row(ms, "POINT(121.75 31.25)", "310115|浦东新区|district|310000||");
    memory_source_row(ms, "POINT(121.25 31.25)", "310117|松江区|district|310000||");
    memory_source_row(ms, "POINT(120.2 30.3)", "330000|浙江省|city|||");
    memory_source_row(ms, "POINT(120.2 30.3)", "330100|杭州市|city|330000||");
    memory_source_row(ms, "POINT(120.1 30.2)", "330106|西湖区|district|330100||");
    memory_source_row(ms, "POINT(120.3 30.4)", "330110|余杭区|district|330100||");
    memory_source_row(ms, "POINT(120.75 30.75)", "330400|嘉兴市|city|330000||");
    memory_source_row(ms, "POINT(120.8 30.7)", "330402|南湖区|district|330400|330411|");
    memory_source_layer(ms, LAND, "", 1);
    memory_source_row(ms, "POLYGON((110 20,111 20,111 21,110 20))", "310000|");
    memory_source_layer(ms, OUTLINES, "", 1);
    memory_source_row(ms, "POLYGON((121 31,122 31,122 32,121 32,121 31))",
                      "310000|上海市|10000");
    memory_source_row(ms, "POLYGON((121.5 31,122 31,122 31.5,121.5 31.5,121.5 31))",
                      "310115|浦东新区|");
    memory_source_row(ms, "POLYGON((121 31,121.5 31,121.5 31.5,121 31.5,121 31))",
                      "310117|松江区|500");
    memory_source_row(ms, "POLYGON((120 30,120.5 30,120.5 30.5,120 30.5,120 30))",
                      "330100|杭州市|2000");
    memory_source_layer(ms, CORRIDOR, "", 1);
    memory_source_row(ms, "POLYGON((121 31,121.5 31,121.5 31.5,121 31.5,121 31))",
                      "G1|松江区|310117|member|");
    memory_source_row(ms, "POLYGON((120 30,120.5 30,120.5 30.5,120 30.5,120 30))",
                      "G2|杭州市|330100|member|");
    memory_source_row(ms, "POINT(120.75 30.75)", "G3|嘉兴市|330400|member|");
    memory_source_row(ms, "POINT(120.1 30.2)", "G0|西湖区|330106|office|");
    memory_source_layer(ms, PLACES, "", 1);
    memory_source_row(ms, "POINT(121.7 31.2)",
                      "P1|310115|site|national|BIO;AI|10|2016");
    memory_source_row(ms, "POINT(121.2 31.2)", "P2|310115|site|city|AI|20|2016");
    memory_source_row(ms, "POINT(121.75 31.25)", "P3|310115|district|city|BIO||2018");
    memory_source_row(ms, "POINT(121.5 31.5)", "P4|310000|city|national||40|");
    memory_source_row(ms, "POINT(120.2 30.3)", "P5|330106|town|national|AI;AI|5|2018");
    memory_source_row(ms, "POINT(120.8 30.8)", "P6|330411|town||MED|7|2018");
    memory_source_row(ms, NULL, "P7|330110|town|city|AI|1|2020");
    memory_source_row(ms, "POINT(120.2 30.3)", "P8|330100|city|city|AI||2020");
    memory_source_row(ms, "POINT(110 20)", "P9||site|city|AI|3|2020");
    memory_source_layer(ms, DATED, "", 1);
    memory_source_row(ms, NULL, "D1|2016-05-01");
    memory_source_row(ms, NULL, "D2|2018-01-31");
    memory_source_row(ms, NULL, "D3|2016-12-31");
    memory_source_row(ms, NULL, "D4|");
    memory_source_layer(ms, INDICATORS, "", 1);
    memory_source_row(ms, NULL, "I1|310000|gdp|yi|exact|50|2023");
    memory_source_row(ms, NULL, "I2|310000|gdp|yi|more_than|54|2024");
    memory_source_row(ms, NULL, "I3|310000|gdp|yi|exact|53|2024");
    memory_source_row(ms, NULL, "I4|330100|gdp|yi|exact|20|2024");
    memory_source_layer(ms, ENCLAVES, "", 1);
    memory_source_row(ms, NULL, "E1|330402|310115|1");
    memory_source_row(ms, NULL, "E2|330411|310117|1"); /* a former code */
    memory_source_row(ms, NULL, "E3|330106|310000|1");
    memory_source_row(ms, NULL, "E4|310117|330400|1");
    memory_source_row(ms, NULL, "E5|330106|330110|1"); /* inside of Hangzhou */
    memory_source_row(ms, NULL, "E6||330110|1");
    memory_source_row(ms, NULL, "E7|330000|310115|1"); /* no city is known */
}

static struct world begin(const char *layer)
{
    struct world w = {.ms = memory_source_new(), .arena = im_arena_new(64 << 20)};

    add_world(w.ms);
    w.atlas = memory_source_atlas(w.ms);
    w.layer = atlas_layer_find(w.atlas, im_bytes_of(layer));
    w.rows = (struct query_request){
        .n_layers = 1, .atlas = w.atlas, .coarsest = PRECISION_CITY};
    return w;
}

static void end(struct world *w)
{
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

#endif
