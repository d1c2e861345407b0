# What `cmake --install` puts down: the command, and the client library with its headers, a CMake package (torq::client) and a
# pkg-config file. Nothing of tests, nothing that only the server uses.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# What the client's module declares, and what those headers reach in other rooms; the test `public_headers` holds the list
# against their includes.
set(public_headers torq/base/address.hpp torq/base/bytes.hpp torq/base/info_hash.hpp torq/base/result.hpp
  torq/files/sha256.hpp torq/tracker/announce.hpp torq/wire/messages.hpp torq/wire/http_answer.hpp torq/wire/tracker_answer.hpp)
get_target_property(client_headers torq_client HEADER_SET)
foreach(header ${client_headers})
  cmake_path(RELATIVE_PATH header BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
  list(APPEND public_headers ${header})
endforeach()
add_test(NAME public_headers COMMAND python3 ${PROJECT_SOURCE_DIR}/scripts/check_public_headers.py
  ${PROJECT_SOURCE_DIR} ${public_headers})
set_tests_properties(public_headers PROPERTIES LABELS "quick")

# One archive of all rooms that the client needs, so that its users name one library. What it stands on stays the
# distribution's: the package and the pkg-config file name them for the linker.
set(client_modules asio torq_base torq_tracker torq_bencode torq_wire torq_files torq_h3 torq_quic torq_net torq_client)
list(TRANSFORM client_modules REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE client_objects)
add_library(torq_client_archive STATIC ${client_objects})
set_target_properties(torq_client_archive PROPERTIES OUTPUT_NAME torq-client EXPORT_NAME client LINKER_LANGUAGE CXX)
target_link_libraries(torq_client_archive PRIVATE
  fmt::fmt simdjson::simdjson PkgConfig::ngtcp2 PkgConfig::nghttp3 PkgConfig::gnutls PkgConfig::libcrypto Threads::Threads)
target_compile_features(torq_client_archive INTERFACE cxx_std_20)
target_include_directories(torq_client_archive INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

install(TARGETS torq RUNTIME COMPONENT command)
install(TARGETS torq_client_archive EXPORT torq-targets ARCHIVE COMPONENT client)
foreach(header ${public_headers})
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder} COMPONENT client)
endforeach()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/torq)
install(EXPORT torq-targets NAMESPACE torq:: DESTINATION ${package_folder} COMPONENT client)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/torq-config.cmake.in ${PROJECT_BINARY_DIR}/torq-config.cmake
  INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/torq-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/torq-config.cmake ${PROJECT_BINARY_DIR}/torq-config-version.cmake
  DESTINATION ${package_folder} COMPONENT client)

# Relative to where the file itself lies, so that the tree may be moved (unless its folders were set as absolute paths).
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE pc_libdir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE pc_includedir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE pc_prefix)
configure_file(${PROJECT_SOURCE_DIR}/cmake/torq-client.pc.in ${PROJECT_BINARY_DIR}/torq-client.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/torq-client.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT client)
