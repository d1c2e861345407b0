# Warnings, sanitizers and the compiler cache: the same for every target.
option(TORQ_FUZZ "build the fuzz targets with libFuzzer (needs clang)" OFF)
set(TORQ_SANITIZE "" CACHE STRING "sanitizers for every target, for example address,undefined")

find_program(CCACHE ccache)
if(CCACHE)
  # It looks up by the compiler's own list of includes, which spares a run of the preprocessor for each file that is new;
  # and takes precompiled headers for what they are made of.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Werror=return-type)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict)  # GCC 12 sees an overlap in every std::string + (GCC bug 105651)
endif()
if(TORQ_SANITIZE)
  add_compile_options(-fsanitize=${TORQ_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TORQ_SANITIZE})
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  if(TORQ_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-tsan)  # of fences in Asio, which TSan does not model
  endif()
endif()
if(TORQ_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# docs/decisions/0009-unity-builds.md
set(CMAKE_UNITY_BUILD ON CACHE BOOL "compile several files at once")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 6)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options(-Wno-subobject-linkage)  # it takes the files that are included for headers
endif()

# For what is compiled more often than it is slow: the optimiser spent half of the build on the templates of tests.
function(compile_quickly target)
  target_compile_options(${target} PRIVATE -O0)
endfunction()

# What all tests include takes most of a small one's time: it is read once.
add_library(torq_tests_header OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/tests_header.cpp)
compile_quickly(torq_tests_header)
target_compile_options(torq_tests_header PRIVATE -fno-sanitize=undefined)
target_link_libraries(torq_tests_header PRIVATE GTest::gtest)
target_precompile_headers(torq_tests_header PRIVATE <gtest/gtest.h>
  <algorithm> <array> <chrono> <functional> <map> <memory> <optional> <random> <span> <string> <unordered_map> <variant> <vector>)

# Tests look for faults of the rooms, which have all checks; in a test's own templates those of UBSan cost a third of its time.
function(compile_as_test target)
  compile_quickly(${target})
  target_compile_options(${target} PRIVATE -fno-sanitize=undefined)
  target_precompile_headers(${target} REUSE_FROM torq_tests_header)
endfunction()
