/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/place/online*.c against a loopback double of the service's documented
 * answer (http://lbs.tianditu.gov.cn/server/geocodinginterface.html). */
#include <test.h>

#include "place/online_internal.h"

#include <layers/sql.h>

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY "0123456789abcdef-secret"
#define ADDRESS "北京市海淀区莲花池西路28号"
#define FOUND                                                                          \
    "{\"msg\":\"ok\",\"location\":{\"score\":100,\"level\":\"门址\","                \
    "\"lon\":\"116.290158\",\"lat\":\"39.894696\",\"keyWord\":\"" ADDRESS "\"},"       \
    "\"searchVersion\":\"6.4.9V\",\"status\":\"0\"}"

/* ---- the double: one connection at a time, answers as told ---- */

enum manner { ANSWER, SLOW, CUT, HUGE_ANSWER, NO_ANSWER };

static struct {
    int listener;
    pthread_t thread;
    uint16_t port;
    atomic_int n_requests;
    _Atomic enum manner manner;
    const char *_Atomic status; /* "200 OK" */
    const char *_Atomic body;
    char request[4096]; /* the last one; read between requests only */
} service;

static void send_text(int to, const char *text)
{
    size_t len = strlen(text);

    while (len) {
        ssize_t sent = send(to, text, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        text += sent;
        len -= (size_t)sent;
    }
}

static bool read_request(int from)
{
    size_t len = 0;

    while (len < sizeof service.request - 1) {
        ssize_t got =
            recv(from, service.request + len, sizeof service.request - 1 - len, 0);

        if (got <= 0)
            return false;
        len += (size_t)got;
        service.request[len] = '\0';
        if (strstr(service.request, "\r\n\r\n"))
            return true;
    }
    return false;
}

static void send_huge(int to)
{
    char part[4096];

    memset(part, ' ', sizeof part);
    send_text(to, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    while (send(to, part, sizeof part, MSG_NOSIGNAL) > 0)
        continue; /* until the other side has enough */
}

static void serve_one(int to)
{
    char head[300];
    const char *body = service.body;

    if (!read_request(to))
        return;
    service.n_requests++;
    switch (service.manner) {
    case SLOW: /* says nothing until the other side gives up */
        while (recv(to, head, sizeof head, 0) > 0)
            continue;
        return;
    case HUGE_ANSWER:
        send_huge(to);
        return;
    case NO_ANSWER:
        return;
    case ANSWER:
    case CUT:
        snprintf(head, sizeof head,
                 "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n"
                 "Location: http://127.0.0.1:%u/elsewhere\r\n\r\n",
                 service.status, strlen(body) + (service.manner == CUT ? 100 : 0),
                 service.port);
        send_text(to, head);
        send_text(to, body);
    }
}

static void *serve(void *ctx)
{
    int to;

    while ((to = accept(service.listener, NULL, NULL)) >= 0) {
        serve_one(to);
        close(to);
    }
    return ctx;
}

static int start_service(void **state)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    char url[100];

    (void)state;
    service.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(service.listener, (struct sockaddr *)&here, sizeof here) != 0 ||
        listen(service.listener, 8) != 0 ||
        getsockname(service.listener, (struct sockaddr *)&here, &len) != 0)
        return -1;
    service.port = ntohs(here.sin_port);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/geocoder", service.port);
    setenv("INNOMAP_TIANDITU_URL", url, 1);
    setenv("INNOMAP_TIANDITU_KEY", KEY, 1);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    return pthread_create(&service.thread, NULL, serve, NULL);
}

static int stop_service(void **state)
{
    (void)state;
    shutdown(service.listener, SHUT_RDWR);
    pthread_join(service.thread, NULL);
    close(service.listener);
    return 0;
}

/* ---- one geocoder a test ---- */

struct fixture {
    sqlite3 *db;
    struct online *online;
    struct im_arena *arena;
    struct online_answer answer;
    struct im_error err;
    uint64_t now_ms;
    uint64_t waited_ms;
};

static uint64_t fixed_now(void *ctx)
{
    return ((struct fixture *)ctx)->now_ms;
}

static void pretend_to_wait(void *ctx, uint64_t ms)
{
    struct fixture *f = ctx;

    f->now_ms += ms;
    f->waited_ms += ms;
}

static void reopen(struct fixture *f)
{
    struct online_clock clock = {fixed_now, pretend_to_wait, f};

    online_free(f->online);
    f->online = NULL;
    assert_int_equal(online_open(f->db, &f->online, &f->err), IM_OK);
    online_set_clock(f->online, &clock);
    online_set_timeout(f->online, 5000);
}

static int make_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    service.manner = ANSWER;
    service.status = "200 OK";
    service.body = FOUND;
    service.n_requests = 0;
    f->now_ms = 1000000;
    f->arena = im_arena_new(1 << 20);
    if (sqlite3_open(":memory:", &f->db) != SQLITE_OK)
        return -1;
    reopen(f);
    *state = f;
    return 0;
}

static int drop_fixture(void **state)
{
    struct fixture *f = *state;

    online_free(f->online);
    sqlite3_close(f->db);
    im_arena_free(f->arena);
    free(f);
    return 0;
}

#define ONLINE_TEST(name) static void name(void **state)

/* Whatever goes wrong, the key is in no message. */
static enum im_code ask(struct fixture *f, const char *address)
{
    f->err = (struct im_error){0};
    enum im_code rc =
        online_find(f->online, im_bytes_of(address), f->arena, &f->answer, &f->err);

    assert_int_equal(rc, f->err.code);
    assert_null(strstr(f->err.msg, KEY));
    assert_null(strstr(f->err.msg_zh, KEY));
    if (rc != IM_OK) {
        assert_true(*f->err.msg != '\0');
        assert_true(*f->err.msg_zh != '\0');
    }
    return rc;
}

static int64_t count_kept(struct fixture *f)
{
    int64_t n = 0;

    assert_int_equal(
        sql_integer(f->db, &n, &f->err, "SELECT count(*) FROM innomap_geocodes"),
        IM_OK);
    return n;
}

/* ---- what the service says ---- */

ONLINE_TEST(the_documented_answer_is_a_position)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "  " ADDRESS "\n"), IM_OK);
    assert_true(f->answer.found);
    assert_true(fabs(f->answer.lon - 116.290158) < 1e-9);
    assert_true(fabs(f->answer.lat - 39.894696) < 1e-9);
    assert_string_equal(f->answer.precision, "site");
    assert_string_equal(f->answer.matched, ADDRESS);
    /* the request as documented: JSON in ds, the key in tk */
    assert_int_equal(service.n_requests, 1);
    assert_non_null(strstr(service.request, "GET /geocoder?ds=%7B%22keyWord%22%3A%22"
                                            "%E5%8C%97%E4%BA%AC"));
    assert_non_null(strstr(service.request, "%22%7D&tk=" KEY " HTTP/1.1"));
}

ONLINE_TEST(quotes_in_an_address_stay_in_its_text)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "A\"},\"x\":\"&tk=1 路"), IM_OK);
    assert_non_null(strstr(service.request,
                           "%22A%5C%22%7D%2C%5C%22x%5C%22%3A%5C%22%26tk"
                           "%3D1%20"));
}

ONLINE_TEST(numbers_come_without_quotes_too)
{
    struct fixture *f = *state;

    service.body = "\xEF\xBB\xBF{\"status\":0,\"location\":{\"lon\":121.5,\"lat\":31.2,"
                   "\"score\":\"70\",\"level\":\"兴趣点\"}}";
    assert_int_equal(ask(f, ADDRESS), IM_OK);
    assert_true(f->answer.found && f->answer.lon == 121.5 && f->answer.lat == 31.2);
    assert_string_equal(f->answer.precision, "park");
    assert_string_equal(f->answer.matched, "");
}

ONLINE_TEST(nothing_found_is_an_answer)
{
    struct fixture *f = *state;

    service.body = "{\"msg\":\"无结果\",\"status\":\"101\"}";
    assert_int_equal(ask(f, ADDRESS), IM_OK);
    assert_false(f->answer.found);
    service.body = "{\"msg\":\"ok\",\"status\":\"0\"}";
    assert_int_equal(ask(f, ADDRESS "B座"), IM_OK);
    assert_false(f->answer.found);
    assert_int_equal(count_kept(f), 2);
}

ONLINE_TEST(a_level_is_worth_what_it_says)
{
    (void)state;
    assert_string_equal(online_precision("门址", 100), "site");
    assert_string_equal(online_precision("门址", 80), "park");
    assert_string_equal(online_precision("门址", -1), "park");
    assert_string_equal(online_precision("门址", 30), "district");
    assert_string_equal(online_precision("兴趣点", 95), "site");
    assert_string_equal(online_precision("地名地址", -1), "park");
    assert_string_equal(online_precision("道路", 95), "town");
    assert_string_equal(online_precision("乡镇", 95), "town");
    assert_string_equal(online_precision("区县", 95), "district");
    assert_string_equal(online_precision("市", 95), "city");
    assert_string_equal(online_precision("", 100), "district");
    assert_string_equal(online_precision("没见过", 100), "district");
    assert_null(online_precision("省", 100));
}

/* ---- kept ---- */

ONLINE_TEST(an_address_is_asked_for_once)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, ADDRESS), IM_OK);
    service.body = "{\"status\":\"101\"}";
    assert_int_equal(ask(f, "没有的地方"), IM_OK);
    reopen(f); /* another run */
    assert_int_equal(ask(f, ADDRESS), IM_OK);
    assert_true(f->answer.found);
    assert_string_equal(f->answer.precision, "site");
    assert_string_equal(f->answer.matched, ADDRESS);
    assert_int_equal(ask(f, "没有的地方"), IM_OK);
    assert_false(f->answer.found);
    assert_int_equal(service.n_requests, 2);
    assert_int_equal(count_kept(f), 2);
}

ONLINE_TEST(what_is_kept_has_its_day_and_no_key)
{
    struct fixture *f = *state;
    int64_t n = 0;

    assert_int_equal(ask(f, ADDRESS), IM_OK);
    assert_int_equal(sql_integer(f->db, &n, &f->err,
                                 "SELECT count(*) FROM innomap_geocodes WHERE "
                                 "retrieved_on = date('now') AND service || query || "
                                 "level || matched NOT LIKE '%%secret%%'"),
                     IM_OK);
    assert_int_equal(n, 1);
}

ONLINE_TEST(failures_are_not_kept)
{
    struct fixture *f = *state;

    service.body = "no JSON";
    assert_int_equal(ask(f, ADDRESS), IM_EIO);
    assert_int_equal(count_kept(f), 0);
    service.body = FOUND;
    assert_int_equal(ask(f, ADDRESS), IM_OK);
}

/* ---- how often ---- */

ONLINE_TEST(at_most_five_requests_a_second)
{
    struct fixture *f = *state;

    for (int i = 0; i < 6; i++) {
        char address[40];

        snprintf(address, sizeof address, "某某路%d号", i);
        assert_int_equal(ask(f, address), IM_OK);
    }
    assert_int_equal(f->waited_ms, 1000);
    f->now_ms += 500; /* time went by: no need to wait */
    assert_int_equal(ask(f, "某某路6号"), IM_OK);
    assert_int_equal(f->waited_ms, 1000);
    assert_int_equal(ask(f, "某某路6号"), IM_OK); /* kept: not asked */
    assert_int_equal(f->waited_ms, 1000);
}

/* ---- what goes wrong ---- */

ONLINE_TEST(a_quota_ends_the_asking)
{
    struct fixture *f = *state;

    service.status = "429 Too Many Requests";
    service.body = "";
    assert_int_equal(ask(f, ADDRESS), IM_ELIMIT);
    service.status = "200 OK";
    service.body = FOUND;
    assert_int_equal(ask(f, ADDRESS), IM_ELIMIT); /* at once */
    assert_int_equal(service.n_requests, 1);
    reopen(f);
    service.body = "{\"code\":301012,\"msg\":\"当日访问量超过配额\"}";
    assert_int_equal(ask(f, ADDRESS), IM_ELIMIT);
    assert_non_null(strstr(f->err.msg, "当日访问量超过配额"));
}

ONLINE_TEST(a_refused_key_ends_the_asking)
{
    struct fixture *f = *state;

    service.status = "403 Forbidden";
    service.body = "{\"msg\":\"权限类型错误 " KEY "\",\"code\":301003}";
    assert_int_equal(ask(f, ADDRESS), IM_EENV);
    assert_int_equal(ask(f, ADDRESS), IM_EENV);
    assert_int_equal(service.n_requests, 1);
}

ONLINE_TEST(an_error_with_one_address_does_not_end_the_asking)
{
    struct fixture *f = *state;

    service.body = "{\"status\":\"404\",\"msg\":\"出错\"}";
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(f, ADDRESS), IM_EDATA);
    assert_int_equal(service.n_requests, 5);
    service.body = FOUND;
    assert_int_equal(ask(f, ADDRESS), IM_OK);
}

ONLINE_TEST(three_failures_in_a_row_end_the_asking)
{
    struct fixture *f = *state;

    service.manner = NO_ANSWER;
    assert_int_equal(ask(f, ADDRESS), IM_EIO);
    assert_int_equal(ask(f, ADDRESS), IM_EIO);
    service.manner = ANSWER;
    assert_int_equal(ask(f, ADDRESS "1"), IM_OK);
    service.manner = NO_ANSWER;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(f, ADDRESS), IM_EIO);
    assert_int_equal(service.n_requests, 6);
    assert_int_equal(ask(f, ADDRESS "1"), IM_OK); /* kept */
}

ONLINE_TEST(a_service_that_does_not_answer_is_left)
{
    struct fixture *f = *state;

    online_set_timeout(f->online, 50);
    service.manner = SLOW;
    assert_int_equal(ask(f, ADDRESS), IM_EIO);
}

ONLINE_TEST(a_cut_answer_is_no_answer)
{
    struct fixture *f = *state;

    service.manner = CUT;
    assert_int_equal(ask(f, ADDRESS), IM_EIO);
}

ONLINE_TEST(an_endless_answer_is_given_up)
{
    struct fixture *f = *state;

    service.manner = HUGE_ANSWER;
    assert_int_equal(ask(f, ADDRESS), IM_EIO);
    assert_non_null(strstr(f->err.msg, "65536"));
}

ONLINE_TEST(redirects_are_not_followed)
{
    struct fixture *f = *state;

    service.status = "302 Found";
    assert_int_equal(ask(f, ADDRESS), IM_EIO);
    assert_int_equal(service.n_requests, 1);
}

ONLINE_TEST(answers_that_are_none_are_refused)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "null",
        "<html>",
        "{\"status\":\"0\",\"location\":{\"lon\":\"x\",\"lat\":\"31\"}}",
        "{\"status\":\"0\",\"location\":{\"lon\":121.5}}",
        "{\"status\":\"0\",\"location\":{\"lon\":0,\"lat\":0}}",
        "{\"status\":\"0\",\"location\":{\"lon\":31.2,\"lat\":121.5}}",
        "{\"status\":\"0\",\"location\":{\"lon\":1e400,\"lat\":31}}",
        "{\"status\":\"0\",\"location\":{\"lon\":121.5,\"lat\":31.2}",
        "\xff\xfe{}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        reopen(f);
        service.body = bodies[i];
        if (ask(f, ADDRESS) != IM_EIO)
            print_error("%s\n", bodies[i]);
        assert_int_equal(f->err.code, IM_EIO);
    }
    assert_int_equal(count_kept(f), 0);
}

ONLINE_TEST(what_is_no_address_is_not_sent)
{
    struct fixture *f = *state;
    char text[1200];

    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(ask(f, ""), IM_EARG);
    assert_int_equal(ask(f, " 路 "), IM_EARG);
    assert_int_equal(ask(f, "\xff\xfe\xfd"), IM_EARG);
    assert_int_equal(ask(f, text), IM_EARG);
    assert_int_equal(online_find(f->online,
                                 (struct im_bytes){(const uint8_t *)"a\0b", 3},
                                 f->arena, &f->answer, &f->err),
                     IM_EARG);
    assert_int_equal(online_find(f->online, (struct im_bytes){NULL, 0}, f->arena,
                                 &f->answer, &f->err),
                     IM_EARG);
    assert_int_equal(service.n_requests, 0);
}

/* ---- settings ---- */

static void expect_no_start(const char *variable, const char *value)
{
    char *before = strdup(getenv(variable));
    struct online *online = NULL;
    struct im_error err = {0};
    sqlite3 *db = NULL;

    if (value)
        setenv(variable, value, 1);
    else
        unsetenv(variable);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(online_open(db, &online, &err), IM_EENV);
    assert_null(online);
    assert_non_null(strstr(err.msg, variable));
    assert_non_null(strstr(err.msg_zh, variable));
    assert_null(strstr(err.msg, KEY));
    sqlite3_close(db);
    setenv(variable, before, 1);
    free(before);
}

TEST(without_a_key_or_an_address_it_does_not_start)
{
    expect_no_start("INNOMAP_TIANDITU_KEY", NULL);
    expect_no_start("INNOMAP_TIANDITU_KEY", "");
    expect_no_start("INNOMAP_TIANDITU_KEY", "two words");
    expect_no_start("INNOMAP_TIANDITU_KEY", KEY "\r\nX: y");
    expect_no_start("INNOMAP_TIANDITU_URL", "file:///etc/passwd");
    expect_no_start("INNOMAP_TIANDITU_URL", "https://");
    expect_no_start("INNOMAP_TIANDITU_URL", "https://user:" KEY "@example.org/");
    expect_no_start("INNOMAP_TIANDITU_URL", "https://example.org/?a=b");
    online_free(NULL);
}

#define WITH_FIXTURE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_fixture, drop_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_documented_answer_is_a_position),
        WITH_FIXTURE(quotes_in_an_address_stay_in_its_text),
        WITH_FIXTURE(numbers_come_without_quotes_too),
        WITH_FIXTURE(nothing_found_is_an_answer),
        WITH_FIXTURE(a_level_is_worth_what_it_says),
        WITH_FIXTURE(an_address_is_asked_for_once),
        WITH_FIXTURE(what_is_kept_has_its_day_and_no_key),
        WITH_FIXTURE(failures_are_not_kept),
        WITH_FIXTURE(at_most_five_requests_a_second),
        WITH_FIXTURE(a_quota_ends_the_asking),
        WITH_FIXTURE(a_refused_key_ends_the_asking),
        WITH_FIXTURE(an_error_with_one_address_does_not_end_the_asking),
        WITH_FIXTURE(three_failures_in_a_row_end_the_asking),
        WITH_FIXTURE(a_service_that_does_not_answer_is_left),
        WITH_FIXTURE(a_cut_answer_is_no_answer),
        WITH_FIXTURE(an_endless_answer_is_given_up),
        WITH_FIXTURE(redirects_are_not_followed),
        WITH_FIXTURE(answers_that_are_none_are_refused),
        WITH_FIXTURE(what_is_no_address_is_not_sent),
        cmocka_unit_test(without_a_key_or_an_address_it_does_not_start),
    };

    return cmocka_run_group_tests(tests, start_service, stop_service);
}
