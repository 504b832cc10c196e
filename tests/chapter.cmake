# chapter(DIR): build the programs of a chapter, and make a test of every
# session in its README.md. Called once a chapter in ../CMakeLists.txt.
function(chapter dir)
  add_subdirectory(${dir})
  string(SUBSTRING ${dir} 0 4 id)
  set(readme ${PROJECT_SOURCE_DIR}/${dir}/README.md)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${readme})

  file(STRINGS ${readme} fences REGEX "^```console .*name=")
  foreach(fence IN LISTS fences)
    string(REGEX REPLACE ".*name=([A-Za-z0-9_-]+).*" "\\1" name "${fence}")
    if(TEST ${id}.${name})
      message(FATAL_ERROR "${readme}: two sessions are called ${name}")
    endif()
    add_test(NAME ${id}.${name} COMMAND play --check ${id} ${name})
    set_property(GLOBAL APPEND PROPERTY SESSIONS ${id}.${name})
    set_tests_properties(${id}.${name} PROPERTIES
      LABELS ${id} SKIP_RETURN_CODE 77 TIMEOUT 60)
  endforeach()

  # Both languages carry the same sessions, and every program is in one.
  add_test(NAME ${id}.readme COMMAND play --lint ${id})
  set_tests_properties(${id}.readme PROPERTIES LABELS ${id})
endfunction()

# program(NAME [LINUX] [WITH FILE...]): one program of this chapter, made of
# NAME.c (and the files after WITH). LINUX: only where the system is Linux.
function(program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "LINUX" "" "WITH")
  get_filename_component(dir ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  if(arg_LINUX AND NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    return()
  endif()
  add_executable(${name} ${name}.c ${arg_WITH})
  if(COVERAGE)
    target_sources(${name} PRIVATE
      ${PROJECT_SOURCE_DIR}/tests/coverage/on_interrupt.c)
    target_compile_options(${name} PRIVATE --coverage -O0)
    target_link_options(${name} PRIVATE --coverage)
  endif()
  set_property(GLOBAL APPEND PROPERTY PROGRAMS ${name})
  # "chNN_x/NAME FILE.c ..." for everything that must forget no program
  string(REPLACE ";" " " files "${name}.c;${arg_WITH}")
  set_property(GLOBAL APPEND_STRING PROPERTY PROGRAM_LIST
               "${dir}/${name} ${files}\n")
endfunction()
