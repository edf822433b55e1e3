/*
 * shim-client SOCKET PROGRAM ARGUMENTS…: has a command of the simulator run by the server at SOCKET (src/shim/server.ts), which saves starting
 * PROGRAM for it. Without a server it becomes PROGRAM itself. The request is the working directory and the words, each ended by a NUL byte; the
 * answer is frames of a kind (1 stdout, 2 stderr, 3 exit code), a length of 4 bytes (little endian), and that many bytes.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "lustresim: cannot %s: %s\n", what, strerror(errno));
	exit(70);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t done = write(fd, bytes, size);
		if (done < 0 && errno != EINTR)
			fail("write");
		if (done > 0) {
			bytes += done;
			size -= (size_t)done;
		}
	}
}

static void read_all(int fd, void *bytes, size_t size)
{
	for (char *at = bytes; size > 0;) {
		ssize_t done = read(fd, at, size);
		if (done == 0)
			errno = ECONNRESET;
		if (done == 0 || (done < 0 && errno != EINTR))
			fail("read the answer of the server");
		if (done > 0) {
			at += done;
			size -= (size_t)done;
		}
	}
}

int main(int argc, char **argv)
{
	char cwd[PATH_MAX];
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: shim-client SOCKET PROGRAM ARGUMENTS...\n");
		return 2;
	}
	if ((fd = connect_to(argv[1])) < 0) {
		execv(argv[2], argv + 2);
		fail("start the program");
	}
	if (!getcwd(cwd, sizeof(cwd)))
		fail("find the working directory");
	write_all(fd, cwd, strlen(cwd) + 1);
	for (int i = 2; i < argc; i++)
		write_all(fd, argv[i], strlen(argv[i]) + 1);
	shutdown(fd, SHUT_WR);
	for (;;) {
		uint8_t head[5];
		read_all(fd, head, sizeof(head));
		uint32_t size = head[1] | head[2] << 8 | head[3] << 16 | (uint32_t)head[4] << 24;
		char *payload = malloc(size + 1);
		if (!payload)
			fail("allocate");
		read_all(fd, payload, size);
		if (head[0] == 3)
			return (unsigned char)payload[0];
		write_all(head[0], payload, size);
		free(payload);
	}
}
