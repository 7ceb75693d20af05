/* SPDX-License-Identifier: Apache-2.0 */
/* A file as bytes. */
#include "file.h"

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX_BYTES = 1 << 20 };

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

enum im_code file_fail(struct im_error *err, const char *path, int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
        im_fail(err, IM_ENOTFOUND, "there is no file '%.120s'; check the path", path);
        return im_zh(err, IM_ENOTFOUND, "没有文件“%.120s”，请检查路径", path);
    case EACCES:
    case EPERM:
        im_fail(err, IM_EENV, "no permission to read '%.120s'", path);
        return im_zh(err, IM_EENV, "没有读取“%.120s”的权限", path);
    default:
        im_fail(err, IM_EIO, "cannot read '%.120s': %s", path, strerror(error));
        return im_zh(err, IM_EIO, "无法读取“%.120s”：%s", path, strerror(error));
    }
}

enum im_code file_fail_unpack(struct im_error *err, const char *name)
{
    im_fail(err, IM_EDATA,
            "'%s' cannot be unpacked: the zip is damaged; send or pack it again", name);
    return im_zh(err, IM_EDATA, "“%s”无法解压：压缩包已损坏；请重新压缩或重新发送",
                 name);
}

bool file_is_packed(const char *path)
{
    return strncmp(path, "/vsizip/", 8) == 0;
}

enum im_code file_fail_vsi(struct im_error *err, const char *path, const char *name)
{
    int error = errno;

    if (file_is_packed(path))
        return file_fail_unpack(err, name);
    return file_fail(err, name, error ? error : EIO);
}

enum im_code file_fail_kind(struct im_error *err, const char *path)
{
    im_fail(err, IM_EDATA, "'%.120s' is not an ordinary file; name a file to import",
            path);
    return im_zh(err, IM_EDATA, "“%.120s”不是普通文件，请给出要导入的文件", path);
}

static enum im_code open_regular(const char *path, int *fd, struct im_error *err)
{
    struct stat info;

    /* a pipe would block here for ever, and cannot be read twice */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return file_fail(err, path, errno);
    if (fstat(*fd, &info) == 0 && S_ISREG(info.st_mode))
        return IM_OK;
    close(*fd);
    return file_fail_kind(err, path);
}

enum im_code file_scan(const char *path, struct file_facts *out, struct im_error *err)
{
    struct source_bytes bytes;
    int fd = -1;
    enum im_code rc = open_regular(path, &fd, err);

    if (rc)
        return rc;
    close(fd);
    *out = (struct file_facts){.name = file_name(path)};
    rc = bytes_scan(path, out->name, (struct bytes_bounds){0}, &bytes, err);
    out->size = bytes.size;
    out->hash = bytes.hash;
    return rc;
}

enum im_code file_read_text(const char *path,
                            struct im_arena *arena,
                            struct im_bytes *out,
                            struct im_error *err)
{
    struct stat info;
    int fd = -1;
    enum im_code rc = open_regular(path, &fd, err);

    if (rc)
        return rc;
    if (fstat(fd, &info) != 0 || info.st_size > TEXT_MAX_BYTES) {
        close(fd);
        im_fail(err, IM_ELIMIT, "'%s' is larger than %d bytes; is it the right file?",
                path, TEXT_MAX_BYTES);
        return im_zh(err, IM_ELIMIT, "“%s”超过 %d 字节，请确认没有选错文件", path,
                     TEXT_MAX_BYTES);
    }
    size_t size = (size_t)info.st_size;
    uint8_t *text = im_arena_alloc(arena, size + 1);
    ssize_t n = text ? read(fd, text, size) : 0;
    if (!text)
        rc = im_fail(err, IM_ENOMEM, "read '%s': out of memory", path);
    else if (n != (ssize_t)size)
        rc = file_fail(err, path, n < 0 ? errno : EIO);
    close(fd);
    if (rc)
        return rc;
    text[size] = 0;
    *out = (struct im_bytes){text, size};
    if (im_utf8_valid(*out))
        return IM_OK;
    im_fail(err, IM_EDATA, "'%s' is not UTF-8; save it as UTF-8", path);
    return im_zh(err, IM_EDATA, "“%s”不是 UTF-8 编码，请另存为 UTF-8", path);
}
