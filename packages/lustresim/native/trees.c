/* Trees: mapped indexes, kept while they are current, and the way from a path to the tree that it lies in. */
#define _GNU_SOURCE
#include "sim.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/stat.h>

static char root_path[SIM_PATH];
static pthread_once_t root_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t trees_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct sim_tree *trees;

/* The library lies in ROOT/lib: its own place says which simulator it belongs to. */
static void find_root(void)
{
	Dl_info info;
	char *real;

	if (dladdr((void *)find_root, &info) == 0 || (real = realpath(info.dli_fname, NULL)) == NULL)
		return;
	for (int level = 0; level < 2; level++) {
		char *slash = strrchr(real, '/');
		if (slash)
			*slash = '\0';
	}
	sim_format(root_path, sizeof(root_path), "%s", real);
	free(real);
}

const char *sim_root(void)
{
	pthread_once(&root_once, find_root);
	return root_path;
}

int sim_format(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(buffer, size, format, arguments);
	va_end(arguments);
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

void sim_message(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

static void unmap(struct sim_tree *tree)
{
	munmap((void *)tree->header, tree->length);
	free(tree);
}

static int64_t mtime_ns(const struct stat *st)
{
	return st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec;
}

int sim_look(int dirfd, const char *name, int flags, struct sim_entry *entry)
{
	struct statx sx;

	if (syscall(SYS_statx, dirfd, name, flags, STATX_INO | STATX_NLINK | STATX_BTIME, &sx) < 0)
		return -errno;
	entry->dev = makedev(sx.stx_dev_major, sx.stx_dev_minor);
	entry->ino = sx.stx_ino;
	entry->btime_ns = (sx.stx_mask & STATX_BTIME) ? sx.stx_btime.tv_sec * 1000000000LL + sx.stx_btime.tv_nsec : 0;
	entry->is_removed = sx.stx_nlink == 0;
	return 0;
}

/* The names of a tree and of its index, and what its top is; that may be missing. */
static int name_tree(struct sim_tree *tree, const char *dir, size_t length)
{
	if (length + sizeof("/index.bin") > SIM_PATH)
		return -ENAMETOOLONG;
	memcpy(tree->dir, dir, length);
	tree->dir_length = length;
	sim_format(tree->index, sizeof(tree->index), "%s/index.bin", tree->dir);
	sim_format(tree->root, sizeof(tree->root), "%s/live", tree->dir);
	tree->is_live = access(tree->root, F_OK) == 0;
	if (!tree->is_live)
		sim_format(tree->root, sizeof(tree->root), "%s/tree", tree->dir);
	sim_look(AT_FDCWD, tree->root, 0, &tree->top);
	return 0;
}

/* Maps dir/index.bin; NULL when there is none. */
static struct sim_tree *map_tree(const char *dir, size_t length)
{
	struct stat st;
	struct sim_tree *tree = calloc(1, sizeof(*tree));
	int fd = tree && name_tree(tree, dir, length) == 0 ? open(tree->index, O_RDONLY | O_CLOEXEC) : -1;
	void *map = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0 && (size_t)st.st_size >= sizeof(struct sim_header))
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED || memcmp(map, "LSIMIDX1", 8) != 0) {
		if (map != MAP_FAILED)
			munmap(map, (size_t)st.st_size);
		free(tree);
		return NULL;
	}
	tree->header = map;
	tree->length = (size_t)st.st_size;
	tree->index_ino = st.st_ino;
	tree->index_mtime_ns = mtime_ns(&st);
	tree->references = 1;
	return tree;
}

static int is_current(const struct sim_tree *tree)
{
	struct stat st;

	return stat(tree->index, &st) == 0 && st.st_ino == tree->index_ino && mtime_ns(&st) == tree->index_mtime_ns;
}

static int is_at(const struct sim_tree *tree, const char *dir, size_t length)
{
	return tree->dir_length == length && memcmp(tree->dir, dir, length) == 0;
}

/* Takes a tree that is in the list off it; its last user unmaps it. Called with the mutex held. */
static void drop(struct sim_tree *tree)
{
	for (struct sim_tree **at = &trees; *at; at = &(*at)->next) {
		if (*at == tree) {
			*at = tree->next;
			sim_tree_put(tree);
			return;
		}
	}
}

/* A known tree, held; NULL where its index was replaced. `tree` may be NULL. */
static struct sim_tree *if_current(struct sim_tree *tree)
{
	if (!tree || is_current(tree))
		return tree;
	pthread_mutex_lock(&trees_mutex);
	drop(tree);
	pthread_mutex_unlock(&trees_mutex);
	sim_tree_put(tree);
	return NULL;
}

/* A replaced index is dropped from the list at once and unmapped when its last user lets go. */
static struct sim_tree *tree_at(const char *dir, size_t length)
{
	struct sim_tree *tree, *other;

	pthread_mutex_lock(&trees_mutex);
	for (tree = trees; tree && !is_at(tree, dir, length); tree = tree->next)
		;
	if (tree)
		tree->references++;
	pthread_mutex_unlock(&trees_mutex);
	if ((tree = if_current(tree)) != NULL || (tree = map_tree(dir, length)) == NULL)
		return tree;
	pthread_mutex_lock(&trees_mutex);
	/* Another thread may have mapped it meanwhile. */
	for (other = trees; other && !is_at(other, dir, length); other = other->next)
		;
	if (other)
		drop(other);
	tree->references++;
	tree->next = trees;
	trees = tree;
	pthread_mutex_unlock(&trees_mutex);
	return tree;
}

struct sim_tree *sim_tree_get(const char *dir)
{
	return tree_at(dir, strlen(dir));
}

void sim_tree_put(struct sim_tree *tree)
{
	if (--tree->references == 0)
		unmap(tree);
}

int sim_tree_is_live(const struct sim_tree *tree)
{
	return tree->is_live;
}

static uint64_t mix(uint64_t value)
{
	value ^= value >> 33;
	value *= 0xff51afd7ed558ccdULL;
	return value ^ (value >> 33);
}

static const struct sim_inode *inode_at(const struct sim_tree *tree, uint32_t slot)
{
	return (const struct sim_inode *)((const char *)tree->header + tree->header->inode_offset) + (slot - 1);
}

/* Hash of src/index-codec.ts: 32-bit arithmetic, so that JavaScript computes it cheaply. */
static uint32_t hash32(uint32_t low, uint32_t high)
{
	uint32_t hash = (low ^ (high * 0x85ebca6bU)) * 0x9e3779b1U;
	return hash ^ (hash >> 15);
}

const struct sim_inode *sim_find_fid(const struct sim_tree *tree, const struct lu_fid *fid)
{
	const struct sim_header *header = tree->header;
	const uint32_t *table = (const uint32_t *)((const char *)header + header->fid_offset);
	uint32_t at = hash32(fid->f_oid, (uint32_t)fid->f_seq ^ (uint32_t)(fid->f_seq >> 32));

	for (;; at++) {
		uint32_t slot = table[at & (header->fid_buckets - 1)];
		if (slot == 0)
			return NULL;
		const struct sim_inode *inode = inode_at(tree, slot);
		if (inode->fid.f_seq == fid->f_seq && inode->fid.f_oid == fid->f_oid && inode->fid.f_ver == fid->f_ver)
			return inode;
	}
}

const struct sim_inode *sim_find_ino(const struct sim_tree *tree, uint64_t ino)
{
	const struct sim_header *header = tree->header;
	const uint32_t *table = (const uint32_t *)((const char *)header + header->ino_offset);
	uint32_t at = hash32((uint32_t)ino, (uint32_t)(ino >> 32));

	for (;; at++) {
		uint32_t slot = table[at & (header->ino_buckets - 1)];
		if (slot == 0)
			return NULL;
		const struct sim_inode *inode = inode_at(tree, slot);
		if (inode->ino == ino)
			return inode;
	}
}

static int is_same(const struct sim_entry *one, const struct sim_entry *other)
{
	return one->ino == other->ino && one->btime_ns == other->btime_ns && one->dev == other->dev;
}

/*
 * The index of a snapshot is written once, for the inodes of its copy: an entry that is one of these proves that it is current, without a look at the
 * file. What a live tree holds may be renamed to another one.
 */
struct sim_tree *sim_tree_of_entry(const struct sim_entry *entry, const struct sim_inode **inode)
{
	struct sim_tree *tree;

	*inode = NULL;
	if (entry->btime_ns == 0 || entry->is_removed)
		return NULL;
	pthread_mutex_lock(&trees_mutex);
	for (tree = trees; tree; tree = tree->next) {
		if (tree->is_live || tree->top.dev != entry->dev)
			continue;
		if (is_same(&tree->top, entry))
			break;
		*inode = sim_find_ino(tree, entry->ino);
		if (*inode && (*inode)->btime_ns == entry->btime_ns)
			break;
		*inode = NULL;
	}
	if (tree)
		tree->references++;
	pthread_mutex_unlock(&trees_mutex);
	return tree;
}

/* Undoes the octal escapes of the mount table, in place. */
static void unescape(char *text)
{
	char *out = text;
	for (; *text; text++) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

struct mount_entry {
	char source[300];
	char target[SIM_PATH];
	char dir[SIM_PATH];
};

/* Calls back for every line of ROOT/mtab (source, target, options, kind, folder of the index) until it returns non-zero. */
static int each_mount(int (*callback)(const struct mount_entry *, void *), void *context)
{
	char path[SIM_PATH], *line = NULL;
	size_t capacity = 0;
	int result = 0;
	FILE *file;

	if (sim_format(path, sizeof(path), "%s/mtab", sim_root()) || !(file = fopen(path, "re")))
		return 0;
	while (!result && getline(&line, &capacity, file) > 0) {
		struct mount_entry entry;
		char *fields[5], *rest = line;
		int count = 0;
		line[strcspn(line, "\n")] = '\0';
		while (count < 5 && (fields[count] = strsep(&rest, "\t")) != NULL)
			count++;
		if (count < 5)
			continue;
		unescape(fields[1]);
		unescape(fields[4]);
		if (sim_format(entry.source, sizeof(entry.source), "%s", fields[0]) || sim_format(entry.target, sizeof(entry.target), "%s", fields[1]) ||
		    sim_format(entry.dir, sizeof(entry.dir), "%s", fields[4]))
			continue;
		result = callback(&entry, context);
	}
	free(line);
	fclose(file);
	return result;
}

struct path_query {
	const char *path;
	size_t best;
	int is_root;
	char dir[SIM_PATH];
};

/* 0: path is not in prefix; 1: below it; 2: prefix itself. */
static int relation(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);
	if (strncmp(path, prefix, length) != 0)
		return 0;
	return path[length] == '\0' ? 2 : path[length] == '/' ? 1 : 0;
}

static int match_mount(const struct mount_entry *entry, void *context)
{
	struct path_query *query = context;
	int related = relation(query->path, entry->target);

	if (related && strlen(entry->target) >= query->best) {
		query->best = strlen(entry->target);
		query->is_root = related == 2;
		memcpy(query->dir, entry->dir, sizeof(query->dir));
	}
	return 0;
}

/* Paths of the simulator's own folder: ROOT/fs/NAME/live/… and ROOT/fs/NAME/…/tree/… */
static struct sim_tree *own_tree(const char *path, int *is_root)
{
	const char *root = sim_root(), *end;
	size_t root_length = strlen(root);

	if (strncmp(path, root, root_length) != 0 || strncmp(path + root_length, "/fs/", 4) != 0)
		return NULL;
	/* The first of these names below fs/NAME is the top of a tree: a user's own "live" or "tree" lies deeper. */
	for (end = strchr(path + root_length + 4, '/'); end; end = strchr(end + 1, '/')) {
		int is_top = strncmp(end, "/live", 5) == 0 && (end[5] == '/' || !end[5]);
		int is_tree = strncmp(end, "/tree", 5) == 0 && (end[5] == '/' || !end[5]);
		if (is_top || is_tree) {
			*is_root = end[5] == '\0';
			return tree_at(path, (size_t)(end - path));
		}
	}
	return NULL;
}

/* The tree that is mounted where a path lies. */
static struct sim_tree *mounted_tree(const char *path, int *is_root)
{
	struct path_query query = { .path = path };

	each_mount(match_mount, &query);
	*is_root = query.is_root;
	return query.best ? sim_tree_get(query.dir) : NULL;
}

struct sim_tree *sim_tree_of_path(const char *path, int *is_root)
{
	struct sim_tree *tree = own_tree(path, is_root);

	return tree ? tree : mounted_tree(path, is_root);
}

static int match_source(const struct mount_entry *entry, void *context)
{
	struct path_query *query = context;
	const char *slash = strstr(entry->source, ":/");

	if (!slash || strcmp(slash + 2, query->path) != 0)
		return 0;
	memcpy(query->dir, entry->dir, sizeof(query->dir));
	return 1;
}

int sim_is_mounted(const char *fsname)
{
	struct path_query query = { .path = fsname };
	return each_mount(match_source, &query);
}

struct sim_tree *sim_tree_of_fsname(const char *fsname)
{
	struct path_query query = { .path = fsname };
	char dir[SIM_PATH];

	if (each_mount(match_source, &query))
		return sim_tree_get(query.dir);
	if (!*fsname || strchr(fsname, '/') || sim_format(dir, sizeof(dir), "%s/fs/%s", sim_root(), fsname))
		return NULL;
	return sim_tree_get(dir);
}

static struct sim_tree *probe(const char *dir, dev_t dev, uint64_t ino)
{
	struct stat st;
	struct sim_tree *tree = sim_tree_get(dir);

	if (tree && stat(tree->root, &st) == 0 && st.st_dev == dev && sim_find_ino(tree, ino))
		return tree;
	if (tree)
		sim_tree_put(tree);
	return NULL;
}

struct sim_tree *sim_tree_of_ino(dev_t dev, uint64_t ino)
{
	char base[SIM_PATH], dir[SIM_PATH + 300];
	struct sim_tree *found = NULL;
	struct dirent *entry, *snapshot;
	DIR *all, *snapshots;

	if (sim_format(base, sizeof(base), "%s/fs", sim_root()) || !(all = opendir(base)))
		return NULL;
	while (!found && (entry = readdir(all)) != NULL) {
		if (entry->d_name[0] == '.' || sim_format(dir, sizeof(dir), "%s/%s", base, entry->d_name))
			continue;
		found = probe(dir, dev, ino);
		if (found || sim_format(dir, sizeof(dir), "%s/%s/snapshots", base, entry->d_name) || !(snapshots = opendir(dir)))
			continue;
		while (!found && (snapshot = readdir(snapshots)) != NULL) {
			if (snapshot->d_name[0] != '.' && !sim_format(dir, sizeof(dir), "%s/%s/snapshots/%s", base, entry->d_name, snapshot->d_name))
				found = probe(dir, dev, ino);
		}
		closedir(snapshots);
	}
	closedir(all);
	return found;
}

/* The MDT of an unknown entry is that of the nearest known folder above it. */
static uint64_t mdt_above(const struct sim_tree *tree, int dirfd)
{
	uint64_t mdt = 0;
	int fd = openat(dirfd, ".", O_PATH | O_CLOEXEC);

	for (int depth = 0; fd >= 0 && depth < 4096; depth++) {
		struct stat st;
		const struct sim_inode *inode = fstat(fd, &st) == 0 ? sim_find_ino(tree, st.st_ino) : NULL;
		if (inode) {
			mdt = inode->fid.f_seq >= 0x200000400ULL ? (inode->fid.f_seq - 0x200000400ULL) / 0x40000000ULL : 0;
			break;
		}
		int up = openat(fd, "..", O_PATH | O_CLOEXEC);
		close(fd);
		fd = up;
	}
	if (fd >= 0)
		close(fd);
	return mdt;
}

struct lu_fid sim_adopted_fid(const struct sim_tree *tree, int dirfd, const char *name, uint64_t ino, int64_t btime_ns)
{
	uint64_t hash = mix(ino * 0x9e3779b97f4a7c15ULL ^ (uint64_t)btime_ns);
	struct lu_fid fid = { 0x200010000ULL + 0x40000000ULL * mdt_above(tree, dirfd) + ((hash >> 32) & 0xffffff), (uint32_t)hash | 1, 0 };

	(void)name;
	return fid;
}
