// trusted.link: the (parent, name) of every link of an inode.
#pragma once

#include <string_view>

#include "path-list.h"

// Adds each link's name, tagged with its parent's FID. False if the value is not a link attribute.
bool addLinks(std::string_view value, Strings& found);
