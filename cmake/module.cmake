# add_module(HEADERS .. SOURCES .. DEPENDS <modules> LINKS <targets> EXTERNAL <third-party include prefixes>
#            TESTS .. TESTS_USE <targets that only the tests need>)
#
# One call declares a room of the house: its library, the check that its headers stand alone, its unit tests and its
# place in the layering (which the test `layers` holds against the includes). A module is named by its folder below torq/.
function(add_module)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;TESTS;TESTS_USE;DEPENDS;LINKS;EXTERNAL" ${ARGN})
  file(RELATIVE_PATH module ${PROJECT_SOURCE_DIR}/${PROJECT_NAME} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" target torq_${module})
  list(TRANSFORM arg_DEPENDS REPLACE "/" "_" OUTPUT_VARIABLE links)
  list(TRANSFORM links PREPEND torq_)
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  target_link_libraries(${target} ${scope} ${links} ${arg_LINKS})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  if(arg_TESTS AND NOT TORQ_FUZZ)
    add_unit_test(${target} ${arg_TESTS})
    target_link_libraries(${target}_test PRIVATE ${arg_TESTS_USE})
  endif()
  string(JOIN " " rule ${module} ":" ${arg_DEPENDS} "|" ${arg_EXTERNAL})
  set_property(GLOBAL APPEND_STRING PROPERTY module_layers "${rule}\n")
endfunction()

# One test program per module, one ctest entry per program: starting a process for each TEST costs more than the tests.
function(add_unit_test target)
  add_executable(${target}_test ${ARGN})
  target_link_libraries(${target}_test PRIVATE ${target} GTest::gtest_main)
  add_test(NAME unit.${target} COMMAND ${target}_test)
  set_tests_properties(unit.${target} PROPERTIES LABELS "quick;unit" TIMEOUT 120)
endfunction()

function(check_layers)
  get_property(rules GLOBAL PROPERTY module_layers)
  file(WRITE ${PROJECT_BINARY_DIR}/layers.txt "${rules}")
  add_test(NAME layers COMMAND python3 ${PROJECT_SOURCE_DIR}/scripts/check_layers.py
    ${PROJECT_BINARY_DIR}/layers.txt ${PROJECT_SOURCE_DIR}/${PROJECT_NAME})
  set_tests_properties(layers PROPERTIES LABELS "quick")
endfunction()
