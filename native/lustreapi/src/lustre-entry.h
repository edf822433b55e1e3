// What liblustreapi must not be asked.
#pragma once

#include "beneath.h"

// Whether a descriptor is on Lustre itself, not on something that stands in for it.
bool isLustre(int fd);

// Whether the library can open the entry: a regular file or a directory. It would follow a symlink, wait at a fifo, and opening a device
// is an act of its own (a tape rewinds). 0 or an errno.
int canBeOpened(const Place& place, bool& can);
