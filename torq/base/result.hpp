// SPDX-License-Identifier: MIT
#pragma once
// "A value, or the reason why there is none", for faults of a peer, a file or a user: values, never exceptions. Each
// module has one small enum of reasons with one table of texts. A subset of std::expected (C++23) under its names, with
// one difference: asking for what is not there is a bug of ours, so it is asserted and not thrown. A Result must be
// looked at: the compiler warns of one that is dropped. Why it is our own: docs/decisions/0003-own-result.md.

#include <cassert>
#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace torq {

/// Wraps a reason so that it converts to a Result without a value: `return Failure(Error::kNotFound);`
template <class E>
class [[nodiscard]] Failure {
 public:
  explicit constexpr Failure(E error) : error_(std::move(error)) {}

  constexpr const E& error() const& { return error_; }
  constexpr E&& error() && { return std::move(error_); }

 private:
  E error_;
};

template <class T, class E>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  constexpr Result()
    requires std::default_initializable<T>
      : state_(std::in_place_index<0>) {}
  template <class U = T>
    requires(std::constructible_from<T, U> && !std::same_as<std::remove_cvref_t<U>, Result>)
  explicit(!std::convertible_to<U, T>) constexpr Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  template <class G>
    requires std::constructible_from<E, G>
  constexpr Result(Failure<G> failure) : state_(std::in_place_index<1>, std::move(failure).error()) {}

  constexpr bool has_value() const { return state_.index() == 0; }
  constexpr explicit operator bool() const { return has_value(); }

  constexpr T& value() & { return *held<0>(state_); }
  constexpr const T& value() const& { return *held<0>(state_); }
  constexpr T&& value() && { return std::move(*held<0>(state_)); }
  constexpr T& operator*() & { return value(); }
  constexpr const T& operator*() const& { return value(); }
  constexpr T&& operator*() && { return std::move(*this).value(); }
  constexpr T* operator->() { return held<0>(state_); }
  constexpr const T* operator->() const { return held<0>(state_); }

  constexpr E& error() & { return *held<1>(state_); }
  constexpr const E& error() const& { return *held<1>(state_); }
  constexpr E&& error() && { return std::move(*held<1>(state_)); }

  template <class U>
  constexpr T value_or(U&& other) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  constexpr T value_or(U&& other) && {
    return has_value() ? std::move(*this).value() : static_cast<T>(std::forward<U>(other));
  }

  /// The same value, or what `change` makes of the reason.
  template <class F>
  constexpr Result<T, std::invoke_result_t<F, E&&>> transform_error(F&& change) && {
    if (has_value()) return std::move(*this).value();
    return Failure(std::invoke(std::forward<F>(change), std::move(*this).error()));
  }

  constexpr bool operator==(const Result& other) const
    requires std::equality_comparable<T> && std::equality_comparable<E>
  {
    return state_ == other.state_;
  }
  template <class U>
    requires(!std::same_as<U, Result> && std::convertible_to<const U&, T> && std::equality_comparable<T>)
  constexpr bool operator==(const U& other) const {
    const T& wanted = other;
    return has_value() && value() == wanted;
  }
  template <class G>
  constexpr bool operator==(const Failure<G>& failure) const {
    return !has_value() && error() == failure.error();
  }

 private:
  template <std::size_t kWhich, class State>
  static constexpr auto* held(State& state) {
    auto* const part = std::get_if<kWhich>(&state);
    assert(part && "a Result was asked for the half that it does not have");
    return part;
  }

  std::variant<T, E> state_;
};

/// Done, or the reason why not.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  constexpr Result() = default;
  template <class G>
    requires std::constructible_from<E, G>
  constexpr Result(Failure<G> failure) : error_(std::in_place, std::move(failure).error()) {}

  constexpr bool has_value() const { return !error_; }
  constexpr explicit operator bool() const { return has_value(); }
  constexpr void value() const { assert(has_value()); }

  constexpr E& error() & { return *reason(error_); }
  constexpr const E& error() const& { return *reason(error_); }
  constexpr E&& error() && { return std::move(*reason(error_)); }

  /// The same, or what `change` makes of the reason.
  template <class F>
  constexpr Result<void, std::invoke_result_t<F, E&&>> transform_error(F&& change) && {
    if (has_value()) return {};
    return Failure(std::invoke(std::forward<F>(change), std::move(*this).error()));
  }

  constexpr bool operator==(const Result& other) const
    requires std::equality_comparable<E>
  {
    return error_ == other.error_;
  }
  template <class G>
  constexpr bool operator==(const Failure<G>& failure) const {
    return !has_value() && error() == failure.error();
  }

 private:
  template <class Reason>
  static constexpr auto* reason(Reason& reason) {
    assert(reason && "a Result without a failure was asked for its reason");
    return &*reason;
  }

  std::optional<E> error_;
};

}  // namespace torq
