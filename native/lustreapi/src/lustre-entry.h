// What liblustreapi must not be asked.
#pragma once

#include <sys/types.h>

// Whether a descriptor is on Lustre itself, not on something that stands in for it.
bool isLustre(int fd);

// Whether the library can open an entry of this type: a regular file or a directory. It would follow a symlink, wait at a fifo, and opening
// a device is an act of its own (a tape rewinds). Of those Lustre's own xattrs say what the library would.
bool canBeOpened(mode_t mode);

// Whether this errno says that an entry has no such xattr. Where that is not on Lustre, the library knows better.
bool isMissingXattr(int error);
