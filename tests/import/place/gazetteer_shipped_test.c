/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/place/gazetteer*.c on the shipped layers: each place that has a
 * position is looked for by what its row says, with its own layer left out, and
 * compared. */
#include <test.h>

#include "place/gazetteer.h"

#include <import/import.h>
#include <layers/sql.h>

#include <engine/geom.h>
#include <engine/query.h>
#include <scratch.h>

static struct store *store;

static void ignore_note(void *ctx, const struct import_shipped_note *n)
{
    (void)ctx;
    (void)n;
}

static int open_store(void **state)
{
    struct im_error err = {0};

    if (scratch_make(state) != 0)
        return -1;
    if (store_open(scratch_path("shipped.db"), STORE_CREATE, &store, &err) != IM_OK ||
        import_shipped(store, TEST_SOURCE_DIR "/layers", NULL, ignore_note, NULL,
                       &err) != IM_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return -1;
    }
    return 0;
}

static int close_store(void **state)
{
    store_close(store);
    return scratch_remove(state);
}

struct tally {
    int n[PRECISION_CITY + 1];
    int within[PRECISION_CITY + 1];  /* the precision's uncertainty and the row's own */
    int within2[PRECISION_CITY + 1]; /* twice that */
    int rows;
    int found;
};

static const char *const LAYERS[][3] = {
    {"parks", "city", "district"},
    {"incubators", "city", "district"},
    {"concept_verification", "city", "district"},
    {"pilot_platforms", "city", "district"},
    {"service_centres", "city", "district"},
    {"facilities", "city", "district"},
    {"enclaves", "host_city", "host_district"},
};

/* What a row says beside its city. */
struct saying {
    bool name;
    bool district;
};

static void count_row(const struct gazetteer *g,
                      sqlite3_stmt *stmt,
                      const struct saying *saying,
                      struct tally *t)
{
    const char *city = sql_text(stmt, 2);
    struct gazetteer_question q = {
        .address = im_bytes_of(sql_text(stmt, 1)),
        .name = im_bytes_of(saying->name ? sql_text(stmt, 0) : ""),
        .city = im_bytes_of(city),
        .district = im_bytes_of(saying->district ? sql_text(stmt, 3) : ""),
    };
    struct gazetteer_answer a;
    enum precision own;
    enum precision got;
    double metres;
    double allowed;

    t->rows++;
    gazetteer_find(g, &q, &a);
    if (!a.found)
        return;
    t->found++;
    assert_true(precision_parse(im_bytes_of(a.precision), &got));
    assert_true(precision_parse(im_bytes_of(sql_text(stmt, 4)), &own));
    metres = geodesic_distance_m(a.lon, a.lat, sqlite3_column_double(stmt, 5),
                                 sqlite3_column_double(stmt, 6));
    allowed = precision_uncertainty_m(got) + precision_uncertainty_m(own);
    t->n[got]++;
    t->within[got] += metres <= allowed;
    t->within2[got] += metres <= 2 * allowed;
    assert_non_null(a.division);
    assert_string_equal(a.division->city, city);
    if (getenv("IM_SHOW") && metres > allowed)
        printf("%8.0f m %-8s %s | %s %s %s -> %s (%s %s)\n", metres, a.precision,
               sql_text(stmt, 0), city, saying->district ? sql_text(stmt, 3) : "",
               sql_text(stmt, 1), a.matched, a.matched_layer, a.matched_key);
}

static void
count_layer(const char *const layer[3], const struct saying *saying, struct tally *t)
{
    struct gazetteer *g = NULL;
    sqlite3_stmt *stmt = NULL;
    struct im_error err = {0};
    bool row = false;

    assert_int_equal(gazetteer_open(store_db(store), layer[0], &g, &err), IM_OK);
    assert_int_equal(
        sql_prepare(
            store_db(store), &stmt, &err,
            "SELECT name_zh, address, \"%w\", \"%w\", precision, ST_X(geom), "
            "ST_Y(geom) FROM \"%w\" WHERE precision IN ('site', 'park', 'town') "
            "AND \"%w\" <> ''",
            layer[1], layer[2], layer[0], layer[1]),
        IM_OK);
    while (sql_step(stmt, &row, &err) == IM_OK && row)
        count_row(g, stmt, saying, t);
    sqlite3_finalize(stmt);
    gazetteer_free(g);
}

/* Of those placed so finely at least `share` lie within the precision and the row's own
 * together, and all within twice that (of seats: `share` too, a district may be large).
 */
static void assert_share(const struct tally *t, enum precision p, double share)
{
    double least = share * t->n[p];

    assert_true(t->within[p] >= least);
    assert_true(t->within2[p] >= (p < PRECISION_DISTRICT ? t->n[p] : least));
}

static struct tally count(struct saying saying)
{
    struct tally t = {0};

    for (size_t i = 0; i < sizeof LAYERS / sizeof LAYERS[0]; i++)
        count_layer(LAYERS[i], &saying, &t);
    printf("address%s%s: %d rows, %d found\n", saying.name ? ", name" : "",
           saying.district ? ", district" : "", t.rows, t.found);
    for (int p = PRECISION_SITE; p <= PRECISION_CITY; p++)
        printf("  %-8s %3d, within its uncertainty %3d, within twice %3d\n",
               precision_name((enum precision)p), t.n[p], t.within[p], t.within2[p]);
    assert_true(t.rows > 400);
    assert_int_equal(t.found, t.rows);
    assert_share(&t, PRECISION_SITE, 0.97);
    assert_share(&t, PRECISION_PARK, 0.97);
    assert_share(&t, PRECISION_TOWN, 0.97);
    assert_share(&t, PRECISION_DISTRICT, 0.95);
    assert_share(&t, PRECISION_CITY, 0.95);
    return t;
}

TEST(address_and_district_lead_to_the_district_at_least)
{
    struct tally t = count((struct saying){.district = true});

    assert_int_equal(t.n[PRECISION_CITY], 0);
    assert_true(t.n[PRECISION_PARK] + t.n[PRECISION_TOWN] >= 15);
}

TEST(the_name_leads_to_the_park_of_every_fourth_place)
{
    struct tally t = count((struct saying){.name = true, .district = true});

    assert_true(4 * (t.n[PRECISION_PARK] + t.n[PRECISION_TOWN]) >= t.rows);
}

TEST(the_city_alone_still_keeps_places_in_it)
{
    count((struct saying){.name = false});
    count((struct saying){.name = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_and_district_lead_to_the_district_at_least),
        cmocka_unit_test(the_name_leads_to_the_park_of_every_fourth_place),
        cmocka_unit_test(the_city_alone_still_keeps_places_in_it),
    };

    return cmocka_run_group_tests(tests, open_store, close_store);
}
