#include "entry-fids.h"

#include <errno.h>
#include <fcntl.h>

#include <cstring>

#include "lustre-entry.h"
#include "open-entry.h"
#include "xattr-calls.h"

namespace {

// trusted.lma: u32 compat, u32 incompat, then the inode's own FID, little-endian.
constexpr size_t kLmaFidOffset = 8;

int fidFromXattr(const Place& place, std::vector<char>& scratch, Fid& fid) {
  std::string_view value;
  if (const int error = readXattr(place, "trusted.lma", scratch, value)) return error;
  if (value.size() < kLmaFidOffset + kFidBytes) return ENODATA;
  memcpy(&fid, value.data() + kLmaFidOffset, kFidBytes);
  return 0;
}

}  // namespace

EntryFids::EntryFids(std::shared_ptr<const Library> library, int root) : library_(std::move(library)), lustre_(isLustre(root)) {}

int EntryFids::find(const Place& place, mode_t mode, std::vector<char>& scratch, Fd& fd, Fid& fid) const {
  if (!canBeOpened(mode)) {
    const int error = fidFromXattr(place, scratch, fid);
    return lustre_ || !isMissingXattr(error) ? error : fromLibrary(place, -1, fid);
  }
  if (!fd) fd = openToAsk(place);
  return fd ? fromLibrary(place, fd.get(), fid) : errno;
}

// The library opens what it is given as a path: what is open already is asked about by its descriptor. Of one that is not on Lustre only
// the call with a path says what that is.
int EntryFids::fromLibrary(const Place& place, int fd, Fid& fid) const {
  if (fd >= 0 && library_->fd2fid && library_->fd2fid(fd, &fid) == 0) return 0;
  const int result = library_->path2fid(procPath(place).c_str(), &fid);
  return result < 0 ? -result : 0;
}
