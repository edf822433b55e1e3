/* What the files of the simulated liblustreapi share: the layout of index.bin, the trees, the faults. */
#ifndef LUSTRESIM_H
#define LUSTRESIM_H

#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#define SIM_PATH 4352

struct lu_fid {
	uint64_t f_seq;
	uint32_t f_oid;
	uint32_t f_ver;
};

/* index.bin: header, inodes, two hash tables of u32 (inode number + 1), link heap. Written by src/index-codec.ts. */
struct sim_header {
	char magic[8];
	uint32_t mdt_count;
	uint32_t ost_count;
	uint64_t inode_count;
	uint64_t inode_offset;
	uint64_t fid_buckets;
	uint64_t fid_offset;
	uint64_t ino_buckets;
	uint64_t ino_offset;
	uint64_t heap_offset;
	uint64_t heap_length;
	char fsname[32];
	uint64_t reserved;
};

struct sim_inode {
	struct lu_fid fid;
	uint64_t ino;
	uint64_t data_version;
	uint64_t pending_version;
	uint64_t size;
	int64_t mtime_ns;
	int64_t ctime_ns;
	int64_t btime_ns;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t flags;
	uint32_t hsm_states;
	uint32_t hsm_archive_id;
	uint32_t stripe_count;
	uint32_t link_count;
	uint64_t link_offset;
};

#define SIM_LINK_FIXED 20
#define SIM_LINK_HIDDEN 0x1 /* beyond the 4 KiB of the link attribute */

/* What the kernel says of an entry: number and birth time name an inode for good. */
struct sim_entry {
	dev_t dev;
	uint64_t ino;
	int64_t btime_ns; /* 0 where the file system has none */
	int is_removed;
};

/* One mapped index; held between sim_tree_get and sim_tree_put. Hundreds of threads look something up at a time: nothing waits while another one asks the kernel. */
struct sim_tree {
	char dir[SIM_PATH];   /* holds index.bin */
	char index[SIM_PATH]; /* dir/index.bin */
	char root[SIM_PATH];  /* the tree itself: dir/live or dir/tree */
	size_t dir_length;
	struct sim_entry top; /* the tree itself */
	int is_live;
	uint64_t index_ino;
	int64_t index_mtime_ns;
	const struct sim_header *header;
	size_t length;
	_Atomic int references;
	struct sim_tree *next;
};

const char *sim_root(void);

struct sim_tree *sim_tree_get(const char *dir);
void sim_tree_put(struct sim_tree *tree);
int sim_tree_is_live(const struct sim_tree *tree);
const struct sim_inode *sim_find_fid(const struct sim_tree *tree, const struct lu_fid *fid);
const struct sim_inode *sim_find_ino(const struct sim_tree *tree, uint64_t ino);

/* The known tree that this entry is the top of, or, when it is the copy that a snapshot made, a part of; *inode is NULL for the top. NULL: it takes a path to tell. */
struct sim_tree *sim_tree_of_entry(const struct sim_entry *entry, const struct sim_inode **inode);
int sim_look(int dirfd, const char *name, int flags, struct sim_entry *entry);
/* Which tree a canonical absolute path lies in; *is_root tells that it is the root of that tree. NULL: none. */
struct sim_tree *sim_tree_of_path(const char *path, int *is_root);
/* The tree of a file system (or mounted snapshot) by name. */
struct sim_tree *sim_tree_of_fsname(const char *fsname);
/* Any tree that knows this inode number on that device, for mounts that the mount table does not list. */
struct sim_tree *sim_tree_of_ino(dev_t dev, uint64_t ino);
int sim_is_mounted(const char *fsname);

/* A FID for an entry of the live tree that the index does not know yet; src/adopted-fid.ts computes the same. */
struct lu_fid sim_adopted_fid(const struct sim_tree *tree, int dirfd, const char *name, uint64_t ino, int64_t btime_ns);

void sim_lookup_latency(void);
int sim_fid2path_error(const struct lu_fid *fid);

int sim_lock(const char *dir);
void sim_unlock(const char *dir);

int sim_format(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void sim_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
