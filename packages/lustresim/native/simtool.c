/*
 * System calls that Node.js does not have:
 *   simtool scan DIR OUT            every entry of a tree, names sorted, parents first, as binary rows (src/scan.ts reads them)
 *   simtool setxattr PATH NAME VALUE  sets an extended attribute, without following a symlink
 *   simtool removexattr PATH NAME   removes one
 *   simtool mknod PATH TYPE MODE MAJOR MINOR   makes a fifo, socket, char or block device
 *   simtool strip-user-xattrs DIR   removes all user.* attributes below DIR
 * A PATH or NAME is given in hex: names are any bytes, and Node.js passes arguments as UTF-8 only.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/stat.h>

struct row {
	uint32_t parent_row;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t nlink;
	uint32_t name_length;
	uint64_t ino;
	uint64_t size;
	int64_t mtime_ns;
	int64_t ctime_ns;
	int64_t btime_ns;
};

static FILE *out;
static uint32_t row_count;

static void fail(const char *what, const char *path)
{
	fprintf(stderr, "simtool: cannot %s '%s': %s\n", what, path, strerror(errno));
	exit(1);
}

static int64_t nanoseconds(const struct statx_timestamp *time)
{
	return time->tv_sec * 1000000000LL + time->tv_nsec;
}

/* Writes the row of one entry; returns its type bits, or 0 when it has gone meanwhile. */
static uint32_t write_row(int dirfd, const char *name, const char *shown, uint32_t parent)
{
	struct statx sx;
	struct row row;
	int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);

	if (syscall(SYS_statx, dirfd, name, flags, STATX_BASIC_STATS | STATX_BTIME, &sx) < 0) {
		if (errno == ENOENT)
			return 0;
		fail("stat", name);
	}
	row = (struct row){ parent, sx.stx_mode, sx.stx_uid, sx.stx_gid, sx.stx_nlink, (uint32_t)strlen(shown), sx.stx_ino, sx.stx_size,
			    nanoseconds(&sx.stx_mtime), nanoseconds(&sx.stx_ctime), sx.stx_mask & STATX_BTIME ? nanoseconds(&sx.stx_btime) : 0 };
	if (fwrite(&row, sizeof(row), 1, out) != 1 || fwrite(shown, 1, row.name_length, out) != row.name_length)
		fail("write", shown);
	row_count++;
	return sx.stx_mode & S_IFMT;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names of a folder, sorted; closes the descriptor. */
static char **names_of(int fd, size_t *count)
{
	char **names = NULL;
	size_t capacity = 0;
	struct dirent *entry;
	DIR *dir = fdopendir(fd);

	*count = 0;
	if (!dir)
		fail("read", "folder");
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (*count == capacity) {
			capacity = capacity ? capacity * 2 : 64;
			names = realloc(names, capacity * sizeof(*names));
		}
		names[(*count)++] = strdup(entry->d_name);
	}
	closedir(dir);
	if (*count)
		qsort(names, *count, sizeof(*names), by_name);
	return names;
}

static void scan_folder(int fd, uint32_t parent)
{
	size_t count;
	char **names = names_of(dup(fd), &count);

	for (size_t i = 0; i < count; i++) {
		uint32_t row = row_count;
		if (write_row(fd, names[i], names[i], parent) == S_IFDIR) {
			int below = openat(fd, names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (below >= 0) {
				scan_folder(below, row);
				close(below);
			} else if (errno != ENOENT) {
				fail("open", names[i]);
			}
		}
		free(names[i]);
	}
	free(names);
}

static void scan(const char *path, const char *out_path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !(out = fopen(out_path, "we")))
		fail("open", path);
	write_row(fd, "", "", 0);
	scan_folder(fd, 0);
	if (fclose(out) != 0)
		fail("write", out_path);
}

static void strip_one(int dirfd, const char *name)
{
	char link[64 + 256], list[65536];

	snprintf(link, sizeof(link), "/proc/self/fd/%d/%s", dirfd, name);
	ssize_t length = llistxattr(link, list, sizeof(list));
	for (char *at = list; length > 0 && at < list + length; at += strlen(at) + 1)
		if (strncmp(at, "user.", 5) == 0 && lremovexattr(link, at) < 0)
			fail("remove an attribute of", name);
}

static void strip_folder(int fd)
{
	size_t count;
	char **names = names_of(dup(fd), &count);

	for (size_t i = 0; i < count; i++) {
		strip_one(fd, names[i]);
		int below = openat(fd, names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0) {
			strip_folder(below);
			close(below);
		}
		free(names[i]);
	}
	free(names);
}

static size_t from_hex(const char *hex, unsigned char *bytes, size_t size)
{
	size_t count = 0;
	unsigned value;

	for (; hex[0] && hex[1] && count < size && sscanf(hex, "%2x", &value) == 1; hex += 2)
		bytes[count++] = (unsigned char)value;
	return count;
}

static char *text_from_hex(const char *hex)
{
	size_t size = strlen(hex) / 2 + 1;
	char *text = calloc(1, size);

	if (!text)
		fail("allocate", hex);
	from_hex(hex, (unsigned char *)text, size - 1);
	return text;
}

static mode_t type_named(const char *name)
{
	if (strcmp(name, "fifo") == 0)
		return S_IFIFO;
	if (strcmp(name, "socket") == 0)
		return S_IFSOCK;
	return strcmp(name, "char") == 0 ? S_IFCHR : S_IFBLK;
}

static void usage(void)
{
	fprintf(stderr, "usage: simtool scan DIR OUT | setxattr PATH NAME VALUE | removexattr PATH NAME | mknod PATH TYPE MODE MAJOR MINOR | "
			"strip-user-xattrs DIR\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static unsigned char value[65536];
	const char *command = argc > 2 ? argv[1] : "";
	char *path = argc > 2 ? text_from_hex(argv[2]) : NULL;

	umask(0);
	if (argc == 4 && strcmp(command, "scan") == 0) {
		scan(path, text_from_hex(argv[3]));
	} else if (argc == 5 && strcmp(command, "setxattr") == 0) {
		if (lsetxattr(path, text_from_hex(argv[3]), value, from_hex(argv[4], value, sizeof(value)), 0) < 0)
			fail("set an attribute of", path);
	} else if (argc == 4 && strcmp(command, "removexattr") == 0) {
		if (lremovexattr(path, text_from_hex(argv[3])) < 0 && errno != ENODATA)
			fail("remove an attribute of", path);
	} else if (argc == 7 && strcmp(command, "mknod") == 0) {
		dev_t dev = makedev((unsigned)atoi(argv[5]), (unsigned)atoi(argv[6]));
		if (mknod(path, type_named(argv[3]) | (mode_t)strtol(argv[4], NULL, 8), dev) < 0)
			fail("make", path);
	} else if (argc == 3 && strcmp(command, "strip-user-xattrs") == 0) {
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			fail("open", path);
		strip_folder(fd);
	} else {
		usage();
	}
	return 0;
}
