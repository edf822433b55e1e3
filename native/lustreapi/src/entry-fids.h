// FIDs of entries of any type.
#pragma once

#include <sys/types.h>

#include <memory>
#include <vector>

#include "beneath.h"
#include "fd.h"
#include "library.h"

// Safe to use from many threads at once.
class EntryFids {
 public:
  // `root` is any descriptor of the file system.
  EntryFids(std::shared_ptr<const Library> library, int root);

  // The FID of an entry whose type is that of `mode`. A regular file or a directory is open in `fd` afterwards, if it was not before; anything
  // else is never opened. 0 or an errno.
  int find(const Place& place, mode_t mode, std::vector<char>& scratch, Fd& fd, Fid& fid) const;

 private:
  int fromLibrary(const Place& place, int fd, Fid& fid) const;

  std::shared_ptr<const Library> library_;
  bool lustre_;
};
