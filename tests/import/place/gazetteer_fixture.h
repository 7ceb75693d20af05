/* SPDX-License-Identifier: Apache-2.0 */
/* A small database in memory with divisions, places and outlines, for tests and the
 * fuzz target of the gazetteer. Positions are near the true ones, outlines are boxes.
 */
#ifndef TESTS_GAZETTEER_FIXTURE_H
#define TESTS_GAZETTEER_FIXTURE_H

#include "layers/fixture.h"

#include <layers/sql.h>

#include <sqlite3.h>
#include <string.h>

#define FIXTURE_TEXT(name)                                                             \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\",\"en\":\"" name             \
    "\"},\"type\":\"text\"},"

struct fixture_row {
    const char *key;
    const char *name;
    const char *aliases;
    const char *city;
    const char *district; /* of divisions: former names */
    const char *adcode;   /* of divisions: former codes */
    const char *precision;
    double lon;
    double lat;
};

static const struct fixture_row FIXTURE_DIVISIONS[] = {
    {"310000", "上海市", "上海;Shanghai", "上海市", "", "", "city", 121.47, 31.23},
    {"310104", "徐汇区", "徐汇", "上海市", "", "", "district", 121.43, 31.19},
    {"310107", "普陀区", "普陀", "上海市", "", "", "district", 121.39, 31.24},
    {"310112", "闵行区", "闵行", "上海市", "", "", "district", 121.38, 31.11},
    {"310115", "浦东新区", "浦东;上海市浦东新区;浦东新区政府;Pudong", "上海市",
     "南汇区", "310119", "district", 121.56, 31.25},
    {"320000", "江苏省", "江苏", "", "", "", "city", 118.76, 32.04},
    {"320100", "南京市", "南京", "南京市", "", "", "city", 118.76, 32.04},
    {"320106", "鼓楼区", "鼓楼", "南京市", "下关区", "320107", "district", 118.76,
     32.07},
    {"320115", "江宁区", "江宁", "南京市", "", "", "district", 118.85, 31.95},
    {"320300", "徐州市", "徐州", "徐州市", "", "", "city", 117.18, 34.26},
    {"320302", "鼓楼区", "鼓楼", "徐州市", "", "", "district", 117.19, 34.29},
    {"320500", "苏州市", "苏州;Suzhou", "苏州市", "", "", "city", 120.62, 31.30},
    {"320506", "吴中区", "吴中", "苏州市", "", "", "district", 120.63, 31.26},
    {"320508", "姑苏区", "姑苏", "苏州市", "沧浪区;平江区;金阊区",
     "320502;320503;320504", "district", 120.61, 31.31},
    {"320583", "昆山市", "昆山", "苏州市", "", "", "district", 120.98, 31.38},
    {"320600", "南通市", "南通", "南通市", "", "", "city", 120.86, 32.01},
    {"320614", "海门区", "海门", "南通市", "海门市", "320684", "district", 121.17,
     31.89},
    {"330000", "浙江省", "浙江", "", "", "", "city", 120.15, 30.29},
    {"330100", "杭州市", "杭州", "杭州市", "", "", "city", 120.15, 30.28},
    {"330102", "上城区", "上城", "杭州市", "江干区", "330104", "district", 120.20,
     30.25},
    {"330106", "西湖区", "西湖", "杭州市", "", "", "district", 120.13, 30.26},
    {"330110", "余杭区", "余杭", "杭州市", "", "", "district", 119.99, 30.28},
    {"330113", "临平区", "临平", "杭州市", "", "", "district", 120.30, 30.42},
    {"330900", "舟山市", "舟山", "舟山市", "", "", "city", 122.20, 29.99},
    {"330903", "普陀区", "普陀", "舟山市", "", "", "district", 122.30, 29.95},
    {"340000", "安徽省", "安徽", "", "", "", "city", 117.28, 31.86},
    {"340100", "合肥市", "合肥", "合肥市", "", "", "city", 117.28, 31.86},
    {"340104", "蜀山区", "蜀山", "合肥市", "", "", "district", 117.26, 31.85},
    {"340200", "芜湖市", "芜湖", "芜湖市", "", "", "city", 118.38, 31.33},
    {"340210", "湾沚区", "湾沚", "芜湖市", "芜湖县", "340221", "district", 118.57,
     31.15},
    {"340700", "铜陵市", "铜陵", "铜陵市", "", "", "city", 117.81, 30.94},
    {"340711", "郊区", "铜陵市郊区", "铜陵市", "", "", "", 0, 0}, /* no seat */
    {"340800", "安庆市", "安庆", "安庆市", "", "", "city", 117.05, 30.53},
    {"340825", "太湖县", "太湖", "安庆市", "", "", "district", 116.30, 30.45},
};

static const struct fixture_row FIXTURE_PLACES[] = {
    {"P01", "张江科学城", "张江;张江高科技园区;Zhangjiang", "上海市", "浦东新区",
     "310115", "town", 121.608, 31.190},
    {"P02", "上海紫竹高新技术产业开发区", "", "上海市", "闵行区", "310112", "park",
     121.453, 31.018},
    {"P03", "紫竹高新区", "紫竹;紫竹科学园区", "上海市", "闵行区", "310112", "park",
     121.453, 31.018},
    {"P04", "虹桥枢纽", "虹桥", "上海市", "闵行区", "310112", "park", 121.325, 31.195},
    {"P05", "苏州工业园区", "苏州园区;SIP", "苏州市", "苏州工业园区", "320571", "park",
     120.72, 31.32},
    {"P06", "苏州生物医药产业园（BioBAY）", "苏州生物纳米园", "苏州市", "苏州工业园区",
     "320571", "park", 120.735, 31.258},
    {"P07", "合肥高新技术产业开发区", "", "合肥市", "蜀山区", "340104", "park", 117.13,
     31.83},
    {"P08", "苏州高新技术产业开发区", "", "苏州市", "", "320500", "park", 120.55,
     31.30},
    {"P09", "昆山高新技术产业开发区", "", "苏州市", "昆山市", "320583", "town", 120.93,
     31.37},
    {"P10", "江宁经济技术开发区", "", "南京市", "江宁区", "320115", "town", 118.83,
     31.91},
    {"P11", "杭州未来科技城", "未来科技城;海创园", "杭州市", "余杭区", "330110", "park",
     119.999, 30.277},
    {"P12", "绿地科技中心", "", "上海市", "徐汇区", "310104", "site", 121.44, 31.17},
    {"P13", "东方软件园", "", "南京市", "鼓楼区", "320106", "park", 118.76, 32.06},
    {"P14", "东方软件园", "", "徐州市", "鼓楼区", "320302", "park", 117.18, 34.28},
    {"P15", "云谷产业园", "", "上海市", "徐汇区", "310104", "park", 121.43, 31.18},
    {"P16", "云谷产业园", "", "上海市", "浦东新区", "310115", "park", 121.60, 31.20},
    {"P17", "太湖科学城", "", "苏州市", "吴中区", "320506", "town", 120.40, 31.33},
    {"P18", "南京大学仙林校区", "南京大学;南大", "南京市", "", "320100", "park", 118.95,
     32.12},
    {"P19", "江南大学", "", "苏州市", "吴中区", "320506", "park", 120.60, 31.20},
    {"P20", "创业服务中心", "", "上海市", "徐汇区", "310104", "park", 121.42, 31.18},
    {"P22", "市北高新园", "", "上海市", "徐汇区", "310104", "park", 121.44, 31.19},
    {"P23", "苏州火车站", "", "苏州市", "姑苏区", "320508", "park", 120.61, 31.33},
    {"P21", "只知所在城市的园区", "", "上海市", "", "310000", "city", 121.47, 31.23},
};

static inline void fixture_sql(sqlite3 *db, const char *sql)
{
    struct im_error err = {0};

    if (sql_exec(db, sql, &err) != IM_OK) {
        fprintf(stderr, "fixture: %s: %s\n", err.msg, sql);
        abort();
    }
}

static inline void fixture_layer(sqlite3 *db, const char *id, const char *definition)
{
    struct im_error err = {0};

    if (sql_execf(db, &err, "INSERT INTO innomap_layers VALUES (%Q, %Q)", id,
                  definition) != IM_OK)
        abort();
}

static inline void fixture_insert(sqlite3 *db,
                                  const char *table,
                                  const struct fixture_row *row,
                                  const struct geom *geom)
{
    struct im_buf blob = {.max = 1 << 20};
    struct im_error err = {0};
    sqlite3_stmt *stmt = NULL;

    if (sql_prepare(db, &stmt, &err,
                    "INSERT INTO \"%w\" VALUES (NULL, %Q, %Q, %Q, %Q, %Q, %Q, %Q, ?1)",
                    table, row->key, row->name, row->aliases, row->city, row->district,
                    row->adcode, row->precision) != IM_OK)
        abort();
    if (geom) {
        if (blob_encode(geom, &blob, &err) != IM_OK)
            abort();
        sqlite3_bind_blob(stmt, 1, blob.data, (int)blob.len, SQLITE_TRANSIENT);
    }
    if (sql_run(stmt, &err) != IM_OK)
        abort();
    sqlite3_finalize(stmt);
    im_buf_release(&blob);
}

static inline void
fixture_point(sqlite3 *db, const char *table, const struct fixture_row *row)
{
    double lonlat[] = {row->lon, row->lat};
    struct geom point = {
        .kind = GEOM_POINT, .n_points = 1, .n_parts = 1, .lonlat = lonlat};

    fixture_insert(db, table, row, row->lon != 0 ? &point : NULL);
}

/* A box with a hole in the middle where `hole` says so. */
static inline void fixture_box(sqlite3 *db,
                               const char *code,
                               double west,
                               double south,
                               double east,
                               double north,
                               bool hole)
{
    double x = (east - west) / 4;
    double y = (north - south) / 4;
    const double lonlat[] = {west,      south,     east,      south,     east,
                             north,     west,      north,     west,      south,
                             west + x,  south + y, west + x,  north - y, east - x,
                             north - y, east - x,  south + y, west + x,  south + y};
    uint32_t part_end[] = {5, 10};
    uint32_t area_end[] = {hole ? 2 : 1};
    struct geom area = {.kind = GEOM_AREA,
                        .n_points = hole ? 10 : 5,
                        .n_parts = hole ? 2 : 1,
                        .n_areas = 1,
                        .lonlat = lonlat,
                        .part_end = part_end,
                        .area_end = area_end};
    struct fixture_row row = {code, "", "", "", "", "", "", 0, 0};

    fixture_insert(db, "outlines", &row, &area);
}

#define FIXTURE_DEFINITION(id, geometry, names_places, visibility, roles)               \
    "{\"id\":\"" id "\",\"title\":{\"zh\":\"试验\",\"en\":\"Trial\"},"                \
    "\"geometry\":\"" geometry "\",\"key\":\"key\",\"group\":\"areas\",\"order\":10,"   \
    "\"in_map\":true,\"names_places\":" names_places ",\"visibility\":\"" visibility    \
    "\",\"fields\":[" FIXTURE_TEXT("key") FIXTURE_TEXT("name") FIXTURE_TEXT("aliases")  \
        FIXTURE_TEXT("city") FIXTURE_TEXT(FIXTURE_FIFTH)                                \
            FIXTURE_TEXT(FIXTURE_SIXTH) "{\"name\":\"precision\",\"title\":{\"zh\":"    \
                                        "\"p\",\"en\":\"p\"},"                          \
                                        "\"type\":\"text\"}],\"roles\":{" roles "},"    \
                                        "\"source\":{\"zh\":\"源\",\"en\":\"source\"}" \
                                        ",\"source_date\":\"2026-11\","                 \
                                        "\"licence\":\"none\",\"attribution\":{"        \
                                        "\"zh\":\"某\",\"en\":\"some\"}}"

/** The database; close it with sqlite3_close. */
static inline sqlite3 *fixture_gazetteer(void)
{
    sqlite3 *db = NULL;
    static const char *const tables[] = {"divisions", "places", "secret", "outlines"};

    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        abort();
    fixture_sql(db, "CREATE TABLE innomap_layers (id TEXT, definition TEXT)");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[300];
        bool is_divisions = i == 0;

        snprintf(
            sql, sizeof sql,
            "CREATE TABLE %s (fid INTEGER PRIMARY KEY, key TEXT, name TEXT, "
            "aliases TEXT, city TEXT, %s TEXT, %s TEXT, precision TEXT, geom BLOB)",
            tables[i], is_divisions ? "former_names" : "district",
            is_divisions ? "former_codes" : "adcode");
        fixture_sql(db, sql);
    }
#define FIXTURE_FIFTH "former_names"
#define FIXTURE_SIXTH "former_codes"
    fixture_layer(db, "divisions",
                  FIXTURE_DEFINITION("divisions", "point", "true", "public",
                                     "\"name_zh\":\"name\",\"aliases\":\"aliases\","
                                     "\"city\":\"city\",\"adcode\":\"key\","
                                     "\"former\":\"former_names\","
                                     "\"precision\":\"precision\""));
#undef FIXTURE_FIFTH
#undef FIXTURE_SIXTH
#define FIXTURE_FIFTH "district"
#define FIXTURE_SIXTH "adcode"
#define FIXTURE_PLACE_ROLES                                                            \
    "\"name_zh\":\"name\",\"aliases\":\"aliases\",\"city\":\"city\","                  \
    "\"adcode\":\"adcode\",\"precision\":\"precision\""
    fixture_layer(
        db, "places",
        FIXTURE_DEFINITION("places", "point", "true", "public", FIXTURE_PLACE_ROLES));
    fixture_layer(
        db, "secret",
        FIXTURE_DEFINITION("secret", "point", "true", "internal", FIXTURE_PLACE_ROLES));
    fixture_layer(db, "outlines",
                  FIXTURE_DEFINITION("outlines", "area", "false", "public",
                                     "\"adcode\":\"key\""));
#undef FIXTURE_FIFTH
#undef FIXTURE_SIXTH
    for (size_t i = 0; i < sizeof FIXTURE_DIVISIONS / sizeof FIXTURE_DIVISIONS[0]; i++)
        fixture_point(db, "divisions", &FIXTURE_DIVISIONS[i]);
    for (size_t i = 0; i < sizeof FIXTURE_PLACES / sizeof FIXTURE_PLACES[0]; i++)
        fixture_point(db, "places", &FIXTURE_PLACES[i]);
    fixture_point(db, "secret",
                  &(struct fixture_row){"S1", "秘密研究基地", "", "上海市", "徐汇区",
                                        "310104", "site", 121.5, 31.2});
    fixture_box(db, "310000", 121.0, 31.0, 122.0, 32.0, false);
    fixture_box(db, "310115", 121.5, 31.0, 121.9, 31.4, false);
    fixture_box(db, "310104", 121.4, 31.1, 121.5, 31.2, true);
    fixture_box(db, "320500", 120.0, 31.0, 121.0, 32.0, false);
    return db;
}

#endif
