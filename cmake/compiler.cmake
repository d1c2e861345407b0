# Warnings, sanitizers and the compiler cache: the same for every target.
option(TORQ_FUZZ "build the fuzz targets with libFuzzer (needs clang)" OFF)
set(TORQ_SANITIZE "" CACHE STRING "sanitizers for every target, for example address,undefined")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
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

# For tests, which are compiled more often than they are slow: the optimiser spent half of the build on their templates.
function(compile_quickly target)
  target_compile_options(${target} PRIVATE -O0)
endfunction()
