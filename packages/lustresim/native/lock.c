/* The lock of one file system, shared with src/sim-lock.ts: a file that holds the owner's process id, made by link(2). */
#define _GNU_SOURCE
#include "sim.h"

#include <errno.h>
#include <signal.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 10

static pthread_mutex_t inside = PTHREAD_MUTEX_INITIALIZER;

static int owner_of(const char *path)
{
	int pid = 0;
	FILE *file = fopen(path, "re");

	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

static int try_link(const char *temporary, const char *path)
{
	FILE *file = fopen(temporary, "we");

	if (!file)
		return -errno;
	fprintf(file, "%d\n", (int)getpid());
	fclose(file);
	int rc = link(temporary, path) == 0 ? 0 : -errno;
	unlink(temporary);
	return rc;
}

int sim_lock(const char *dir)
{
	char path[SIM_PATH], temporary[SIM_PATH];
	struct timespec pause = { 0, 5 * 1000 * 1000 };
	int rc;

	if (sim_format(path, sizeof(path), "%s/lock", dir) || sim_format(temporary, sizeof(temporary), "%s/lock.c%d", dir, (int)getpid()))
		return -ENAMETOOLONG;
	pthread_mutex_lock(&inside);
	for (int tries = 0; (rc = try_link(temporary, path)) == -EEXIST && tries < WAIT_SECONDS * 200; tries++) {
		int owner = owner_of(path);
		if (owner > 0 && kill(owner, 0) < 0 && errno == ESRCH)
			unlink(path);
		else
			nanosleep(&pause, NULL);
	}
	if (rc) {
		sim_message("lustresim: %s is locked by process %d, which has operations that it has not flushed", dir, owner_of(path));
		pthread_mutex_unlock(&inside);
		return rc == -EEXIST ? -EBUSY : rc;
	}
	return 0;
}

void sim_unlock(const char *dir)
{
	char path[SIM_PATH];

	if (!sim_format(path, sizeof(path), "%s/lock", dir))
		unlink(path);
	pthread_mutex_unlock(&inside);
}
