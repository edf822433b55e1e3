// Bare system calls, one after the other: works through a list of `c PATH`, `d PATH`, `r FROM TO`, `u PATH` (each word ended by a NUL) in the folder
// that it is started for, then syncs that file system as a backup does.
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void create(const char *path) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) err(1, "%s", path);
  close(fd);
}

int main(int argc, char **argv) {
  if (argc != 3) errx(2, "usage: bare LIST FOLDER");
  const int list = open(argv[1], O_RDONLY);
  struct stat found;
  if (list < 0 || fstat(list, &found) != 0) err(1, "%s", argv[1]);
  const char *at = mmap(NULL, found.st_size, PROT_READ, MAP_PRIVATE, list, 0);
  if (at == MAP_FAILED) err(1, "%s", argv[1]);
  const char *end = at + found.st_size;
  if (chdir(argv[2]) != 0) err(1, "%s", argv[2]);
  while (at < end) {
    const char *path = at + 2;
    const char *next = path + strlen(path) + 1;
    switch (*at) {
      case 'c':
        create(path);
        break;
      case 'd':
        if (mkdir(path, 0755) != 0) err(1, "%s", path);
        break;
      case 'r':
        if (rename(path, next) != 0) err(1, "%s", path);
        next += strlen(next) + 1;
        break;
      case 'u':
        if (unlink(path) != 0) err(1, "%s", path);
        break;
      default:
        errx(1, "unknown step %c", *at);
    }
    at = next;
  }
  const int root = open(".", O_RDONLY | O_DIRECTORY);
  if (root < 0 || syncfs(root) != 0) err(1, "syncfs");
  return 0;
}
