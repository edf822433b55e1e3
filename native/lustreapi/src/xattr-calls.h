// Extended attributes of any entry: symlinks, fifos, devices, and files that may not be read. Each gives 0 or an errno.
#pragma once

#include <string>
#include <vector>

#include "beneath.h"

int listXattrs(const Place& place, std::vector<char>& names);
int getXattr(const Place& place, const char* name, std::vector<char>& value);
int setXattr(const Place& place, const char* name, const std::string& value);
int removeXattr(const Place& place, const char* name);
