/*
 * Preloaded into a program, makes calls on some files fail as a failing disk, a quota or missing rights would:
 * FAULT_CALL (open, read or write), FAULT_PATH (a part of the path), FAULT_ERRNO.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int wanted(const char *call, const char *path)
{
	const char *name = getenv("FAULT_CALL");
	const char *part = getenv("FAULT_PATH");

	return name && part && !strcmp(name, call) && strstr(path, part) != NULL;
}

static int fault(void)
{
	errno = atoi(getenv("FAULT_ERRNO"));
	return -1;
}

static int wanted_fd(const char *call, int fd)
{
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return 0;
	path[length] = '\0';
	return wanted(call, path);
}

/* A path below an open folder, as programs name files that do not want to follow links. */
static int wanted_at(const char *call, int folder, const char *path)
{
	char link[64], full[8192];
	ssize_t length = 0;

	if (folder != AT_FDCWD && *path != '/') {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
		length = readlink(link, full, 4096);
		if (length < 0)
			return 0;
		full[length++] = '/';
	}
	snprintf(full + length, sizeof(full) - (size_t)length, "%s", path);
	return wanted(call, full);
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

#define OPEN(name)                                                                                                     \
	int name(const char *path, int flags, ...)                                                                     \
	{                                                                                                              \
		va_list list;                                                                                          \
		va_start(list, flags);                                                                                 \
		mode_t mode = va_arg(list, mode_t);                                                                    \
		va_end(list);                                                                                          \
		if (wanted("open", path))                                                                              \
			return fault();                                                                                \
		return REAL(int, #name, const char *, int, ...)(path, flags, mode);                                    \
	}
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                   \
	int name(int folder, const char *path, int flags, ...)                                                         \
	{                                                                                                              \
		va_list list;                                                                                          \
		va_start(list, flags);                                                                                 \
		mode_t mode = va_arg(list, mode_t);                                                                    \
		va_end(list);                                                                                          \
		if (wanted_at("open", folder, path))                                                                              \
			return fault();                                                                                \
		return REAL(int, #name, int, const char *, int, ...)(folder, path, flags, mode);                       \
	}
OPENAT(openat)
OPENAT(openat64)

ssize_t read(int fd, void *buffer, size_t bytes)
{
	return wanted_fd("read", fd) ? fault() : REAL(ssize_t, "read", int, void *, size_t)(fd, buffer, bytes);
}

ssize_t pread(int fd, void *buffer, size_t bytes, off_t at)
{
	return wanted_fd("read", fd) ? fault() : REAL(ssize_t, "pread", int, void *, size_t, off_t)(fd, buffer, bytes, at);
}

ssize_t pread64(int fd, void *buffer, size_t bytes, off64_t at)
{
	return wanted_fd("read", fd) ? fault() : REAL(ssize_t, "pread64", int, void *, size_t, off64_t)(fd, buffer, bytes, at);
}

ssize_t write(int fd, const void *buffer, size_t bytes)
{
	return wanted_fd("write", fd) ? fault() : REAL(ssize_t, "write", int, const void *, size_t)(fd, buffer, bytes);
}

ssize_t pwrite(int fd, const void *buffer, size_t bytes, off_t at)
{
	return wanted_fd("write", fd) ? fault() : REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)(fd, buffer, bytes, at);
}

ssize_t pwrite64(int fd, const void *buffer, size_t bytes, off64_t at)
{
	return wanted_fd("write", fd) ? fault() : REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(fd, buffer, bytes, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
	return wanted_fd("write", fd) ? fault() : REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t)(fd, parts, count, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	return wanted_fd("write", fd) ? fault() : REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t)(fd, parts, count, at);
}
