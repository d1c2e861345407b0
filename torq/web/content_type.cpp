// SPDX-License-Identifier: MIT
#include "torq/web/content_type.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace torq::web {
namespace {

// Sorted by suffix.
constexpr std::array<std::pair<std::string_view, std::string_view>, 31> kTypes = {{
    {"avi", "video/x-msvideo"},
    {"bz2", "application/x-bzip2"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"htm", kHtml},
    {"html", kHtml},
    {"iso", "application/x-iso9660-image"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", kJson},
    {"log", kPlainText},
    {"m4a", "audio/mp4"},
    {"md", "text/markdown; charset=utf-8"},
    {"mkv", "video/x-matroska"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"ogg", "audio/ogg"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"torrent", "application/x-bittorrent"},
    {"txt", kPlainText},
    {"webm", "video/webm"},
    {"webp", "image/webp"},
    {"xml", "application/xml"},
    {"zip", "application/zip"},
}};

static_assert(std::ranges::is_sorted(kTypes, {}, [](const auto& row) { return row.first; }));

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
  constexpr std::string_view kUnknown = "application/octet-stream";
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos || file_name.find('/', dot) != std::string_view::npos) return kUnknown;
  std::string suffix(file_name.substr(dot + 1));
  std::ranges::transform(suffix, suffix.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const auto row =
      std::ranges::lower_bound(kTypes, std::string_view(suffix), {}, [](const auto& r) { return r.first; });
  return row == kTypes.end() || row->first != suffix ? kUnknown : row->second;
}

}  // namespace torq::web
