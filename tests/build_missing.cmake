# cmake -DBUILD=DIR -P build_missing.cmake - what ctest runs before its tests:
# after the demo only a few programs are there. Silent when nothing is missing;
# else everything is built, and what the compiler says is shown if it fails.
cmake_minimum_required(VERSION 3.16)
file(STRINGS ${BUILD}/targets.txt files)
foreach(file IN LISTS files)
  if(NOT EXISTS ${file})
    set(missing TRUE)
  endif()
endforeach()
if(NOT missing)
  return()
endif()
file(LOCK ${BUILD}/build_missing.lock GUARD PROCESS) # one at a time
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --parallel 4
  OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
file(REMOVE ${BUILD}/build_missing.lock)
if(NOT status EQUAL 0)
  message("${said}")
  message(FATAL_ERROR "What is to be tested cannot be built: see above")
endif()
