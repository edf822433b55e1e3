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
static ino_t text_ino;
static struct timespec text_mtime;

/* Called with the mutex held. */
static void refresh(void)
{
	char path[SIM_PATH];
	struct stat st;
	FILE *file;

	if (sim_format(path, sizeof(path), "%s/faults.json", sim_root()) || stat(path, &st) < 0) {
		free(text);
		text = NULL;
		text_ino = 0;
		return;
	}
	if (text && st.st_ino == text_ino && st.st_mtim.tv_sec == text_mtime.tv_sec && st.st_mtim.tv_nsec == text_mtime.tv_nsec)
		return;
	free(text);
	text = calloc(1, (size_t)st.st_size + 1);
	if (text && (file = fopen(path, "re")) != NULL) {
		size_t length = fread(text, 1, (size_t)st.st_size, file);
		text[length] = '\0';
		fclose(file);
	}
	text_ino = st.st_ino;
	text_mtime = st.st_mtim;
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

/* Hundreds of threads look something up at a time: whoever comes while another one reads the file takes what was known before. */
void sim_lookup_latency(void)
{
	static _Atomic long long known = -1;

	if (known < 0 ? pthread_mutex_lock(&mutex) == 0 : pthread_mutex_trylock(&mutex) == 0) {
		refresh();
		known = number_of("lookup_latency_us");
		pthread_mutex_unlock(&mutex);
	}
	long long us = known;
	if (us > 0) {
		struct timespec wait = { us / 1000000, us % 1000000 * 1000 };
		nanosleep(&wait, NULL);
	}
}

int sim_fid2path_error(const char *fidstr)
{
	char key[80];

	if (sim_format(key, sizeof(key), *fidstr == '[' ? "%s" : "[%s]", fidstr))
		return 0;
	pthread_mutex_lock(&mutex);
	refresh();
	long long number = number_of(key);
	pthread_mutex_unlock(&mutex);
	return number > 0 ? (int)-number : (int)number;
}
