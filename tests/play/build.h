/*
 * build.h - what a session starts is built, and built again when its source
 * was changed, before it is played.
 */
#ifndef BUILD_H
#define BUILD_H

#include "scratch.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Builds what the sessions of the chapter's folder start, through CMake, if a
 * program is missing or older than its source. Where nobody configured a
 * build, nothing is done. False: stderr has what the compiler said.
 */
bool build_programs(const struct places *places, const char *folder,
                    const struct session *sessions, size_t count);

#endif
