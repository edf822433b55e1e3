/* Faults on request: ROOT/faults.json, written by src/faults.ts, read again whenever it was replaced. */
#define _GNU_SOURCE
#include "sim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *text; /* the whole file, NULL without one */
static char file_path[SIM_PATH];
static pthread_once_t path_once = PTHREAD_ONCE_INIT;

/* What was read last, and from which file; -1 before the first time. Hundreds of threads look something up at a time: most of them read these only. */
static _Atomic long long known_ino = -1, known_mtime_ns, latency_us;
static _Atomic int has_fid_errors;

static void find_path(void)
{
	sim_format(file_path, sizeof(file_path), "%s/faults.json", sim_root());
}

/* The number behind "key":, 0 when the key is absent. The simulator writes the file: no key is part of another one. */
static long long number_of(const char *key)
{
	char quoted[128];
	const char *at;

	if (!text || sim_format(quoted, sizeof(quoted), "\"%s\":", key) || !(at = strstr(text, quoted)))
		return 0;
	return strtoll(at + strlen(quoted), NULL, 10);
}

static long long mtime_of(const struct stat *st)
{
	return st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec;
}

/* Called with the mutex held. A missing file has the inode number 0. */
static void read_file(void)
{
	FILE *file = fopen(file_path, "re");
	struct stat st = { 0 };

	free(text);
	text = file && fstat(fileno(file), &st) == 0 ? calloc(1, (size_t)st.st_size + 1) : NULL;
	if (text)
		text[fread(text, 1, (size_t)st.st_size, file)] = '\0';
	if (file)
		fclose(file);
	latency_us = number_of("lookup_latency_us");
	has_fid_errors = text && strstr(text, "\"[") != NULL;
	known_mtime_ns = mtime_of(&st);
	known_ino = (long long)st.st_ino;
}

/* Reads the file where it is another one than last time. */
static void refresh(void)
{
	struct stat st;

	pthread_once(&path_once, find_path);
	if (stat(file_path, &st) < 0)
		memset(&st, 0, sizeof(st));
	if (known_ino == (long long)st.st_ino && known_mtime_ns == mtime_of(&st))
		return;
	pthread_mutex_lock(&mutex);
	read_file();
	pthread_mutex_unlock(&mutex);
}

void sim_lookup_latency(void)
{
	refresh();
	long long us = latency_us;
	if (us > 0) {
		struct timespec wait = { us / 1000000, us % 1000000 * 1000 };
		nanosleep(&wait, NULL);
	}
}

/* As the faults were when the lookup began. */
int sim_fid2path_error(const struct lu_fid *fid)
{
	char key[80];

	if (!has_fid_errors || sim_format(key, sizeof(key), "[0x%llx:0x%x:0x%x]", (unsigned long long)fid->f_seq, fid->f_oid, fid->f_ver))
		return 0;
	pthread_mutex_lock(&mutex);
	long long number = number_of(key);
	pthread_mutex_unlock(&mutex);
	return number > 0 ? (int)-number : (int)number;
}
