// SPDX-License-Identifier: MIT
#pragma once
// The vectors of tests/vectors, for the tests of this module only. Each line of a file is one JSON object; docs/wire.md
// says what its members mean.

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "torq/base/bytes.hpp"

namespace torq::wire {

using Json = nlohmann::ordered_json;

inline std::string read_text(const std::string& path_below_root) {
  std::ifstream file(std::string(TORQ_SOURCE_DIR "/") + path_below_root, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path_below_root);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<Json> read_vectors(const std::string& name) {
  std::vector<Json> vectors;
  const std::string text = read_text("tests/vectors/" + name);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    vectors.push_back(Json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return vectors;
}

inline std::string from_hex_text(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// `hex` is there where the bytes are no UTF-8 and so cannot stand in JSON.
inline std::string wire_of(const Json& vector) {
  return vector.contains("hex") ? from_hex_text(vector["hex"].get<std::string>()) : vector["wire"].get<std::string>();
}

}  // namespace torq::wire
