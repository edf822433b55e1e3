// Changes of names beneath a root. Each gives 0 or an errno.
#pragma once

#include <sys/types.h>

#include "beneath.h"

// `noReplace` refuses an existing target with EEXIST. File systems without that flag (Lustre, older ZFS) are asked first, which is not atomic.
int renameEntry(const Place& from, const Place& to, bool noReplace);
int linkEntry(const Place& from, const Place& to);
int unlinkEntry(const Place& place);
int removeDirectory(const Place& place);
int makeDirectory(const Place& place, mode_t mode);
