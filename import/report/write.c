/* SPDX-License-Identifier: Apache-2.0 */
/* A report into its file: whole or not at all. It is written beside the target and
 * takes its name when it lies on the disk. */
#include "writers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, MAX_TRIES = 100 };

struct target {
    char path[PATH_BYTES]; /* links followed: the link stays one */
    char beside[PATH_BYTES];
    bool is_direct; /* a terminal, a pipe: nothing to replace */
    FILE *file;
};

typedef enum im_code (*report_form)(const struct report_writer *w,
                                    struct im_error *err);

static enum im_code fail_path(const char *path, int reason, struct im_error *err)
{
    im_fail(err, reason == ENOSPC || reason == EIO ? IM_EIO : IM_EENV,
            "cannot write the report '%.180s': %s", path, strerror(reason));
    return im_zh(err, reason == ENOSPC || reason == EIO ? IM_EIO : IM_EENV,
                 "无法写入报告“%.180s”：%s", path, strerror(reason));
}

static enum im_code find_form(const char *path, report_form *out, struct im_error *err)
{
    static const struct {
        const char *ending;
        report_form form;
    } forms[] = {{".json", report_write_json},
                 {".html", report_write_html},
                 {".csv", report_write_csv}};
    size_t len = strlen(path);

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t n = strlen(forms[i].ending);

        if (len > n && strcasecmp(path + len - n, forms[i].ending) == 0) {
            *out = forms[i].form;
            return IM_OK;
        }
    }
    im_fail(
        err, IM_EARG,
        "a report is written as .json, .html or .csv; '%.180s' ends in none of them",
        path);
    return im_zh(err, IM_EARG,
                 "报告文件名应以 .json、.html 或 .csv 结尾，而不是“%.180s”", path);
}

enum im_code import_report_check_path(const char *path, struct im_error *err)
{
    report_form form;

    return find_form(path, &form, err);
}

static enum im_code resolve(const char *path, struct target *t, struct im_error *err)
{
    struct stat info;
    char *real = NULL;
    int n;

    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return fail_path(path, EISDIR, err);
        t->is_direct = !S_ISREG(info.st_mode);
        real = realpath(path, NULL);
        if (!real)
            return fail_path(path, errno, err);
    }
    n = snprintf(t->path, sizeof t->path, "%s", real ? real : path);
    free(real);
    return n < 0 || n >= (int)sizeof t->path ? fail_path(path, ENAMETOOLONG, err)
                                             : IM_OK;
}

static enum im_code
open_target(const char *path, struct target *t, struct im_error *err)
{
    enum im_code rc = resolve(path, t, err);
    const char *slash = strrchr(t->path, '/');
    int folder = slash ? (int)(slash + 1 - t->path) : 0;
    int fd = -1;

    if (rc)
        return rc;
    if (t->is_direct) {
        t->file = fopen(t->path, "wb");
        return t->file ? IM_OK : fail_path(path, errno, err);
    }
    for (unsigned i = 0; fd < 0 && i < MAX_TRIES; i++) {
        snprintf(t->beside, sizeof t->beside, "%.*s.innomap-report-%ld-%u", folder,
                 t->path, (long)getpid(), i);
        fd = open(t->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0 || !(t->file = fdopen(fd, "wb"))) {
        rc = fail_path(path, errno, err);
        if (fd >= 0)
            close(fd);
    }
    return rc;
}

/* The new name too is on the disk. Some file systems cannot: then it is soon. */
static void sync_folder(const struct target *t)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(t->path, '/');
    int n = slash ? (int)(slash - t->path) + (slash == t->path) : 1;
    int fd;

    snprintf(folder, sizeof folder, "%.*s", n, slash ? t->path : ".");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static enum im_code
close_target(struct target *t, const char *path, struct im_error *err)
{
    bool is_good = !ferror(t->file);
    int reason = is_good ? 0 : errno;

    if (is_good &&
        (fflush(t->file) != 0 || (!t->is_direct && fsync(fileno(t->file))))) {
        reason = errno;
        is_good = false;
    }
    if (fclose(t->file) != 0 && is_good) {
        reason = errno;
        is_good = false;
    }
    t->file = NULL;
    if (is_good && !t->is_direct && rename(t->beside, t->path) != 0) {
        reason = errno;
        is_good = false;
    }
    if (!is_good)
        return fail_path(path, reason ? reason : EIO, err);
    if (!t->is_direct)
        sync_folder(t);
    t->beside[0] = '\0'; /* it has its name */
    return IM_OK;
}

enum im_code import_report_write(const struct import_report *report,
                                 const char *path,
                                 const char *lang,
                                 struct im_error *err)
{
    struct target target = {.file = NULL};
    struct report_writer writer = {.report = report};
    report_form form = NULL;
    enum im_code rc = find_form(path, &form, err);

    if (!rc)
        rc = open_target(path, &target, err);
    if (rc)
        goto done;
    writer.file = target.file;
    writer.is_zh = strcmp(report_text(lang), "zh") == 0;
    errno = 0;
    rc = form(&writer, err);
    if (!rc)
        rc = close_target(&target, path, err);
done:
    if (target.file)
        fclose(target.file);
    if (rc && target.beside[0])
        unlink(target.beside);
    return rc;
}
