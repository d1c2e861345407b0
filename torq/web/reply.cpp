// SPDX-License-Identifier: MIT
#include "torq/web/reply.hpp"

namespace torq::web {

Reply say(std::uint16_t status, std::string_view sentence) {
  Reply reply;
  reply.status = status;
  reply.content_type = kPlainText;
  reply.text = sentence;
  reply.text += '\n';
  reply.length = reply.text.size();
  return reply;
}

std::string_view reason_of(std::uint16_t status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 416:
      return "Range Not Satisfiable";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

}  // namespace torq::web
