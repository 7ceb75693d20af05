/* SPDX-License-Identifier: Apache-2.0 */
/* What a row says about where it is, from outside: five texts, one a line (address,
 * name, city, district, code). Never a crash, and an answer that agrees with itself. */
#include "place/gazetteer.h"

#include "import/place/gazetteer_fixture.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gazetteer *fixed_gazetteer(void)
{
    static struct gazetteer *gazetteer; /* of the program: kept until it ends */
    struct im_error err = {0};
    sqlite3 *db;

    if (gazetteer)
        return gazetteer;
    db = fixture_gazetteer();
    if (gazetteer_open(db, NULL, &gazetteer, &err) != IM_OK)
        abort();
    sqlite3_close(db);
    return gazetteer;
}

static struct im_bytes take_line(struct im_bytes *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    struct im_bytes line = {rest->data, len};

    rest->data += len + (end ? 1 : 0);
    rest->len -= len + (end ? 1 : 0);
    return line;
}

static bool is_inside(struct im_bytes part, struct im_bytes whole)
{
    return part.data >= whole.data && part.data + part.len <= whole.data + whole.len;
}

static void check(const struct gazetteer_question *q, const struct gazetteer_answer *a)
{
    static const char *const precisions[] = {"site", "park", "town", "district",
                                             "city"};
    bool known = false;

    if (!a->found)
        return;
    for (size_t i = 0; i < 5; i++)
        known |= strcmp(a->precision, precisions[i]) == 0;
    if (!known || !*a->matched || !*a->matched_layer || !*a->matched_key)
        abort();
    if (!isfinite(a->lon) || !isfinite(a->lat) || (a->lon == 0 && a->lat == 0))
        abort();
    if (a->matched_text.len && !is_inside(a->matched_text, q->address) &&
        !is_inside(a->matched_text, q->name) && !is_inside(a->matched_text, q->city) &&
        !is_inside(a->matched_text, q->district) &&
        !is_inside(a->matched_text, q->adcode))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gazetteer *gazetteer = fixed_gazetteer();
    struct im_bytes rest = {data, size};
    struct gazetteer_question q;
    struct gazetteer_answer a;
    const struct gazetteer_division *stated;

    q.address = take_line(&rest);
    q.name = take_line(&rest);
    q.city = take_line(&rest);
    q.district = take_line(&rest);
    q.adcode = take_line(&rest);
    gazetteer_find(gazetteer, &q, &a);
    check(&q, &a);
    /* never in another city than the row states */
    stated = gazetteer_division(gazetteer, &q, NULL);
    if (a.found && stated && *stated->city && a.division &&
        strcmp(a.division->city, stated->city) != 0)
        abort();
    return 0;
}
