// Which changes of names one thread makes in turn, because the kernel lets only one of them go on at a time: threads that wait for each other's
// locks would only take processors away.
#pragma once

#include "batch.h"

// A folder is locked while an entry is made in it or taken out of it: the entries of one folder that follow each other are one piece.
Pieces folderPieces(const PathList& paths);

// The whole file system is locked for a rename from one folder to another: those are one piece. Others, which only one root can have, are like any
// change in a folder.
Pieces renamePieces(const PathList& from, const PathList& to, bool oneRoot);
