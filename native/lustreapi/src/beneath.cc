#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstdint>

namespace {

#ifndef SYS_openat2
constexpr long SYS_openat2 = 437;
#endif

// struct open_how and the RESOLVE_ bits of linux/openat2.h, which older systems do not have.
struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
constexpr uint64_t kNoMagicLinks = 0x02;
constexpr uint64_t kNoSymlinks = 0x04;
constexpr uint64_t kBeneath = 0x08;

constexpr int kDirectoryFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
constexpr size_t kNameMax = 255;
// One openat2 call takes less than PATH_MAX bytes; longer paths are resolved in pieces.
constexpr size_t kPieceMax = 4000;

std::atomic<bool> openat2Enabled{true};

int callOpenat2(int dirFd, const char* path) {
  OpenHow how{};
  how.flags = kDirectoryFlags;
  how.resolve = kBeneath | kNoSymlinks | kNoMagicLinks;
  for (;;) {
    const long fd = syscall(SYS_openat2, dirFd, path, &how, sizeof how);
    // EAGAIN: the kernel saw a concurrent rename and could not rule out an escape.
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return static_cast<int>(fd);
  }
}

// Old kernels answer ENOSYS, seccomp filters that do not know the call EPERM.
bool kernelHasOpenat2() {
  static const bool has = [] {
    Fd fd(callOpenat2(AT_FDCWD, "."));
    return static_cast<bool>(fd) || (errno != ENOSYS && errno != EPERM && errno != EINVAL);
  }();
  return has;
}

int openComponent(int dirFd, const char* name) {
  const int fd = openat(dirFd, name, kDirectoryFlags | O_NOFOLLOW);
  if (fd < 0) errno = directoryError(errno, dirFd, name);
  return fd;
}

// The end of the piece of `path` that starts at `from`: one component, or as many as fit into one openat2 call.
size_t pieceEnd(std::string_view path, size_t from, bool oneComponent) {
  size_t end = path.find('/', from);
  if (end == std::string_view::npos) return path.size();
  if (oneComponent) return end;
  for (;;) {
    const size_t next = path.find('/', end + 1);
    const size_t stop = next == std::string_view::npos ? path.size() : next;
    if (stop - from > kPieceMax) return end;
    if (stop == path.size()) return stop;
    end = stop;
  }
}

int checkComponent(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.find('\0') != std::string_view::npos) return EINVAL;
  return name.size() > kNameMax ? ENAMETOOLONG : 0;
}

}  // namespace

int directoryError(int error, int dirFd, const char* name) {
  struct statx found;
  if (error != ENOTDIR || statx(dirFd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &found) != 0) return error;
  return S_ISLNK(found.stx_mode) ? ELOOP : ENOTDIR;
}

void setOpenat2Enabled(bool enabled) { openat2Enabled = enabled; }

int checkPath(std::string_view path) {
  if (path.empty()) return 0;
  for (size_t from = 0;;) {
    const size_t slash = path.find('/', from);
    if (const int error = checkComponent(path.substr(from, slash - from))) return error;
    if (slash == std::string_view::npos) return 0;
    from = slash + 1;
  }
}

int Resolver::locate(std::string_view path, Place& place) {
  if (const int error = checkPath(path)) return error;
  const size_t slash = path.rfind('/');
  const bool inRoot = slash == std::string_view::npos;
  name_.assign(path.empty() ? "." : inRoot ? path : path.substr(slash + 1));
  if (inRoot) {
    place = {rootFd_, name_.c_str()};
    return 0;
  }
  if (const int error = openDirectory(path.substr(0, slash))) return error;
  place = {directoryFd_.get(), name_.c_str()};
  return 0;
}

int Resolver::openDirectory(std::string_view directory) {
  if (directoryFd_ && directory == directory_) return 0;
  const bool walk = !openat2Enabled || !kernelHasOpenat2();
  Fd current;
  int dirFd = rootFd_;
  for (size_t from = 0; from < directory.size();) {
    const size_t end = pieceEnd(directory, from, walk);
    const std::string piece(directory.substr(from, end - from));
    Fd next(walk ? openComponent(dirFd, piece.c_str()) : callOpenat2(dirFd, piece.c_str()));
    if (!next) return errno;
    current = std::move(next);
    dirFd = current.get();
    from = end + 1;
  }
  directoryFd_ = std::move(current);
  directory_.assign(directory);
  return 0;
}
