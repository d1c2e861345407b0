// SPDX-License-Identifier: MIT
// A name that a peer asks for, against a real tree with every kind of trap in it: whatever the name, nothing but a file
// inside the root is opened and nothing but a folder inside it is listed. Every file inside begins with kMark; none
// outside does.
#include <array>
#include <cstdlib>

#include "torq/base/bytes.hpp"
#include "torq/files/file_tree.hpp"
#include "torq/files/temporary_tree_test.hpp"

namespace {

using torq::files::Entry;
using torq::files::File;
using torq::files::FileTree;
using torq::files::Found;

constexpr std::string_view kMark = "inside";

struct Traps {
  Traps() {
    for (const char* name : {"a", "b/c", "b/d/e", "b/a:", "\xc3\xa9", "\xff", "...", "C:"})
      tree.file(name, std::string(kMark));
    tree.file("back\\slash", "no request can name it");
    tree.link("l", "b/c");
    tree.link("b/u", "..");
    tree.link("o", "../outside.txt");
    tree.link("p", "..");
    tree.link("r", "/");
    tree.link("s", "s");
    tree.link("b/n", "../../root/a");
    tree.fifo("f");
    tree.socket("k");
  }

  torq::files::TemporaryTree tree;
  FileTree opened = FileTree::at(tree.root()).value();
};

void require(bool holds) {
  if (!holds) std::abort();
}

void require_inside(const File& file) {
  std::array<std::byte, kMark.size()> head{};
  require(file.read_at(0, head) == head.size() && torq::as_text(head) == kMark);
}

void require_servable(const FileTree& tree, const std::string& name, const Entry& entry) {
  if (entry.found.type == Found::Type::kFolder) return require(tree.list(name, 0).has_value());
  const auto file = tree.open(name);
  require(file.has_value());
  require_inside(*file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Traps traps;
  const std::string name(reinterpret_cast<const char*>(data), size);
  if (const auto file = traps.opened.open(name)) require_inside(*file);
  if (const auto listing = traps.opened.list(name, 8)) {
    const std::string prefix = name.empty() ? "" : name + "/";
    for (const Entry& entry : listing->entries) require_servable(traps.opened, prefix + entry.name, entry);
  }
  return 0;
}
