# Programs of all kinds of names, and none of them forgotten.
include(${CMAKE_CURRENT_LIST_DIR}/tables.cmake)
set(program_list "ch01_a/echo2_server echo2_server.c
ch09_b/server6 server6.c more.c
ch10_c2/Tcp.Server-x+ a.c
ch10_c2/udp_client2 udp_client2.c
ch10_c2/dns_resolver dns_resolver.c
ch10_c2/hints hints.c
")
function(expect pattern)
  programs_called(found "${pattern}")
  if(NOT "${found}" STREQUAL "${ARGN}")
    message(SEND_ERROR "${pattern}: \"${found}\", not \"${ARGN}\"")
  endif()
endfunction()
expect("[sS]erver|resolver" ch01_a/echo2_server ch09_b/server6
       ch10_c2/Tcp.Server-x+ ch10_c2/dns_resolver)
expect("client" ch10_c2/udp_client2)
expect("nobody")
