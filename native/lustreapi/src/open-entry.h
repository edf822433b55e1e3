// Opening an entry without side effects: never through a symlink, never a device, never waiting for the other end of a fifo.
#pragma once

#include <string>

#include "beneath.h"
#include "fd.h"

// Opens a regular file or a directory. ELOOP for a symlink, ENXIO for anything else. `flags` are those of open(2).
int openFileOrDirectory(const Place& place, int flags, unsigned mode, Fd& fd);

// Opens a file or a directory to ask about it, as liblustreapi would; errno where that failed.
Fd openToAsk(const Place& place);

// Opens a directory for reading its entries, leaving its atime alone where the caller may.
int openDirectory(const Place& place, Fd& fd);

// A descriptor that only names the entry, whatever it is (a symlink itself) and whoever may read it.
int openName(const Place& place, Fd& fd);

// "/proc/self/fd/N": what a descriptor is open on, for calls that take only a path.
std::string procPath(int fd);

// "/proc/self/fd/N/name": an entry for calls that take only a path. It goes through the opened directory, so that no symlink before the
// last component is followed and the path is short at any depth.
std::string procPath(const Place& place);
