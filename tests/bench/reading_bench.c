/* SPDX-License-Identifier: Apache-2.0 */
/* A reader while an import runs: nearest 10 on the atlas of a database, at rest and
 * while `innomap import` replaces every row of its layer, with the version asked for as
 * a server does. Whatever is read is the old version or the new one, else it ends with
 * 1. --short: 3,000 points, else 200,000. */
#include <engine/query.h>
#include <layers/sql.h>
#include <layers/store.h>
#include <support/random.h>

#include "scratch.h"

#include <math.h>
#include <sys/wait.h>
#include <time.h>

enum { K = 10, MAX_QUESTIONS = 4 << 20, ASK_VERSION_EVERY = 500 };

struct bench {
    int rows;
    char db[192];
    struct store *store;
    const struct atlas *atlas;
    uint64_t version;
    struct im_arena *arena;
    struct test_random random;
    double *us; /* of each question */
    size_t n;
    double version_max_us; /* the slowest look at the version */
    int swaps;             /* new versions that were seen */
};

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* ---- data ---- */

static const char DEFINITION[] =
    "{\"id\":\"points\",\"title\":{\"zh\":\"点\",\"en\":\"Points\"},\"geometry\":"
    "\"point\",\"key\":\"id\",\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\","
    "\"en\":\"ID\"},\"type\":\"text\"},{\"name\":\"year\",\"title\":{\"zh\":\"年\","
    "\"en\":\"Year\"},\"type\":\"integer\"}]}";

/* Every row carries the year, so a mixture of two versions can be seen. */
static const char *csv_of(const char *name, int rows, int year)
{
    struct test_random r = {(uint64_t)year};
    const char *path = scratch_path(name);
    FILE *out = fopen(path, "wb");

    if (!out)
        stop(path, "cannot be written");
    fprintf(out, "id,year,lon,lat\n");
    for (int i = 0; i < rows; i++)
        fprintf(out, "K%d,%d,%.6f,%.6f\n", i, year, test_random_in(&r, 115, 122),
                test_random_in(&r, 28, 35));
    if (fclose(out) != 0)
        stop(path, "cannot be written");
    return path;
}

static pid_t
start_import(const struct bench *b, const char *file, const char *definition)
{
    pid_t pid = fork();

    if (pid == 0) {
        execl(INNOMAP_BINARY, "innomap", "import", file, "--db", b->db, "--quiet",
              "--replace", definition ? "--definition" : "--layer",
              definition ? definition : "points", NULL);
        _exit(126);
    }
    return pid;
}

static void finish_import(pid_t pid)
{
    int status = 0;

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
        stop("innomap import", "failed");
}

/* ---- reading ---- */

static int64_t number(struct bench *b, const char *sql)
{
    struct im_error err;
    int64_t n = -1;

    if (sql_integer(store_db(b->store), &n, &err, "%s", sql))
        stop(sql, err.msg);
    return n;
}

static void check_whole(struct bench *b)
{
    if (number(b, "SELECT count(*) FROM points") != b->rows ||
        number(b, "SELECT count(DISTINCT year) FROM points") != 1)
        stop("points", "neither the old version nor the new one");
}

static void build(struct bench *b)
{
    struct feature_source source = store_source(b->store);
    const struct atlas *atlas = NULL;
    struct im_error err;

    if (atlas_build(&source, b->atlas, &atlas, &err))
        stop("atlas", err.msg);
    if (atlas_layer_size(atlas_layer_at(atlas, 0)) != (uint32_t)b->rows)
        stop("atlas", "rows are missing");
    atlas_unref(b->atlas);
    b->atlas = atlas;
    check_whole(b);
}

static void look_at_version(struct bench *b)
{
    struct im_error err;
    uint64_t version = 0;
    double start = now_us();

    if (store_data_version(b->store, &version, &err))
        stop("version", err.msg);
    b->version_max_us = fmax(b->version_max_us, now_us() - start);
    if (version == b->version)
        return;
    b->version = version;
    b->swaps++;
    build(b); /* a server does it beside the questions: it is not among them */
}

static void ask(struct bench *b)
{
    const struct atlas_layer *layer = atlas_layer_at(b->atlas, 0);
    struct query_request q = {.layers = &layer,
                              .n_layers = 1,
                              .k = K,
                              .has_origin = true,
                              .lon = test_random_in(&b->random, 115, 122),
                              .lat = test_random_in(&b->random, 28, 35),
                              .max_m = HUGE_VAL,
                              .coarsest = PRECISION_CITY};
    struct query_answer answer;
    struct im_error err;
    double start = now_us();

    im_arena_reset(b->arena);
    if (query_run(&q, b->arena, &answer, NULL, &err) != IM_OK || answer.n_hits != K)
        stop("nearest", "no answer");
    if (b->n < MAX_QUESTIONS)
        b->us[b->n++] = now_us() - start;
    if (b->n % ASK_VERSION_EVERY == 0)
        look_at_version(b);
}

static double print_questions(struct bench *b, const char *when)
{
    qsort(b->us, b->n, sizeof *b->us, by_value);
    double p99 = b->us[b->n / 100 * 99];
    printf("  %-16s %8zu questions   p50 %6.2f us   p99 %6.2f us   version at most "
           "%.0f us\n",
           when, b->n, b->us[b->n / 2], p99, b->version_max_us);
    b->n = 0;
    b->version_max_us = 0;
    return p99;
}

static bool is_running(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

static void run(struct bench *b, size_t questions)
{
    struct im_error err;
    const char *definition = scratch_text("layer.json", DEFINITION);

    snprintf(b->db, sizeof b->db, "%s", scratch_path("reading.db"));
    finish_import(start_import(b, csv_of("old.csv", b->rows, 2001), definition));
    if (store_open(b->db, STORE_READ, &b->store, &err))
        stop(b->db, err.msg);
    look_at_version(b);
    b->swaps = 0;
    printf("%d points\n", b->rows);
    while (b->n < questions)
        ask(b);
    double rest = print_questions(b, "at rest");
    const char *next = csv_of("new.csv", b->rows, 2002);
    pid_t pid = start_import(b, next, NULL);
    while (is_running(pid))
        ask(b);
    finish_import(pid);
    double busy = print_questions(b, "while importing");
    look_at_version(b);
    if (b->swaps != 1 || number(b, "SELECT max(year) FROM points") != 2002)
        stop("import", "its version was not seen");
    printf("  p99 while importing: %.2f times that at rest\n", busy / rest);
}

int main(int argc, char **argv)
{
    bool is_short = argc > 1 && strcmp(argv[1], "--short") == 0;
    struct bench b = {.rows = is_short ? 3000 : 200000,
                      .arena = im_arena_new(64 << 20),
                      .random = {7},
                      .us = malloc(MAX_QUESTIONS * sizeof *b.us)};

    if (!b.arena || !b.us || scratch_make(NULL) != 0)
        stop("bench", "out of memory or no folder in /tmp");
    run(&b, is_short ? 2000 : 200000);
    atlas_unref(b.atlas);
    store_close(b.store);
    im_arena_free(b.arena);
    free(b.us);
    return scratch_remove(NULL);
}
