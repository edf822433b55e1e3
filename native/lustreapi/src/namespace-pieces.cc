#include "namespace-pieces.h"

namespace {

std::string_view folderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// Ends a piece behind each item of `pieces.order`, from `start` on, whose successor lies in another folder.
void endAtFolders(Pieces& pieces, const PathList& paths, size_t start) {
  for (size_t at = start; at < pieces.order.size(); at++) {
    const bool isLast = at + 1 == pieces.order.size();
    if (isLast || folderOf(paths.at(pieces.order[at])) != folderOf(paths.at(pieces.order[at + 1]))) {
      pieces.ends.push_back(static_cast<uint32_t>(at + 1));
    }
  }
}

}  // namespace

Pieces folderPieces(const PathList& paths) {
  Pieces pieces;
  for (size_t index = 0; index < paths.size(); index++) pieces.order.push_back(static_cast<uint32_t>(index));
  endAtFolders(pieces, paths, 0);
  return pieces;
}

Pieces renamePieces(const PathList& from, const PathList& to, bool oneRoot) {
  Pieces pieces;
  std::vector<uint32_t> withinFolders;
  for (size_t index = 0; index < from.size(); index++) {
    auto& order = oneRoot && folderOf(from.at(index)) == folderOf(to.at(index)) ? withinFolders : pieces.order;
    order.push_back(static_cast<uint32_t>(index));
  }
  const size_t between = pieces.order.size();
  if (between > 0) pieces.ends.push_back(static_cast<uint32_t>(between));
  pieces.order.insert(pieces.order.end(), withinFolders.begin(), withinFolders.end());
  endAtFolders(pieces, from, between);
  return pieces;
}
