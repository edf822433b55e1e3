// delay-proxy PORT DELAY_MS: listens on a port of 127.0.0.1, which it prints, passes every connection on to PORT there, and holds every byte
// back for DELAY_MS in each direction, whatever the throughput. In C, because where both ends and the proxy share the processors, what the proxy needs is missing.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// As much as may be under way in one direction; only what is used takes memory.
#define RING_BYTES (256u << 20)
#define CHUNK_BYTES (256u << 10)
#define CHUNKS 65536u

static int target_port;
static int64_t delay_ns;

struct chunk {
  int64_t due_ns;
  size_t at, bytes;
};

// One direction of a connection. Chunks that the reader has filled wait for the writer; one without bytes is the end.
struct direction {
  int from, to;
  char *ring;
  struct chunk chunks[CHUNKS];
  uint64_t filled, written;
  size_t used;
  int broken;
  pthread_mutex_t lock;
  pthread_cond_t changed;
};

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void sleep_until(int64_t due_ns) {
  struct timespec due = {due_ns / 1000000000ll, due_ns % 1000000000ll};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {
  }
}

static void put(struct direction *d, size_t at, size_t bytes) {
  pthread_mutex_lock(&d->lock);
  d->chunks[d->filled++ % CHUNKS] = (struct chunk){now_ns() + delay_ns, at, bytes};
  d->used += bytes;
  pthread_cond_broadcast(&d->changed);
  pthread_mutex_unlock(&d->lock);
}

// Where the next bytes go: at the beginning as soon as nothing waits, so that little memory is used. False when the writer has given up.
static int wait_for_room(struct direction *d, size_t *at) {
  pthread_mutex_lock(&d->lock);
  while (!d->broken && (d->used + 2 * CHUNK_BYTES > RING_BYTES || d->filled - d->written >= CHUNKS - 1)) pthread_cond_wait(&d->changed, &d->lock);
  if (d->filled == d->written || *at + CHUNK_BYTES > RING_BYTES) *at = 0;
  const int broken = d->broken;
  pthread_mutex_unlock(&d->lock);
  return !broken;
}

static void *read_all(void *argument) {
  struct direction *d = argument;
  for (size_t at = 0; wait_for_room(d, &at);) {
    const ssize_t bytes = recv(d->from, d->ring + at, CHUNK_BYTES, 0);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    put(d, at, (size_t)bytes);
    at += (size_t)bytes;
  }
  put(d, 0, 0);
  return NULL;
}

static int send_all(int to, const char *bytes, size_t count) {
  while (count > 0) {
    const ssize_t sent = send(to, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return 0;
    bytes += sent;
    count -= (size_t)sent;
  }
  return 1;
}

static void write_all(struct direction *d) {
  for (;;) {
    pthread_mutex_lock(&d->lock);
    while (d->filled == d->written) pthread_cond_wait(&d->changed, &d->lock);
    const struct chunk chunk = d->chunks[d->written % CHUNKS];
    pthread_mutex_unlock(&d->lock);
    if (chunk.due_ns > now_ns()) sleep_until(chunk.due_ns);
    const int sent = chunk.bytes > 0 && send_all(d->to, d->ring + chunk.at, chunk.bytes);
    pthread_mutex_lock(&d->lock);
    d->written++;
    d->used -= chunk.bytes;
    d->broken = !sent;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    if (!sent) break;
  }
  shutdown(d->to, SHUT_WR);
  shutdown(d->from, SHUT_RD);
}

static void *pass_on(void *argument) {
  struct direction *d = argument;
  pthread_t reader;
  pthread_create(&reader, NULL, read_all, d);
  write_all(d);
  pthread_join(reader, NULL);
  munmap(d->ring, RING_BYTES);
  free(d);
  return NULL;
}

static pthread_t start(int from, int to) {
  struct direction *d = calloc(1, sizeof *d);
  pthread_t thread;
  d->from = from;
  d->to = to;
  d->ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (d->ring == MAP_FAILED) exit(1);
  pthread_mutex_init(&d->lock, NULL);
  pthread_cond_init(&d->changed, NULL);
  pthread_create(&thread, NULL, pass_on, d);
  return thread;
}

static void *serve(void *argument) {
  const int client = (int)(intptr_t)argument;
  const int one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target_port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  const int upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(upstream, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(upstream, (struct sockaddr *)&address, sizeof address) == 0) {
    const pthread_t there = start(client, upstream);
    const pthread_t back = start(upstream, client);
    pthread_join(there, NULL);
    pthread_join(back, NULL);
  }
  close(upstream);
  close(client);
  return NULL;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  signal(SIGPIPE, SIG_IGN);
  target_port = atoi(words[1]);
  delay_ns = (int64_t)(atof(words[2]) * 1e6);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0) return 1;
  if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    const int client = accept(listener, NULL, NULL);
    pthread_t thread;
    if (client < 0) continue;
    pthread_create(&thread, NULL, serve, (void *)(intptr_t)client);
    pthread_detach(thread);
  }
}
