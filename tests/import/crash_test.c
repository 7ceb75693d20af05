/* SPDX-License-Identifier: Apache-2.0 */
/* Proves `innomap import` as people run it: killed at random moments, or on a disk that
 * fills up, it leaves the database whole, at exactly the old or exactly the new
 * version, and the log says which. */
#include <test.h>

#include <import/history.h>
#include <layers/history.h>
#include <layers/sql.h>

#include "layers/fixture.h"
#include "support/random.h"
#include "years.h"
#include <scratch.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#ifdef INNOMAP_SANITIZED
/* what libspatialite 5.0.1 loses when a statement of it fails (faults_test.c) */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libsqlite3";
}
#endif

enum {
    OLD_ROWS = 3000, /* enough for the way that drops and fills the indexes */
    NEW_ROWS = 2600,
    OLD_YEAR = 2001,
    NEW_YEAR = 2002,
    KILLS = 50,
    TRIES = 200
};

/* ---- files ---- */

static void copy_file(const char *from, const char *to)
{
    char block[1 << 16];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    size_t n;

    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        assert_int_equal(fwrite(block, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char name[256];

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static off_t size_of(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? info.st_size : 0;
}

/* ---- the importer ---- */

struct limits {
    rlim_t file_bytes; /* RLIM_INFINITY: none */
    bool ignore_xfsz;  /* a write beyond fails instead of ending the process */
};

/* Runs `innomap import FILE --layer parks --db DB --replace`; what it says goes to a
 * file of the scratch folder. */
static pid_t start_import(const char *db, const char *file, struct limits limits)
{
    char said[192];
    pid_t pid;

    snprintf(said, sizeof said, "%s", scratch_path("said.txt"));
    pid = fork();
    if (pid == 0) {
        struct rlimit core = {0, 0};
        struct rlimit size = {limits.file_bytes, limits.file_bytes};
        int out = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        setrlimit(RLIMIT_CORE, &core);
        if (limits.ignore_xfsz)
            signal(SIGXFSZ, SIG_IGN);
        if (limits.file_bytes != RLIM_INFINITY)
            setrlimit(RLIMIT_FSIZE, &size);
        execl(TEST_BINARY_DIR "/innomap", "innomap", "import", file, "--layer", "parks",
              "--db", db, "--replace", "--quiet", "--lang", "en", NULL);
        _exit(126);
    }
    assert_true(pid > 0);
    return pid;
}

static int finish(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static const struct limits NO_LIMITS = {.file_bytes = RLIM_INFINITY};

static void import_all(const char *db, const char *file)
{
    int status = finish(start_import(db, file, NO_LIMITS));

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("the import ends with status %x", (unsigned)status);
}

/* ---- the database afterwards ---- */

/* A reader comes first, as the server would. */
static void assert_readable(const char *path)
{
    struct store *store = NULL;
    struct im_error err = {0};

    if (store_open(path, STORE_READ, &store, &err))
        fail_msg("%s", err.msg);
    int64_t year = fixture_number(store, "SELECT max(year) FROM parks");
    assert_true(year == OLD_YEAR || year == NEW_YEAR);
    store_close(store);
}

/* Whole, and at the version that the log says: true for the new one. */
static bool is_new(const char *path)
{
    struct store *store = NULL;
    struct im_error err = {0};

    assert_readable(path);
    if (store_open(path, STORE_WRITE, &store, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(fixture_number(store, "SELECT integrity_check = 'ok' FROM "
                                           "pragma_integrity_check"),
                     1);
    assert_int_equal(fixture_number(store, "SELECT CheckSpatialIndex()"), 1);
    int64_t runs = fixture_number(store, "SELECT count(*) FROM innomap_runs "
                                         "WHERE outcome = 'changed'");
    bool fresh = runs == 2;
    assert_true(runs == 1 || runs == 2);
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM parks"),
                     fresh ? NEW_ROWS : OLD_ROWS);
    assert_int_equal(fixture_number(store, "SELECT min(year) FROM parks"),
                     fresh ? NEW_YEAR : OLD_YEAR);
    assert_int_equal(fixture_number(store, "SELECT max(year) FROM parks"),
                     fresh ? NEW_YEAR : OLD_YEAR);
    assert_int_equal(fixture_number(store, "SELECT value FROM innomap_meta "
                                           "WHERE key = 'data_version'"),
                     fresh ? 3 : 2);
    assert_int_equal(
        fixture_number(store, "SELECT count(*) FROM innomap_changes WHERE run_id > 1"),
        fresh ? OLD_ROWS : 0);
    store_close(store);
    return fresh;
}

/* The rows before are there too, whatever happened. */
static void assert_undoable(const char *path)
{
    struct im_arena *arena = im_arena_new(1 << 28);
    struct import_report report;
    struct store *store = NULL;
    struct im_error err = {0};

    if (store_open(path, STORE_WRITE, &store, &err) ||
        import_undo(store, 2, arena, &report, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(
        fixture_number(store, "SELECT count(*) FROM parks WHERE year = 2001"),
        OLD_ROWS);
    store_close(store);
    im_arena_free(arena);
}

struct bench {
    char base[192]; /* a database with the old version, never touched */
    char db[192];
    char file[192]; /* the new version */
};

static void setup_bench(struct bench *b)
{
    struct store *store = NULL;
    struct im_error err = {0};

    snprintf(b->base, sizeof b->base, "%s", scratch_path("base.db"));
    snprintf(b->db, sizeof b->db, "%s", scratch_path("work.db"));
    snprintf(b->file, sizeof b->file, "%s", csv_of("new.csv", NEW_ROWS, NEW_YEAR));
    remove_database(b->base);
    if (store_open(b->base, STORE_CREATE, &store, &err))
        fail_msg("%s", err.msg);
    fixture_put(store,
                fixture_definition("parks", "point", "places", FIXTURE_FIELDS, NULL),
                "");
    store_close(store);
    import_all(b->base, csv_of("old.csv", OLD_ROWS, OLD_YEAR));
    assert_int_equal(size_of(scratch_path("base.db-wal")), 0);
}

static void restore(const struct bench *b)
{
    remove_database(b->db);
    copy_file(b->base, b->db);
}

/* ---- killed ---- */

static double cpu_s(pid_t pid)
{
    struct timespec spent = {0};
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0)
        return -1;
    return (double)spent.tv_sec + (double)spent.tv_nsec * 1e-9;
}

/* What a whole import takes of the processor. */
static double measure(const struct bench *b)
{
    struct rusage before;
    struct rusage after;

    restore(b);
    getrusage(RUSAGE_CHILDREN, &before);
    import_all(b->db, b->file);
    getrusage(RUSAGE_CHILDREN, &after);
    assert_true(is_new(b->db));
    return (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
           (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
           (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) * 1e-6 +
           (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) * 1e-6;
}

/* SIGKILL when it has used so much of the processor: its own progress, not the clock on
 * the wall. True when it was still there. */
static bool kill_at(const struct bench *b, double limit_s)
{
    pid_t pid = start_import(b->db, b->file, NO_LIMITS);
    siginfo_t info = {0};

    for (;;) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid != 0 || cpu_s(pid) >= limit_s)
            break;
        sched_yield();
    }
    kill(pid, SIGKILL);
    return WIFSIGNALED(finish(pid));
}

/* Ended by the kernel in the middle of the write that takes a file (the spill, -wal,
 * the database at the check-point) beyond `bytes`. */
static bool kill_at_byte(const struct bench *b, rlim_t bytes)
{
    return WIFSIGNALED(
        finish(start_import(b->db, b->file, (struct limits){.file_bytes = bytes})));
}

TEST(an_importer_killed_at_random_moments_leaves_a_whole_database)
{
    struct test_random r = test_random_new("crash");
    struct bench b;
    int kills = 0;
    int fresh = 0;
    int tries = 0;

    setup_bench(&b);
    double whole_s = measure(&b);
    for (; kills < KILLS && tries < TRIES; tries++) {
        bool is_killed;

        restore(&b);
        if (tries % 3)
            is_killed = kill_at(&b, test_random_in(&r, 0, 1.05) * whole_s);
        else
            is_killed = kill_at_byte(
                &b, (rlim_t)exp(test_random_in(&r, log(4096), log(8 << 20))));
        bool is_there = is_new(b.db);
        /* one that was not killed has done its work */
        assert_true(is_killed || is_there);
        kills += is_killed;
        fresh += is_killed && is_there;
    }
    print_message("%d kills in %d imports of %.2f s of processor time; %d were killed "
                  "after the commit\n",
                  kills, tries, whole_s, fresh);
    assert_true(kills >= KILLS);
    /* what is left of the last one is no hindrance */
    restore(&b);
    kill_at(&b, whole_s / 2);
    if (!is_new(b.db))
        import_all(b.db, b.file);
    assert_true(is_new(b.db));
    assert_undoable(b.db);
}

/* ---- a full disk ---- */

enum { NO_MOUNTS = 77, CHILD_FAILED = 78 };

static void assert_said(const char *text)
{
    char said[4096] = "";
    FILE *file = fopen(scratch_path("said.txt"), "rb");

    assert_non_null(file);
    size_t n = fread(said, 1, sizeof said - 1, file);
    fclose(file);
    said[n] = '\0';
    if (!strstr(said, text))
        fail_msg("'%s' lacks '%s'", said, text);
}

/* Whether it got through. When not: exit code 3, the reason, the database as before. */
static bool import_where_little_fits(const struct bench *b, struct limits limits)
{
    int status = finish(start_import(b->db, b->file, limits));

    if (!WIFEXITED(status))
        fail_msg("the import ends with status %x", (unsigned)status);
    bool is_done = WEXITSTATUS(status) == 0;
    if (!is_done)
        assert_int_equal(WEXITSTATUS(status), 3);
    return is_done;
}

/* In a process of its own, where nobody else sees the mount. */
static int fill_a_tmpfs(const struct bench *b)
{
    struct bench inside = *b;
    char folder[128];
    off_t base = size_of(b->base);
    bool done = false;
    int failures = 0;

    if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return NO_MOUNTS;
    snprintf(folder, sizeof folder, "%s", scratch_path("disk"));
    mkdir(folder, 0700);
    snprintf(inside.db, sizeof inside.db, "%s/work.db", folder);
    for (off_t more = 16 << 10; !done; more = more * 3 / 2) {
        char size[40];

        snprintf(size, sizeof size, "size=%lld", (long long)(base + more));
        if (mount("tmpfs", folder, "tmpfs", 0, size) != 0)
            return NO_MOUNTS;
        copy_file(inside.base, inside.db);
        done = import_where_little_fits(&inside, NO_LIMITS);
        if (!done)
            assert_said("space");
        failures += !done;
        /* the check writes too: it looks at a copy, with room */
        copy_file(inside.db, b->db);
        char wal[256];
        snprintf(wal, sizeof wal, "%s-wal", inside.db);
        char beside[256];
        snprintf(beside, sizeof beside, "%s-wal", b->db);
        if (size_of(wal))
            copy_file(wal, beside);
        assert_int_equal(is_new(b->db), done);
        remove_database(b->db);
        if (umount(folder) != 0)
            fail_msg("umount: %s", strerror(errno));
        assert_true(more < 256 << 20);
    }
    print_message("%d sizes were too small\n", failures);
    return failures >= 5 ? 0 : CHILD_FAILED;
}

TEST(a_full_disk_leaves_a_whole_database)
{
    struct bench b;
    int status = 0;
    int failures = 0;
    bool done = false;

    setup_bench(&b);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(fill_a_tmpfs(&b));
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        print_message("used: a tmpfs\n");
        return;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != NO_MOUNTS)
        fail_msg("on a tmpfs: status %x", (unsigned)status);
    print_message("used: a limit on the size of files (no right to mount a tmpfs)\n");
    for (rlim_t bytes = 16 << 10; !done; bytes = bytes * 3 / 2) {
        restore(&b);
        done = import_where_little_fits(
            &b, (struct limits){.file_bytes = bytes, .ignore_xfsz = true});
        failures += !done;
        assert_int_equal(is_new(b.db), done);
        assert_true(bytes < 256 << 20);
    }
    assert_true(failures >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_importer_killed_at_random_moments_leaves_a_whole_database),
        cmocka_unit_test(a_full_disk_leaves_a_whole_database),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
