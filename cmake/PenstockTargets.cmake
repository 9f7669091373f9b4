# SPDX-License-Identifier: Apache-2.0
# Helper functions so that every target of the tree looks the same.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(PENSTOCK_CCACHE ccache)
if(PENSTOCK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PENSTOCK_CCACHE})
endif()

find_package(Threads REQUIRED)

# Compile options that every one of our own targets gets.
add_library(penstock_options INTERFACE)
target_compile_options(penstock_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual $<$<BOOL:${PENSTOCK_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_link_libraries(penstock_options INTERFACE Threads::Threads)
if(PENSTOCK_SANITIZE)
  target_compile_options(penstock_options INTERFACE
    -fsanitize=${PENSTOCK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(penstock_options INTERFACE -fsanitize=${PENSTOCK_SANITIZE})
endif()
if(PENSTOCK_BUILD_FUZZERS)
  target_compile_options(penstock_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_program(PENSTOCK_LLD ld.lld)
if(PENSTOCK_LLD)
  target_link_options(penstock_options INTERFACE -fuse-ld=lld)
endif()

# penstock_library(NAME x SRCS ... INCLUDE root DEPS ... PUBLIC_DEPS ...): target penstock_x, alias penstock::x.
# With OBJECT its objects are for another library.
function(penstock_library)
  cmake_parse_arguments(A "OBJECT" "NAME;INCLUDE" "SRCS;DEPS;PUBLIC_DEPS" ${ARGN})
  if(A_OBJECT)
    add_library(penstock_${A_NAME} OBJECT ${A_SRCS})
  else()
    add_library(penstock_${A_NAME} STATIC ${A_SRCS})
  endif()
  add_library(penstock::${A_NAME} ALIAS penstock_${A_NAME})
  target_include_directories(penstock_${A_NAME} PUBLIC $<BUILD_INTERFACE:${A_INCLUDE}>)
  target_link_libraries(penstock_${A_NAME} PUBLIC ${A_PUBLIC_DEPS}
    PRIVATE $<BUILD_INTERFACE:penstock_options> ${A_DEPS})
endfunction()

# penstock_executable(NAME x SRCS ... DEPS ...)
function(penstock_executable)
  cmake_parse_arguments(A "" "NAME" "SRCS;DEPS" ${ARGN})
  add_executable(${A_NAME} ${A_SRCS})
  target_link_libraries(${A_NAME} PRIVATE penstock_options ${A_DEPS})
endfunction()

# penstock_test(NAME x SRCS ... DEPS ...): a GoogleTest program, one CTest entry. In a debug build the
# compiler would work longer on the cases than they run: only those are optimised that say OPTIMIZED.
function(penstock_test)
  cmake_parse_arguments(A "OPTIMIZED" "NAME;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT PENSTOCK_BUILD_TESTS)
    return()
  endif()
  find_package(GTest CONFIG REQUIRED)
  add_executable(${A_NAME} ${A_SRCS})
  target_include_directories(${A_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/test)
  target_link_libraries(${A_NAME} PRIVATE penstock_options ${A_DEPS} GTest::gtest GTest::gtest_main)
  if(NOT A_OPTIMIZED)
    target_compile_options(${A_NAME} PRIVATE $<$<CONFIG:Debug>:-O0>)
  endif()
  add_test(NAME ${A_NAME} COMMAND ${A_NAME})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  set_tests_properties(${A_NAME} PROPERTIES TIMEOUT ${A_TIMEOUT})
endfunction()

# penstock_fuzz(NAME x SRCS ... DEPS ...): a libFuzzer program with its corpus in test/fuzz/corpus/x.
function(penstock_fuzz)
  cmake_parse_arguments(A "" "NAME" "SRCS;DEPS" ${ARGN})
  if(NOT PENSTOCK_BUILD_FUZZERS)
    return()
  endif()
  add_executable(${A_NAME} ${A_SRCS})
  target_include_directories(${A_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/test)
  target_link_libraries(${A_NAME} PRIVATE penstock_options ${A_DEPS})
  target_link_options(${A_NAME} PRIVATE -fsanitize=fuzzer)
endfunction()

# penstock_bench(NAME x SRCS ... DEPS ...): a Google Benchmark program.
function(penstock_bench)
  cmake_parse_arguments(A "" "NAME" "SRCS;DEPS" ${ARGN})
  if(NOT PENSTOCK_BUILD_BENCHMARKS)
    return()
  endif()
  find_package(benchmark CONFIG REQUIRED)
  add_executable(${A_NAME} ${A_SRCS})
  target_include_directories(${A_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/test)
  target_link_libraries(${A_NAME} PRIVATE penstock_options ${A_DEPS} benchmark::benchmark_main)
endfunction()
