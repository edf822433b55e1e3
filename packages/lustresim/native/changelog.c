/* Changelogs: a file of packed records, and a small text file with its bounds and users. */
#define _GNU_SOURCE
#include "sim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FLAG_JOBID 0x04
#define FLAG_EXTRA 0x08
#define CLF_RENAME 0x2000
#define CLF_JOBID 0x4000
#define CLF_EXTRA 0x8000
#define MAX_RECORD 1024
#define MAX_USERS 64

struct changelog_rec {
	uint16_t cr_namelen;
	uint16_t cr_flags;
	uint32_t cr_type;
	uint64_t cr_index;
	uint64_t cr_prev;
	uint64_t cr_time;
	struct lu_fid cr_tfid;
	struct lu_fid cr_pfid;
};

struct reader {
	int fd;
	int flags;
	int xflags;
	int at_end;
	size_t used, filled;
	char buffer[64 * 1024];
};

struct user {
	char id[80];
	uint64_t index;
	long long time;
	char mask[400];
};

struct meta {
	uint64_t first, first_offset, last, length, next_user;
	char mask[400];
	int user_count;
	struct user users[MAX_USERS];
};

/* Where the log of "FSNAME-MDT0000" lies; also tells whether it is a snapshot's. */
static int locate(const char *mdtname, char *base, size_t size, int *is_snapshot)
{
	char fsname[64], path[SIM_PATH];
	const char *dash = strrchr(mdtname, '-');
	struct sim_tree *tree;

	if (!dash || strncmp(dash, "-MDT", 4) != 0 || strlen(dash) != 8 || (size_t)(dash - mdtname) >= sizeof(fsname))
		return -ENOENT;
	memcpy(fsname, mdtname, (size_t)(dash - mdtname));
	fsname[dash - mdtname] = '\0';
	if (!(tree = sim_tree_of_fsname(fsname)))
		return -ENOENT;
	/* A stripped copy of a snapshot lies one level below it. */
	*is_snapshot = !sim_tree_is_live(tree);
	int rc = sim_format(base, size, "%s/changelog/%s", tree->dir, dash + 1);
	if (!rc)
		rc = sim_format(path, sizeof(path), "%s.meta", base);
	if (!rc && access(path, F_OK) != 0)
		rc = sim_format(base, size, "%s/../changelog/%s", tree->dir, dash + 1) ? -ENOENT : 0;
	sim_tree_put(tree);
	return rc;
}

static int load_meta(const char *base, struct meta *meta)
{
	char path[SIM_PATH], *line = NULL;
	size_t capacity = 0;
	FILE *file;

	memset(meta, 0, sizeof(*meta));
	if (sim_format(path, sizeof(path), "%s.meta", base) || !(file = fopen(path, "re")))
		return -ENOENT;
	while (getline(&line, &capacity, file) > 0) {
		struct user *user = &meta->users[meta->user_count];
		if (sscanf(line, "user %79s %" SCNu64 " %lld %399s", user->id, &user->index, &user->time, user->mask) == 4) {
			if (meta->user_count < MAX_USERS - 1)
				meta->user_count++;
		} else if (sscanf(line, "first %" SCNu64, &meta->first) != 1 && sscanf(line, "first_offset %" SCNu64, &meta->first_offset) != 1 &&
			   sscanf(line, "last %" SCNu64, &meta->last) != 1 && sscanf(line, "length %" SCNu64, &meta->length) != 1 &&
			   sscanf(line, "next_user %" SCNu64, &meta->next_user) != 1) {
			sscanf(line, "mask %399s", meta->mask);
		}
	}
	free(line);
	fclose(file);
	return 0;
}

static int save_meta(const char *base, const struct meta *meta)
{
	char path[SIM_PATH], temporary[SIM_PATH];
	FILE *file;

	if (sim_format(path, sizeof(path), "%s.meta", base) || sim_format(temporary, sizeof(temporary), "%s.meta.%d", base, (int)getpid()) ||
	    !(file = fopen(temporary, "we")))
		return -EIO;
	fprintf(file, "lustresim-changelog 1\nfirst %" PRIu64 "\nfirst_offset %" PRIu64 "\nlast %" PRIu64 "\nlength %" PRIu64 "\nnext_user %" PRIu64 "\nmask %s\n",
		meta->first, meta->first_offset, meta->last, meta->length, meta->next_user, meta->mask);
	for (int i = 0; i < meta->user_count; i++)
		fprintf(file, "user %s %" PRIu64 " %lld %s\n", meta->users[i].id, meta->users[i].index, meta->users[i].time, meta->users[i].mask);
	if (fclose(file) != 0 || rename(temporary, path) != 0)
		return -EIO;
	return 0;
}

static size_t record_size(const char *at)
{
	struct changelog_rec rec;
	uint64_t extra = 0;
	size_t size = sizeof(rec);

	memcpy(&rec, at, sizeof(rec));
	size += rec.cr_flags & CLF_RENAME ? 32 : 0;
	size += rec.cr_flags & CLF_JOBID ? 32 : 0;
	if (rec.cr_flags & CLF_EXTRA) {
		memcpy(&extra, at + size, 8);
		size += 8 + (extra & 1 ? 16 : 0) + (extra & 2 ? 24 : 0) + (extra & 4 ? 4 : 0) + (extra & 8 ? 256 : 0);
	}
	return size + rec.cr_namelen;
}

/* Offset of the first record with an index of at least `wanted`. */
static int offset_of(int fd, const struct meta *meta, uint64_t wanted, uint64_t *offset)
{
	*offset = meta->first_offset;
	if (wanted <= meta->first || meta->length == 0)
		return 0;
	if (wanted > meta->last) {
		*offset = meta->length;
		return 0;
	}
	char *map = mmap(NULL, meta->length, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	while (*offset < meta->length) {
		uint64_t index;
		memcpy(&index, map + *offset + 8, 8);
		if (index >= wanted)
			break;
		*offset += record_size(map + *offset);
	}
	munmap(map, meta->length);
	return 0;
}

/* A snapshot shares the record file with the live log, which goes on growing: then a private copy of its part is read. */
static int private_copy(int fd, const char *base, uint64_t offset, uint64_t length)
{
	char dir[SIM_PATH];
	loff_t from = (loff_t)offset;
	struct stat st;

	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size <= length)
		return lseek(fd, (off_t)offset, SEEK_SET) < 0 ? -errno : fd;
	sim_format(dir, sizeof(dir), "%s", base);
	*strrchr(dir, '/') = '\0';
	int copy = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (copy < 0)
		copy = memfd_create("lustresim-changelog", MFD_CLOEXEC);
	while (copy >= 0 && (uint64_t)from < length) {
		char buffer[256 * 1024];
		size_t part = length - (uint64_t)from < sizeof(buffer) ? length - (uint64_t)from : sizeof(buffer);
		ssize_t got = pread(fd, buffer, part, from);
		if (got <= 0 || write(copy, buffer, (size_t)got) != got) {
			close(copy);
			copy = -1;
		}
		from += got;
	}
	close(fd);
	if (copy < 0)
		return -EIO;
	return lseek(copy, 0, SEEK_SET) < 0 ? -errno : copy;
}

static void warn_about_flags(int flags)
{
	if (!(flags & FLAG_EXTRA))
		sim_message("warning: llapi_changelog_start() called without CHANGELOG_FLAG_EXTRA_FLAGS");
	if (!(flags & FLAG_JOBID))
		sim_message("warning: llapi_changelog_start() called without CHANGELOG_FLAG_JOBID");
}

int llapi_changelog_start(void **priv, int flags, const char *mdtname, long long startrec)
{
	char base[SIM_PATH], path[SIM_PATH];
	struct meta meta;
	uint64_t offset;
	int is_snapshot, rc = locate(mdtname, base, sizeof(base), &is_snapshot);

	*priv = NULL;
	if (rc)
		return rc;
	if (startrec < 0)
		return -EINVAL;
	rc = load_meta(base, &meta);
	if (rc || sim_format(path, sizeof(path), "%s.bin", base))
		return rc ? rc : -ENOENT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = offset_of(fd, &meta, (uint64_t)startrec, &offset);
	fd = rc ? (close(fd), rc) : private_copy(fd, base, offset, is_snapshot ? meta.length : UINT64_MAX);
	if (fd < 0)
		return fd;
	struct reader *reader = calloc(1, sizeof(*reader));
	if (!reader) {
		close(fd);
		return -ENOMEM;
	}
	reader->fd = fd;
	reader->flags = flags;
	warn_about_flags(flags);
	*priv = reader;
	return 0;
}

int llapi_changelog_set_xflags(void *priv, int xflags)
{
	if (!priv)
		return -EINVAL;
	((struct reader *)priv)->xflags = xflags;
	return 0;
}

int llapi_changelog_get_fd(void *priv)
{
	return priv ? ((struct reader *)priv)->fd : -EINVAL;
}

int llapi_changelog_in_buf(void *priv)
{
	struct reader *reader = priv;
	return reader && reader->filled > reader->used;
}

int llapi_changelog_fini(void **priv)
{
	struct reader *reader = *priv;

	if (!reader)
		return -EINVAL;
	close(reader->fd);
	free(reader);
	*priv = NULL;
	return 0;
}

/* The record with the extensions that were asked for, and only those. */
static struct changelog_rec *repack(const char *from, int flags, int xflags)
{
	struct changelog_rec rec, *out = calloc(1, MAX_RECORD);
	const char *in = from + sizeof(rec);
	uint64_t extra = 0;
	static const size_t sizes[4] = { 16, 24, 4, 256 };

	if (!out)
		return NULL;
	memcpy(&rec, from, sizeof(rec));
	char *to = (char *)(out + 1);
#define KEEP(size, wanted)                     \
	do {                                   \
		if (wanted) {                  \
			memcpy(to, in, size);  \
			to += size;            \
		}                              \
		in += size;                    \
	} while (0)
	uint16_t kept = rec.cr_flags;
	if (rec.cr_flags & CLF_RENAME)
		KEEP(32, 1);
	if (!(flags & FLAG_JOBID))
		kept &= (uint16_t)~CLF_JOBID;
	if (rec.cr_flags & CLF_JOBID)
		KEEP(32, flags & FLAG_JOBID);
	if (!(flags & FLAG_EXTRA))
		kept &= (uint16_t)~CLF_EXTRA;
	if (rec.cr_flags & CLF_EXTRA) {
		memcpy(&extra, in, 8);
		uint64_t wanted = extra & (uint64_t)xflags;
		in += 8;
		if (flags & FLAG_EXTRA) {
			memcpy(to, &wanted, 8);
			to += 8;
		}
		for (int bit = 0; bit < 4; bit++)
			if (extra & (1u << bit))
				KEEP(sizes[bit], (flags & FLAG_EXTRA) && (wanted & (1u << bit)));
	}
	memcpy(to, in, rec.cr_namelen);
	*out = rec;
	out->cr_flags = kept;
	return out;
}

static int fill(struct reader *reader)
{
	memmove(reader->buffer, reader->buffer + reader->used, reader->filled - reader->used);
	reader->filled -= reader->used;
	reader->used = 0;
	ssize_t got = read(reader->fd, reader->buffer + reader->filled, sizeof(reader->buffer) - reader->filled);
	if (got < 0)
		return -errno;
	reader->filled += (size_t)got;
	return got > 0;
}

/* Like the real one, a reader that has seen the end stays at the end. */
int llapi_changelog_recv(void *priv, struct changelog_rec **rec)
{
	struct reader *reader = priv;

	*rec = NULL;
	if (!reader)
		return -EINVAL;
	if (reader->at_end)
		return 1;
	if (reader->filled - reader->used < MAX_RECORD) {
		int rc = fill(reader);
		if (rc < 0)
			return rc;
	}
	if (reader->filled == reader->used) {
		reader->at_end = 1;
		return 1;
	}
	const char *at = reader->buffer + reader->used;
	if (reader->filled - reader->used < sizeof(struct changelog_rec) || reader->filled - reader->used < record_size(at))
		return -EPROTO;
	*rec = repack(at, reader->flags, reader->xflags);
	reader->used += record_size(at);
	return *rec ? 0 : -ENOMEM;
}

int llapi_changelog_free(struct changelog_rec **rec)
{
	free(*rec);
	*rec = NULL;
	return 0;
}

static int is_user_id(const char *id)
{
	char *end;

	if (strncmp(id, "cl", 2) != 0 || id[2] < '0' || id[2] > '9')
		return 0;
	strtoul(id + 2, &end, 10);
	return *end == '\0' || *end == '-';
}

/* "cl4" and "cl4-backup" both name the user cl4-backup. */
static int same_user(const char *known, const char *given)
{
	size_t length = strlen(given);
	return strcmp(known, given) == 0 || (!strchr(given, '-') && strncmp(known, given, length) == 0 && known[length] == '-');
}

/* Records stay until every user has cleared them. */
static int purge(const char *base, struct meta *meta)
{
	char path[SIM_PATH];
	uint64_t lowest = meta->last;
	int rc;

	for (int i = 0; i < meta->user_count; i++)
		if (meta->users[i].index < lowest)
			lowest = meta->users[i].index;
	if (lowest + 1 <= meta->first || sim_format(path, sizeof(path), "%s.bin", base))
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = offset_of(fd, meta, lowest + 1, &meta->first_offset);
	close(fd);
	meta->first = lowest + 1;
	return rc;
}

static int clear_locked(const char *base, const char *id, uint64_t endrec)
{
	struct meta meta;
	struct user *user = NULL;
	int rc = load_meta(base, &meta);

	if (rc)
		return rc;
	for (int i = 0; i < meta.user_count; i++)
		if (same_user(meta.users[i].id, id))
			user = &meta.users[i];
	if (!user)
		return -ENOENT;
	if (endrec == 0)
		endrec = meta.last;
	if (endrec > meta.last || endrec < user->index)
		return -EINVAL;
	user->index = endrec;
	user->time = (long long)time(NULL);
	rc = purge(base, &meta);
	return rc ? rc : save_meta(base, &meta);
}

int llapi_changelog_clear(const char *mdtname, const char *idstr, long long endrec)
{
	char base[SIM_PATH], dir[SIM_PATH];
	int is_snapshot, rc;

	if (endrec < 0) {
		sim_message("can't purge negative records");
		return -EINVAL;
	}
	rc = locate(mdtname, base, sizeof(base), &is_snapshot);
	if (rc) {
		sim_message("cannot open '/dev/changelog-%s': %s (%d)", mdtname, strerror(-rc), -rc);
		return rc;
	}
	if (is_snapshot) {
		rc = -EROFS;
	} else if (!is_user_id(idstr)) {
		rc = -EINVAL;
	} else {
		strcpy(dir, base);
		*strstr(dir, "/changelog/") = '\0';
		rc = sim_lock(dir);
		if (!rc) {
			rc = clear_locked(base, idstr, (uint64_t)endrec);
			sim_unlock(dir);
		}
	}
	if (rc)
		sim_message("cannot purge records for '%s': %s (%d)", idstr, strerror(-rc), -rc);
	return rc;
}
