# cmake -DBUILD=DIR -P check.cmake - what "cmake --build build --target check"
# runs: build everything, test everything, and say last how it ended.
cmake_minimum_required(VERSION 3.16)
include(ProcessorCount)
ProcessorCount(cores)
if(cores EQUAL 0)
  set(cores 2)
endif()
math(EXPR at_once "12 * ${cores}") # most of a test is waiting
if(at_once GREATER 64) # the kernel makes one network after the other
  set(at_once 64)
endif()
# The make that started us has jobs of its own: they are not ours.
unset(ENV{MAKEFLAGS})
unset(ENV{MAKELEVEL})
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --parallel ${cores}
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "It cannot be built: see above.")
endif()

get_filename_component(folder ${CMAKE_COMMAND} DIRECTORY)
find_program(CTEST ctest HINTS ${folder})
set(log ${BUILD}/check.log)
execute_process(
  COMMAND ${CTEST} --parallel ${at_once} --output-on-failure
          --no-label-summary --output-log ${log}
  WORKING_DIRECTORY ${BUILD} RESULT_VARIABLE status)

# "12/351 Test #7: ch03.echo ....***Failed  0.10 sec" and so on
file(READ ${log} said)
string(REGEX MATCHALL "Test +#[0-9]+: [^ ]+ [. ]*\\*\\*\\*[A-Z]" bad "${said}")
set(failed "")
set(skipped 0)
foreach(test IN LISTS bad)
  string(REGEX REPLACE "^Test +#[0-9]+: ([^ ]+) .*$" "\\1" name "${test}")
  if(test MATCHES "S$") # ***Skipped
    math(EXPR skipped "${skipped} + 1")
  else()
    string(APPEND failed " ${name}")
  endif()
endforeach()
string(REGEX MATCH "tests failed out of ([0-9]+)" found "${said}")
set(all ${CMAKE_MATCH_1})

set(verdict "\nAll is well: ${all} tests, none failed")
if(skipped)
  string(APPEND verdict ", ${skipped} skipped: build/play --needs tells what "
         "this\nmachine cannot show, and what helps")
endif()
if(NOT status EQUAL 0 OR failed)
  message("\nFAILED:${failed}\n(one again: ctest -R '^NAME$' "
          "--output-on-failure, in ${BUILD})")
  message(FATAL_ERROR "Of ${all} tests some failed: see above.")
endif()
message("${verdict}.")
