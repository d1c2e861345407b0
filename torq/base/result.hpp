// SPDX-License-Identifier: MIT
#pragma once
// The one alias for "a value, or the reason why there is none". For faults of a peer, a file or a user: values, never
// exceptions. Each module has one small enum of reasons with one table of texts.

#include <tl/expected.hpp>

namespace torq {

template <class T, class E>
using Result = tl::expected<T, E>;

/// Wraps a reason so that it converts to a Result without a value: `return Failure(Error::kNotFound);`
template <class E>
using Failure = tl::unexpected<E>;

}  // namespace torq
