# page_sessions(OUT FILE): the names of the sessions on a page that are tests;
# those with edit= are not. The runner reads pages itself (play/session.c), by
# the same rule; its --lint finds a session that only one of the two sees.
function(page_sessions out page)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
  file(READ ${page} text)
  # Only the name is cut out: a ; or an unpaired [ would upset a CMake list.
  set(opening "\n```console name=[a-z0-9_-]+")
  string(REGEX MATCHALL "${opening}( edit=)?" fences "\n${text}")
  list(FILTER fences EXCLUDE REGEX " edit=$")
  string(REGEX REPLACE "\n```console name=" "" names "${fences}")
  set(${out} ${names} PARENT_SCOPE)
endfunction()

# chapter_pages(OUT DIR): README.md, and the other pages of a chapter.
function(chapter_pages out dir)
  file(GLOB pages CONFIGURE_DEPENDS ${dir}/[a-z]*.md)
  list(FILTER pages EXCLUDE REGEX "(\\.ko\\.md|/README.*)$")
  set(${out} ${dir}/README.md ${pages} PARENT_SCOPE)
endfunction()

# chapter(DIR): build the programs of a chapter, and make a test of every
# session on its pages. Called once a chapter in ../CMakeLists.txt.
function(chapter dir)
  add_subdirectory(${dir})
  string(SUBSTRING ${dir} 0 4 id)
  chapter_pages(pages ${PROJECT_SOURCE_DIR}/${dir})
  foreach(page IN LISTS pages)
    page_sessions(names ${page})
    foreach(name IN LISTS names)
      if(TEST ${id}.${name})
        message(FATAL_ERROR "${page}: two sessions are called ${name}")
      endif()
      add_test(NAME ${id}.${name} COMMAND play --check ${id} ${name})
      # What is broken is not tortured.
      set(tortured ON)
      if(page MATCHES "/exercises\\.md$")
        set(tortured OFF)
      endif()
      if((SANITIZE OR COVERAGE) AND "${id}.${name}" STREQUAL "ch03.refusals")
        # It has no descriptor left, and what they add wants one at the end.
        set_tests_properties(${id}.${name} PROPERTIES DISABLED ON)
        set(tortured OFF)
      endif()
      if(tortured)
        set_property(GLOBAL APPEND PROPERTY SESSIONS ${id}.${name})
      endif()
      set_property(GLOBAL APPEND_STRING PROPERTY SESSION_LIST
                   "${dir}/${name}\n")
      set_tests_properties(${id}.${name} PROPERTIES
        LABELS ${id} SKIP_RETURN_CODE 77 TIMEOUT 180)
    endforeach()
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

# exercise(NAME [PEER...]): exercises/NAME.c, broken on purpose: a student mends
# it, see exercises.md. A peer is right. They are in no list of what must work.
function(exercise name)
  get_filename_component(dir ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set_property(GLOBAL APPEND_STRING PROPERTY EXERCISES_TO_PROVE
               "${dir}/${name}\n")
  foreach(program IN ITEMS ${name} ${ARGN})
    add_executable(${program} exercises/${program}.c)
    set_property(GLOBAL APPEND PROPERTY EXERCISES ${program})
    set_property(GLOBAL APPEND_STRING PROPERTY EXERCISE_LIST
                 "${dir}/${program} exercises/${program}.c\n")
  endforeach()
endfunction()
