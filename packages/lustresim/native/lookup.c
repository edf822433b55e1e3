/* FIDs, paths, parents, data versions: the calls that look something up in a tree. */
#define _GNU_SOURCE
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct hsm_user_state {
	uint32_t hus_states;
	uint32_t hus_archive_id;
	uint32_t hus_in_progress_state;
	uint32_t hus_in_progress_action;
	uint64_t hus_extent[2];
};

/* An entry: its tree (held), its inode in the index, or a FID of its own when the index does not know it yet. */
struct found {
	struct sim_tree *tree;
	const struct sim_inode *inode;
	struct lu_fid fid;
};

static int is_numeric_parent(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The kernel's name for what a descriptor refers to. */
static int canonical(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t length;

	sim_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, size - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	return path[0] == '/' ? 0 : -ENODATA;
}

static const struct sim_inode *root_inode(const struct sim_tree *tree)
{
	struct lu_fid root = { 0x200000007ULL, 1, 0 };
	return sim_find_fid(tree, &root);
}

/* FID of an entry that the live tree does not know yet. dirfd: its folder, or -1 where the path is to be opened for it. */
static struct lu_fid adopted_fid(const struct found *found, int dirfd, const char *path, uint64_t ino, int64_t btime_ns)
{
	char parent[SIM_PATH];

	if (dirfd >= 0)
		return sim_adopted_fid(found->tree, dirfd, path, ino, btime_ns);
	strcpy(parent, path);
	*(strrchr(parent, '/') + 1) = '\0';
	int fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct lu_fid fid = sim_adopted_fid(found->tree, fd, path, ino, btime_ns);
	if (fd >= 0)
		close(fd);
	return fid;
}

/* An entry of a snapshot needs no path. */
static int resolve_copy(struct found *found, const struct sim_entry *entry)
{
	found->tree = sim_tree_of_entry(entry, &found->inode);
	if (!found->tree)
		return 0;
	if (!found->inode && !(found->inode = root_inode(found->tree))) {
		sim_tree_put(found->tree);
		return 0;
	}
	found->fid = found->inode->fid;
	return 1;
}

static int resolve(struct found *found, const char *path, const struct sim_entry *entry, int dirfd)
{
	int is_root = 0;

	memset(found, 0, sizeof(*found));
	found->tree = sim_tree_of_path(path, &is_root);
	if (!found->tree) {
		is_root = 0;
		found->tree = sim_tree_of_ino(entry->dev, entry->ino);
	}
	if (!found->tree)
		return -ENODATA;
	found->inode = is_root ? root_inode(found->tree) : sim_find_ino(found->tree, entry->ino);
	if (found->inode && !is_root && found->inode->btime_ns != entry->btime_ns && sim_tree_is_live(found->tree))
		found->inode = NULL;
	if (found->inode) {
		found->fid = found->inode->fid;
		return 0;
	}
	if (!sim_tree_is_live(found->tree)) {
		sim_tree_put(found->tree);
		return -ENODATA;
	}
	found->fid = adopted_fid(found, dirfd, path, entry->ino, entry->btime_ns);
	return 0;
}

static int find_fd(struct found *found, int fd)
{
	char path[SIM_PATH];
	struct sim_entry entry;
	int rc = sim_look(fd, "", AT_EMPTY_PATH, &entry);

	if (rc || resolve_copy(found, &entry))
		return rc;
	rc = canonical(fd, path, sizeof(path));
	return rc ? rc : resolve(found, path, &entry, -1);
}

/* The descriptor of a path "/proc/self/fd/N", -1 for any other. */
static int descriptor_of(const char *path)
{
	int fd, length = 0;

	return sscanf(path, "/proc/self/fd/%d%n", &fd, &length) == 1 && path[length] == '\0' ? fd : -1;
}

/* An entry of a folder that is open. */
static int find_at(struct found *found, int dirfd, const char *name)
{
	char place[SIM_PATH + 256];
	struct sim_entry entry;
	int rc = sim_look(dirfd, name, AT_SYMLINK_NOFOLLOW, &entry);

	if (rc || resolve_copy(found, &entry))
		return rc;
	rc = canonical(dirfd, place, SIM_PATH);
	size_t length = rc || !place[1] ? 0 : strlen(place);
	if (!rc)
		rc = sim_format(place + length, sizeof(place) - length, "/%s", name);
	return rc ? rc : resolve(found, place, &entry, dirfd);
}

/* Looks an entry up without following a final symlink. The folder may be named through /proc/self/fd/N. */
static int find_path(struct found *found, const char *path)
{
	char parent[SIM_PATH];
	int rc, fd;

	if (sim_format(parent, sizeof(parent), "%s", path))
		return -ENAMETOOLONG;
	char *slash = strrchr(parent, '/');
	const char *name = slash ? path + (slash - parent) + 1 : path;
	if (*name == '\0' || is_numeric_parent(name)) {
		fd = open(path, O_PATH | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		rc = find_fd(found, fd);
		close(fd);
		return rc;
	}
	if (slash)
		slash[slash == parent] = '\0';
	fd = slash ? descriptor_of(parent) : -1;
	if (fd >= 0)
		return find_at(found, fd, name);
	fd = open(slash ? parent : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = find_at(found, fd, name);
	close(fd);
	return rc;
}

/* The n-th link that the link attribute holds; NULL when there is none. */
static const unsigned char *visible_link(const struct sim_tree *tree, const struct sim_inode *inode, unsigned number, int *is_last)
{
	const unsigned char *at = (const unsigned char *)tree->header + tree->header->heap_offset + inode->link_offset, *found = NULL;

	*is_last = 1;
	for (uint32_t i = 0; i < inode->link_count; i++) {
		uint16_t flags, length;
		memcpy(&flags, at + 16, 2);
		memcpy(&length, at + 18, 2);
		if (!(flags & SIM_LINK_HIDDEN)) {
			if (found) {
				*is_last = 0;
				return found;
			}
			if (number-- == 0)
				found = at;
		}
		at += SIM_LINK_FIXED + length;
	}
	return found;
}

static struct lu_fid link_parent(const unsigned char *link)
{
	struct lu_fid fid;
	memcpy(&fid, link, sizeof(fid));
	return fid;
}

/* Puts "/name" in front of what is at *start already. */
static int prepend(char *buffer, char **start, const unsigned char *link)
{
	uint16_t length;

	memcpy(&length, link + 18, 2);
	if (*start - buffer < length + 1)
		return -ENAMETOOLONG;
	*start -= length;
	memcpy(*start, link + SIM_LINK_FIXED, length);
	*--*start = '/';
	return 0;
}

static int path_of(const struct sim_tree *tree, const struct sim_inode *inode, const unsigned char *link, char *out, int size)
{
	struct lu_fid root = { 0x200000007ULL, 1, 0 };
	char buffer[SIM_PATH], *start = buffer + sizeof(buffer) - 1;

	*start = '\0';
	for (int depth = 0; link; depth++) {
		struct lu_fid parent = link_parent(link);
		int unused, rc = depth > 4096 ? -ELOOP : prepend(buffer, &start, link);
		if (rc)
			return rc;
		if (memcmp(&parent, &root, sizeof(root)) == 0)
			break;
		inode = sim_find_fid(tree, &parent);
		if (!inode || !(link = visible_link(tree, inode, 0, &unused)))
			return -ENOENT;
	}
	start += *start == '/';
	if ((int)strlen(start) >= size)
		return -EOVERFLOW;
	strcpy(out, *start ? start : "/");
	return 0;
}

int llapi_fid_parse(const char *text, struct lu_fid *fid, char **end)
{
	unsigned long long seq;
	unsigned oid, ver;
	int length = 0, opened = *text == '[';

	if (sscanf(text + opened, "%llx:%x:%x%n", &seq, &oid, &ver, &length) != 3 || (opened && text[1 + length] != ']'))
		return -EINVAL;
	fid->f_seq = seq;
	fid->f_oid = oid;
	fid->f_ver = ver;
	if (end)
		*end = (char *)text + 2 * opened + length;
	return 0;
}

static struct sim_tree *tree_of_fd(int fd)
{
	char path[SIM_PATH];
	struct sim_entry entry;
	const struct sim_inode *inode;
	int unused;

	if (sim_look(fd, "", AT_EMPTY_PATH, &entry) < 0)
		return NULL;
	struct sim_tree *tree = sim_tree_of_entry(&entry, &inode);
	if (!tree && canonical(fd, path, sizeof(path)) == 0)
		tree = sim_tree_of_path(path, &unused);
	return tree ? tree : sim_tree_of_ino(entry.dev, entry.ino);
}

static struct sim_tree *tree_of_device(const char *device)
{
	if (*device != '/')
		return sim_tree_of_fsname(device);
	int fd = open(device, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	struct sim_tree *tree = tree_of_fd(fd);
	close(fd);
	return tree;
}

/* Lets go of the tree; NULL for what is no Lustre. */
static int fid2path(struct sim_tree *tree, const struct lu_fid *fid, char *path, int pathlen, int *linkno)
{
	int is_last = 1, rc;
	unsigned wanted = linkno && *linkno > 0 ? (unsigned)*linkno : 0;

	if (!tree)
		return -ENODEV;
	sim_lookup_latency();
	rc = sim_fid2path_error(fid);
	const struct sim_inode *inode = rc ? NULL : sim_find_fid(tree, fid);
	if (!rc && !inode)
		rc = -ENOENT;
	if (!rc) {
		const unsigned char *link = visible_link(tree, inode, wanted, &is_last);
		if (!link && wanted)
			link = visible_link(tree, inode, wanted = 0, &is_last);
		rc = link || inode == root_inode(tree) ? path_of(tree, inode, link, path, pathlen) : -ENOENT;
	}
	if (!rc && linkno)
		*linkno = (int)wanted + !is_last;
	sim_tree_put(tree);
	return rc;
}

int llapi_fid2path(const char *device, const char *fidstr, char *path, int pathlen, long long *recno, int *linkno)
{
	struct lu_fid fid;
	int rc = llapi_fid_parse(fidstr, &fid, NULL);

	(void)recno;
	return rc ? rc : fid2path(tree_of_device(device), &fid, path, pathlen, linkno);
}

int llapi_fid2path_at(int mount, const struct lu_fid *fid, char *path, int pathlen, long long *recno, int *linkno)
{
	(void)recno;
	return fid2path(tree_of_fd(mount), fid, path, pathlen, linkno);
}

int llapi_path2fid(const char *path, struct lu_fid *fid)
{
	struct found found;
	int rc = find_path(&found, path);

	sim_lookup_latency();
	if (rc)
		return rc;
	*fid = found.fid;
	sim_tree_put(found.tree);
	return 0;
}

int llapi_fd2fid(int fd, struct lu_fid *fid)
{
	struct found found;
	int rc = find_fd(&found, fd);

	sim_lookup_latency();
	if (rc)
		return rc;
	*fid = found.fid;
	sim_tree_put(found.tree);
	return 0;
}

static int parent_of(struct found *found, unsigned linkno, struct lu_fid *parent, char *name, size_t size)
{
	int is_last, rc = -ENODATA;
	const unsigned char *link = found->inode ? visible_link(found->tree, found->inode, linkno, &is_last) : NULL;

	if (link) {
		uint16_t length;
		memcpy(&length, link + 18, 2);
		rc = length < size ? 0 : -EOVERFLOW;
		if (!rc) {
			*parent = link_parent(link);
			memcpy(name, link + SIM_LINK_FIXED, length);
			name[length] = '\0';
		}
	}
	sim_tree_put(found->tree);
	return rc;
}

int llapi_path2parent(const char *path, unsigned linkno, struct lu_fid *parent, char *name, size_t size)
{
	struct found found;
	int rc = find_path(&found, path);

	sim_lookup_latency();
	return rc ? rc : parent_of(&found, linkno, parent, name, size);
}

int llapi_fd2parent(int fd, unsigned linkno, struct lu_fid *parent, char *name, size_t size)
{
	struct found found;
	int rc = find_fd(&found, fd);

	sim_lookup_latency();
	return rc ? rc : parent_of(&found, linkno, parent, name, size);
}

/* While unflushed/FID exists the servers have the old data; asking with a flush flag makes the clients write theirs. */
static uint64_t version_of(const struct found *found, int fd, uint64_t flags)
{
	char path[SIM_PATH];
	struct stat st;

	if (!found->inode) {
		fstat(fd, &st);
		return (1ULL << 40) ^ (uint64_t)st.st_mtim.tv_sec * 1000000007ULL ^ (uint64_t)st.st_mtim.tv_nsec ^ (uint64_t)st.st_size << 20;
	}
	if (!found->inode->pending_version || !sim_tree_is_live(found->tree))
		return found->inode->data_version;
	sim_format(path, sizeof(path), "%s/unflushed/%#" PRIx64 "_0x%x_0x%x", found->tree->dir, found->fid.f_seq, found->fid.f_oid, found->fid.f_ver);
	if (flags)
		unlink(path);
	return access(path, F_OK) == 0 ? found->inode->data_version : found->inode->pending_version;
}

int llapi_get_data_version(int fd, uint64_t *version, uint64_t flags)
{
	struct found found;
	int rc = find_fd(&found, fd);

	sim_lookup_latency();
	if (rc)
		return rc == -ENODATA ? -ENOTTY : rc;
	*version = version_of(&found, fd, flags);
	sim_tree_put(found.tree);
	return 0;
}

int llapi_hsm_state_get_fd(int fd, struct hsm_user_state *state)
{
	struct found found;
	int rc = find_fd(&found, fd);

	sim_lookup_latency();
	if (rc)
		return rc == -ENODATA ? -ENOTTY : rc;
	memset(state, 0, sizeof(*state));
	if (found.inode) {
		state->hus_states = found.inode->hsm_states;
		state->hus_archive_id = found.inode->hsm_archive_id;
	}
	sim_tree_put(found.tree);
	return 0;
}

int llapi_hsm_state_get(const char *path, struct hsm_user_state *state)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = llapi_hsm_state_get_fd(fd, state);
	close(fd);
	return rc;
}

int llapi_search_fsname(const char *path, char *fsname)
{
	struct sim_tree *tree = tree_of_device(path);

	if (!tree)
		return -ENOENT;
	strcpy(fsname, tree->header->fsname);
	sim_tree_put(tree);
	return 0;
}

int llapi_get_obd_count(char *mount, int *count, int is_mdt)
{
	struct sim_tree *tree = tree_of_device(mount);

	if (!tree)
		return -ENODEV;
	*count = (int)(is_mdt ? tree->header->mdt_count : tree->header->ost_count);
	sim_tree_put(tree);
	return 0;
}

int llapi_get_version_string(char *version, unsigned size)
{
	return sim_format(version, size, "2.17.0_lustresim") ? -EOVERFLOW : 0;
}
